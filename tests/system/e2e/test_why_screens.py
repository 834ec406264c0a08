"""`why` as people read it: a run prints each screen; only numbers, addresses and places are the cluster's."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from fakecluster.manifests import pod, service
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.network import API, Break, policy, with_port
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery
from tests.waiting import until

Json = dict[str, Any]
Make = Callable[[Scenery, Api, Break], None]
FRONT = "front-6c9"


def listening(name: str, app: str, port: int) -> Json:
    """A pod whose application is ready on this port."""
    made = pod(name, {"app": app})
    container = made["spec"]["containers"][0]
    container["ports"], container["readinessProbe"]["tcpSocket"] = [{"containerPort": port}], {"port": port}
    return made


def no_ready_endpoint(scenery: Scenery, api: Api, _: Break) -> None:
    asleep = [pod(name, {"app": "db"}, initial_delay=3600) for name in ("db-0", "db-1")]
    scenery.add(service("db", {"app": "db"}), *asleep)
    until(lambda: _listed(api, "db") == {"db-0", "db-1"}, "both pods in the slice")


def refused(scenery: Scenery, api: Api, _: Break) -> None:
    wrong = with_port(service("api", API), port=80, targetPort=8081)
    scenery.add_ready(1, pod("api-x7k", API), wrong, **API)
    until(lambda: _listed(api, "api") == {"api-x7k"}, "nothing left of an earlier Service of that name")


def lost(scenery: Scenery, _: Api, breaks: Break) -> None:
    there = with_port(service("db", {"app": "db"}), port=5432)
    scenery.add_ready(1, listening("db-0", "db", 5432), there, app="db")
    rules = [{"from": [{"podSelector": {"matchLabels": {"app": "back"}}}]}]
    scenery.add(policy("db-ingress", podSelector={"matchLabels": {"app": "db"}}, ingress=rules))
    breaks("drop", "db-0")


def rejected(scenery: Scenery, _: Api, breaks: Break) -> None:
    headless = with_port(service("cache", {"app": "cache"}), port=6379)
    headless["spec"]["clusterIP"] = "None"
    scenery.add_ready(1, listening("cache-0", "cache", 6379), headless, app="cache")
    breaks("reset", "cache-0")


def large_lost(scenery: Scenery, _: Api, breaks: Break) -> None:
    scenery.add_ready(
        1, pod("report-5f", {"app": "report"}), service("report", {"app": "report"}), app="report"
    )
    breaks("large-drop", "report-5f")


def intermittent(scenery: Scenery, _: Api, breaks: Break) -> None:
    both = [pod(name, API) for name in ("api-x7k", "api-9d2")]
    scenery.add_ready(2, *both, service("api", API), **API)
    breaks("queue-full", "api-9d2")


# <N> is a number, <IP> an address, <NS> the namespace, <NODE> the node.
SCREENS: dict[Make, tuple[tuple[str, ...], str]] = {
    no_ready_endpoint: (
        ("db",),
        """\
unreachable: Service db has no ready endpoint
  it selects app=db; its pods db-0 and db-1 are not ready
  no pod was touched
try: kubectl -n <NS> describe pod db-0
""",
    ),
    refused: (
        ("api:80",),
        """\
unreachable: nothing listens on port 8081 of pod api-x7k
  5 of 5 connections to Service api (<IP>:80) arrived at api-x7k, which reset them
  the Service's targetPort is 8081; api-x7k listens on 8080
  left in front-6c9 and api-x7k: the record of one stopped container each
try: kubectl -n <NS> get service api -o yaml
""",
    ),
    lost: (
        ("db:5432",),
        """\
unreachable: packets are lost between pod front-6c9 (<NODE>) and pod db-0 (<NODE>)
  <N> SYNs of 5 connections left front-6c9; none arrived at db-0 (captured at both ends)
  directly to <IP>:5432: the same, so it is not the Service
  left in front-6c9 and db-0: the record of one stopped container each
likely: NetworkPolicy db-ingress selects db-0 and does not allow front-6c9 (app=front)
try: kubectl -n <NS> describe networkpolicy db-ingress
""",
    ),
    rejected: (
        ("cache:6379",),
        """\
unreachable: something on the way rejects the connection, not pod cache-0
  front-6c9 got a reset from <IP>:6379; cache-0 has that address, saw no SYN and sent no reset
  no NetworkPolicy denies it
  left in front-6c9 and cache-0: the record of one stopped container each
try: kubectl -n kube-system get pods -o wide --field-selector spec.nodeName=<NODE>
""",
    ),
    large_lost: (
        ("http://report/?bytes=15700",),
        """\
unreachable: large packets are lost between pod report-5f and pod front-6c9
  request arrived; report-5f sent <N> bytes, <N> arrived; 1500-byte packets repeated <N> times
  left in front-6c9 and report-5f: the record of one stopped container each
likely: an MTU below 1500 on the way, and no ICMP "fragmentation needed" comes back
try: kubectl netshoot check front-6c9 --live --only path --to <IP>:8080
""",
    ),
    intermittent: (
        ("api:80", "--count=20"),
        """\
intermittent: <N> of <N> connections succeed; every failure is at pod api-9d2
  api-x7k <N> of <N>; api-9d2 0 of <N>: SYN arrived, no answer; accept queue full (129 of 128)
  left in front-6c9, api-9d2 and api-x7k: the record of one stopped container each
try: kubectl -n <NS> logs api-9d2
""",
    ),
}

# What is wrong there is the network.
BROKEN = {lost, rejected, large_lost, intermittent}


@pytest.mark.parametrize("make", SCREENS, ids=lambda make: make.__name__)
def test_the_screens(
    cluster: AnyCluster, plugin: Plugin, api: Api, scenery: Scenery, breaks: Break, make: Make
) -> None:
    if make in BROKEN:
        cluster.faulty()
    (front,) = scenery.add_ready(1, pod(FRONT, {"app": "front"}), app="front")
    make(scenery, api, breaks)
    words, screen = SCREENS[make]
    done = plugin.run("why", FRONT, *words)
    assert done.status == 1, done.stderr + done.text
    known = {"N": r"[0-9]+", "IP": r"[0-9.]+", "NS": api.namespace, "NODE": front["spec"]["nodeName"]}
    expected = re.sub("<([A-Z]+)>", lambda found: known[found[1]], re.escape(screen))
    assert re.fullmatch(expected, done.text), done.text


def _listed(api: Api, service_: str) -> set[str]:
    """The pods that its EndpointSlices name, ready or not."""
    return {
        endpoint["targetRef"]["name"]
        for item in api.objects("EndpointSlice")
        if item["metadata"]["labels"]["kubernetes.io/service-name"] == service_
        for endpoint in item["endpoints"] or []
    }
