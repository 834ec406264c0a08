"""Scenes of databases, brokers and proxies; test_services has all of the protocols."""

from kubectl_netshoot.packets.messages import faults, notes, warnings
from tests.unit.packets.services import IN_ORDER, PG_TLS, REFUSED, Exchange
from tests.unit.packets.stage import Family, Scene, scene


@scene
def login_refused(family: Family) -> Scene:
    return Scene(REFUSED["postgresql password"][0].play(*family).packets, {faults.SERVICE_REFUSED})


@scene
def statement_refused(family: Family) -> Scene:
    return Scene(REFUSED["mysql rights"][0].play(*family).packets, {warnings.SERVICE_ERROR})


@scene
def no_tls(family: Family) -> Scene:
    exchange = Exchange(5432, [("C", PG_TLS), ("S", b"N")])
    return Scene(exchange.play(*family).packets, {faults.SERVICE_NO_TLS})


@scene
def proxied(family: Family) -> Scene:
    return Scene(IN_ORDER["proxy 1"][0].play(*family).packets, {notes.PROXY_PROTOCOL})


@scene
def starttls(family: Family) -> Scene:
    return Scene(IN_ORDER["smtp tls"][0].play(*family).packets, set())


@scene
def socks(family: Family) -> Scene:
    return Scene(IN_ORDER["socks5 login"][0].play(*family).packets, set())
