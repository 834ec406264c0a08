"""The connections that are made in the client's pod: which they are, what they ask, and how each fared. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_address
from itertools import count, cycle, islice

from kubectl_netshoot.commands.why.evidence import (
    ConnectResult,
    Lookup,
    RequestResult,
    Resolution,
    Server,
    TlsTrouble,
    Try,
)
from kubectl_netshoot.commands.why.request import DEFAULT_PORTS, HTTP, HTTPS, WhyRequest
from kubectl_netshoot.kube.proxies import bracketed, is_address
from kubectl_netshoot.model import Endpoint
from kubectl_netshoot.rules.app_protocol import Speaks, by_number, speaks
from kubectl_netshoot.session.tools import output
from kubectl_netshoot.session.tools.output import UNKNOWN_AUTHORITY, Connected
from kubectl_netshoot.session.tools.output import Reply as DigReply
from kubectl_netshoot.session.tools.probes import MISSING, Answers, Probe, no_answer

# Above what kernels take for connections of their own (ip_local_port_range), so that ours are known by their port.
FIRST_PORT, LAST_PORT = 61000, 65000
PARTIAL, RECEIVING, EMPTY = 18, 56, 52
CLOSED = (PARTIAL, EMPTY, RECEIVING)
TLS_FAILED = 35
OTHER_NAME = 62
_OUTCOMES = {
    Connected.YES: ConnectResult.CONNECTED,
    Connected.REFUSED: ConnectResult.REFUSED,
    Connected.SILENT: ConnectResult.TIMEOUT,
    Connected.UNREACHABLE: ConnectResult.UNREACHABLE,
    Connected.UNKNOWN: ConnectResult.UNKNOWN,
}


@dataclass(frozen=True)
class ConnectionTarget:
    """Where connections go: an address, and the pod that has it. An endpoint that is no pod is its address; empty for a
    Service, and for what is outside of the cluster.
    """

    address: str
    port: int
    pod: str = ""
    tries: int = 1

    def __str__(self) -> str:
        return f"{bracketed(self.address)}:{self.port}"


@dataclass(frozen=True)
class Dial:
    """One connection; `source_port` is its own. With a `scheme` a page is asked for, of the host called `name`, which
    the person has named so or not, and `host` as HTTP has it; `is_wanted` is whether the person asks for a page.
    """

    place: ConnectionTarget
    source_port: int
    scheme: str = ""
    name: str = ""
    path: str = ""
    is_named: bool = False
    is_wanted: bool = False
    host: str = ""

    @property
    def probes(self) -> tuple[Probe, ...]:
        """What carries it out: the connection first."""
        port = str(self.source_port)
        if self.scheme == HTTPS:
            resolved = f"{self.name}:{self.place.port}:{bracketed(self.place.address)}"
            url = f"https://{self.name}:{self.place.port}{self.path}"
            return Probe("https", url, resolved, port), Probe("tls", str(self.place), self.name)
        if self.scheme == HTTP:
            return (Probe("http", f"http://{self.place}{self.path}", port, self.host),)
        return (Probe("connect", self.place.address, str(self.place.port), port),)


def places(
    server: Server, resolved: Sequence[str], count_: int, most: int, client: Sequence[str] = ()
) -> tuple[ConnectionTarget, ...]:
    """Where to go: each of the Service's addresses (or the one that was asked for), so many times, and `most` of its
    endpoints once; without a Service that has an address as many times to the pods, or to what the name was resolved
    to, in turn.

    A client with the addresses `client` goes to no family that it has none of, unless there is no other.
    """
    service = server.service
    if service is not None and server.port is not None:
        endpoints = [_endpoint(endpoint, server) for endpoint in server.serving]
        near = _for(client, [place for place in endpoints if place is not None])
        names = list(dict.fromkeys(place.pod for place in near))[:most]
        found = [place for place in near if place.pod in names]
        every = [a for a in service.addresses if is_address(a)]
        asked = [a for a in every if server.address and ip_address(a) == ip_address(server.address)]
        own = [ConnectionTarget(a, server.port.number, tries=count_) for a in asked or every]
        return (*_for(client, own), *found) if own else _shared(found, count_)
    number = server.number or 0
    if server.pods:
        ends = [end for end in server.pods if end.pod.addresses and not end.pod.finished][:most]
        return _shared([ConnectionTarget(end.pod.addresses[0], number, end.pod.name) for end in ends], count_)
    addresses = [server.address] if server.address else list(resolved)
    return _shared([ConnectionTarget(a, number) for a in addresses if is_address(a)][:most], count_)


def _for(client: Sequence[str], found: list[ConnectionTarget]) -> list[ConnectionTarget]:
    families = {ip_address(address).version for address in client}
    return [place for place in found if ip_address(place.address).version in families] or found


def _endpoint(endpoint: Endpoint, server: Server) -> ConnectionTarget | None:
    number = server.service.number_at(endpoint, server.port) if server.service and server.port else None
    if number is None or not is_address(endpoint.address):
        return None
    return ConnectionTarget(endpoint.address, number, endpoint.pod or endpoint.address)


def _shared(found: Sequence[ConnectionTarget], count_: int) -> tuple[ConnectionTarget, ...]:
    """Each at least once, and all of them together as often as that."""
    order = list(islice(cycle(found), max(count_, len(found)))) if found else []
    return tuple(replace(place, tries=order.count(place)) for place in found)


def dials(
    found: Sequence[ConnectionTarget],
    server: Server,
    request: WhyRequest,
    first_port: int,
    with_pages: bool = True,
) -> tuple[Dial, ...]:
    """The connections to these places, and one for a page of each where it may be asked for one."""
    ports = count(first_port)
    plain = [Dial(place, next(ports)) for place in found for _ in range(place.tries)]
    scheme = _scheme(server, request)
    if not scheme or not with_pages:
        return tuple(plain)
    name, path = _name(server, request), request.path or request.server.path or "/"
    is_named, is_wanted = bool(request.server.host), request.wants_page
    number = server.number or DEFAULT_PORTS[HTTP]
    host = name if number == DEFAULT_PORTS[HTTP] else f"{name}:{number}"
    pages = (Dial(place, next(ports), scheme, name, path, is_named, is_wanted, host) for place in found)
    return (*plain, *pages)


def _scheme(server: Server, request: WhyRequest) -> str:
    """What is asked for a page: a GET would be an alarm in the log of a database."""
    if request.server.scheme:
        return request.server.scheme
    spoken = _spoken(server)
    if spoken is Speaks.HTTPS:
        return HTTPS
    return HTTP if spoken in (Speaks.HTTP, Speaks.UNKNOWN) or request.path else ""


def _name(server: Server, request: WhyRequest) -> str:
    """What the server is called in a handshake."""
    if request.server.host:
        return bracketed(request.server.host.rstrip("."))
    if server.service is not None:
        return f"{server.service.name}.{server.service.namespace}.svc"
    return (
        bracketed(server.pods[0].pod.addresses[0])
        if server.pods and server.pods[0].pod.addresses
        else "server"
    )


def must_speak_http(server: Server, request: WhyRequest) -> bool:
    """Whether a port that takes the connection and answers no page is at fault."""
    if request.wants_page:
        return True
    return _spoken(server) in (Speaks.HTTP, Speaks.HTTPS)


def _spoken(server: Server) -> Speaks:
    return speaks(server.port) if server.port else by_number(server.number or 0)


def read_tries(made: Sequence[Dial], answers: Answers, is_http: bool, now: datetime) -> tuple[Try, ...]:
    """How they fared. A page of which something can be said stands for the last of the plain connections there."""
    found: list[Try] = []
    for place in dict.fromkeys(dial.place for dial in made):
        there = [dial for dial in made if dial.place == place]
        plain = [_of_connection(dial, answers) for dial in there if not dial.scheme]
        pages = [_of_page(dial, answers, is_http, now) for dial in there if dial.scheme]
        told = [
            one for one in pages if one and (one.outcome is ConnectResult.CONNECTED or _all_connected(plain))
        ]
        asked = [one for one in told if not one.was_not_asked]
        found += [*plain[: len(plain) - len(asked)], *told]
    return tuple(found)


def _all_connected(tries: Sequence[Try]) -> bool:
    return all(one.outcome is ConnectResult.CONNECTED for one in tries)


def _of_page(dial: Dial, answers: Answers, is_http: bool, now: datetime) -> Try | None:
    """None where it says nothing: curl did not run, or asked a port of which nobody said that it speaks HTTP."""
    answer = answers.of(dial.probes[0])
    got = output.read_curl(answer.text)
    if got is None and dial.is_wanted:
        error = no_answer(dial.probes[0].kind, answer)
        reply = RequestResult(f"GET {dial.path}")
        return Try(str(dial.place), ConnectResult.UNKNOWN, dial.source_port, dial.place.pod, error, reply)
    if got is None or (not is_http and not got.status):
        return None
    if not got.connected:
        # curl tells no more than that.
        outcome = ConnectResult.TIMEOUT if got.timed_out else ConnectResult.UNKNOWN
        return Try(str(dial.place), outcome, dial.source_port, dial.place.pod, got.said)
    trouble = _tls_trouble(dial, answers, now)
    closed = got.error in CLOSED or (got.error == TLS_FAILED and trouble is None)
    said = got.said or f"status {got.status} in {got.total * 1000:.0f} ms"
    reply = RequestResult(f"GET {dial.path}", got.status, trouble, got.timed_out, closed, said)
    return Try(str(dial.place), ConnectResult.CONNECTED, dial.source_port, dial.place.pod, got.said, reply)


def _of_connection(dial: Dial, answers: Answers) -> Try:
    answer = answers.of(dial.probes[0])
    outcome = _OUTCOMES[output.read_nc(answer.text)]
    if outcome is ConnectResult.UNREACHABLE and "not permitted" in answer.text.lower():
        outcome = ConnectResult.NOT_PERMITTED
    error = "" if outcome is ConnectResult.CONNECTED else answer.last
    if outcome is ConnectResult.UNKNOWN or answer.status == MISSING:
        error = no_answer("connect", answer)
    return Try(str(dial.place), outcome, dial.source_port, dial.place.pod, error)


def _tls_trouble(dial: Dial, answers: Answers, now: datetime) -> TlsTrouble | None:
    """By openssl; an authority that only this image does not know is no trouble."""
    if dial.scheme != HTTPS:
        return None
    shown = output.read_openssl(answers.of(dial.probes[1]).text)
    found = shown.certificate
    if found is None:
        return TlsTrouble.NONE if shown.connected and shown.error else None
    if found.is_over(now) or found.is_early(now):
        return TlsTrouble.DATE
    if dial.is_named and not found.is_for(dial.name.strip("[]")):
        return TlsTrouble.NAME
    return TlsTrouble.CHAIN if found.verdict not in (0, OTHER_NAME, *UNKNOWN_AUTHORITY) else None


def again(first: Resolution, second: Resolution | None) -> Resolution:
    """What came of the same questions in two rounds."""
    if second is None:
        return first
    heard, silent = first.heard + second.heard, (*first.silent, *second.silent)
    reasons = tuple(dict.fromkeys((*first.reasons, *second.reasons)))
    replies = second.replies or first.replies
    return replace(second, heard=heard, silent=silent, reasons=reasons, replies=replies)


HOSTS = Probe("hosts")


def name_probes(host: str) -> tuple[Probe, Probe]:
    """The questions for a name, as the pod's programs ask them: for IPv4 and for IPv6."""
    return Probe("search", host, "A"), Probe("search", host, "AAAA")


def over_tcp(host: str) -> Probe:
    """The same where UDP brought no answer."""
    return Probe("nameovertcp", host, "A")


def read_resolution(host: str, answers: Answers) -> Resolution | None:
    """What came of the questions; None where dig could not ask. A name in the pod's own file is asked of nobody."""
    own = output.read_hosts(answers.of(HOSTS).text, host)
    if own:
        return Resolution((Lookup(host, "NOERROR", own, server="/etc/hosts"),))
    asked = [answers.of(probe) for probe in name_probes(host)]
    if any(answer.status in (None, MISSING) for answer in asked):
        return None
    four, six = (output.read_dig(answer.text) for answer in asked)
    told = six if not _addresses(four.replies) and _addresses(six.replies) else four
    tcp, errors = answers.of(over_tcp(host)), (*four.errors, *six.errors)
    return Resolution(
        replies=tuple(_lookups(told.replies)),
        heard=len(four.replies) + len(six.replies),
        silent=tuple(error.partition(" ")[0] for error in errors),
        reasons=tuple(dict.fromkeys(error.partition(" ")[2] for error in errors)),
        tcp=None if tcp.status is None else bool(output.read_dig(tcp.text).replies),
    )


def leads_to(server: Server, found: Sequence[str]) -> bool:
    """Whether a name that was resolved to these addresses leads to this Service."""
    service = server.service
    if service is None:
        return False
    own = [*service.addresses, *(endpoint.address for endpoint in service.endpoints)]
    known = {ip_address(address) for address in own if is_address(address)}
    return not known.isdisjoint(ip_address(address) for address in found if is_address(address))


def addresses(resolution: Resolution | None) -> tuple[str, ...]:
    """All that the name was resolved to."""
    return tuple(a for reply in resolution.replies for a in reply.addresses) if resolution else ()


def _addresses(replies: Sequence[DigReply]) -> list[str]:
    return [address for reply in replies for address in reply.addresses]


def _lookups(replies: Sequence[DigReply]) -> Iterator[Lookup]:
    for reply in replies:
        yield Lookup(reply.name, reply.status, reply.addresses, reply.seconds, reply.server)
