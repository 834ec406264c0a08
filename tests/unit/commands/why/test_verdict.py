"""One verdict for each row of the decision table, from captures of both ends as real networks give them."""

from dataclasses import replace
from typing import Any

import pytest

from kubectl_netshoot.commands.why.evidence import (
    ConnectResult,
    EndCapture,
    Evidence,
    ListenQueue,
    Lookup,
    NstatCounters,
    RequestResult,
    Resolution,
    Server,
    TlsTrouble,
    Try,
)
from kubectl_netshoot.commands.why.table.policy import next_of
from kubectl_netshoot.commands.why.table.view import View
from kubectl_netshoot.commands.why.verdict import Attempt, Verdict, attempts, judge, needs_both_ends
from kubectl_netshoot.model import Container, Endpoint, EndpointPort, ServicePort, ServiceWithEndpoints
from kubectl_netshoot.rules.policies import OTHERS as OTHER_KINDS
from kubectl_netshoot.rules.policies import End, PolicyAnswer, PolicyKind
from tests.unit import builders
from tests.unit.commands.why.scenery import (
    ADDRESSES,
    Play,
    Scenery,
    answered,
    half_answered,
    healthy,
    ignored,
    lost,
    refused,
    rejected,
)
from tests.unit.packets.points.wire import LO, Connection, arp

CONNECTED, REFUSED, TIMEOUT = ConnectResult.CONNECTED, ConnectResult.REFUSED, ConnectResult.TIMEOUT
OTHERS = ("CiliumNetworkPolicies",)
DENIED = PolicyAnswer("db-0", "denied", "ingress", ("db-ingress",))
LISTENS = (ListenQueue("0.0.0.0", 8081, 0, 128),)
OK = RequestResult(status=200, said="status 200 in 3 ms")


def db() -> Scenery:
    return Scenery("db", ("db-0",), port=5432, target=5432, labels={"app": "db"})


def two() -> Scenery:
    return Scenery(pods=("api-x7k", "api-9d2"))


def brief(verdict: Verdict) -> tuple[str, str, str]:
    return verdict.id, verdict.result, verdict.certainty


# The API alone


def read_only(scenery: Scenery, server: Server | None = None, **more: Any) -> Verdict:
    return judge(Evidence(scenery.front, server or scenery.server, **more))


def test_no_such_port() -> None:
    server = replace(Scenery().server, number=8080, port=None)
    verdict = read_only(Scenery(), server)
    assert brief(verdict) == ("no-such-port", "unreachable", "certain")
    assert (verdict.where, verdict.headline) == ("Service api", "Service api has no port 8080")
    assert verdict.evidence == ("it has port 80",)
    assert verdict.next == "kubectl -n shop get service api -o yaml"


def test_no_such_port_of_tcp() -> None:
    scenery = Scenery(service={"ports": (ServicePort(53, 53, "dns", "UDP"), ServicePort(80, 80, "web"))})
    verdict = read_only(scenery, replace(scenery.server, number=53, port=None))
    assert verdict.evidence == ("port 53 is UDP, and connections are TCP", "it has port 80 (web)")


def test_a_headless_service_hides_no_port() -> None:
    scenery = Scenery(service={"headless": True})
    assert read_only(scenery, replace(scenery.server, number=8080, port=None)).id == "undetermined"


def test_no_endpoint() -> None:
    scenery = Scenery(pods=())
    verdict = read_only(scenery)
    assert brief(verdict) == ("no-endpoint", "unreachable", "certain")
    assert verdict.evidence == ("it selects app=api, and no pod has these labels",)
    by_hand = read_only(Scenery(pods=(), service={"selector": {}}))
    assert by_hand.evidence == ("it has no selector, and no EndpointSlice with an address",)
    alias = Scenery(pods=(), service={"type": "ExternalName"})
    assert read_only(alias).id == "undetermined"


def not_ready_service(scenery: Scenery, **changes: Any) -> ServiceWithEndpoints:
    service = scenery.server.service
    assert service is not None
    endpoints = tuple(replace(b, **{"ready": False, **changes}) for b in service.endpoints)
    return replace(service, endpoints=endpoints)


def not_ready(scenery: Scenery, **changes: Any) -> Server:
    return replace(scenery.server, service=not_ready_service(scenery, **changes))


def test_no_ready_endpoint() -> None:
    scenery = Scenery("db", ("db-0", "api-9d2"), labels={"app": "db"})
    verdict = read_only(scenery, not_ready(scenery))
    assert brief(verdict) == ("no-ready-endpoint", "unreachable", "certain")
    assert verdict.headline == "Service db has no ready endpoint"
    assert verdict.evidence == ("it selects app=db; its pods api-9d2 and db-0 are not ready",)
    assert verdict.next == "kubectl -n shop describe pod api-9d2"


CRASHING = Container(
    "app", waiting="CrashLoopBackOff", restarts=4, last_end="Error, status 3", waiting_message="back-off"
)
STUCK = Container("app", waiting="ImagePullBackOff")
UP_AGAIN = Container("app", running=True, restarts=1, last_end="OOMKilled, status 137")
FINISHED = Container("app", exit_code=1, last_end="Error, status 1")


@pytest.mark.parametrize(
    ("container", "says", "step"),
    [
        (
            CRASHING,
            "CrashLoopBackOff, 4 restarts, ended last with Error, status 3",
            "logs api-x7k -c app --previous",
        ),
        (STUCK, "ImagePullBackOff", "describe pod api-x7k"),
        (
            UP_AGAIN,
            "not ready, 1 restart, ended last with OOMKilled, status 137",
            "logs api-x7k -c app --previous",
        ),
        (FINISHED, "not running, ended last with Error, status 1", "logs api-x7k -c app"),
    ],
)
def test_containers_that_fail(container: Container, says: str, step: str) -> None:
    scenery = Scenery()
    failing = replace(scenery.ends[0].pod, ready=False, containers=(container,))
    pods = (End(failing),)
    no_endpoint = replace(scenery.server, service=replace(not_ready_service(scenery), endpoints=()))
    for server in (not_ready(scenery), no_endpoint):
        verdict = read_only(scenery, replace(server, pods=pods))
        assert verdict.evidence[1] == f"container app of pod api-x7k: {says}"
        assert verdict.next == f"kubectl -n shop {step}"
    scenery.dial(REFUSED, refused, times=2)
    verdict = judge(scenery.evidence(server=replace(scenery.server, pods=pods), listeners={"api-x7k": ()}))
    assert verdict.id == "refused"
    assert f"container app of pod api-x7k: {says}" in verdict.evidence
    assert verdict.next == f"kubectl -n shop {step}"


def test_a_pod_that_listens_nowhere_is_asked_why_and_not_its_service() -> None:
    scenery = Scenery().dial(REFUSED, refused, times=2)
    verdict = judge(scenery.evidence(listeners={"api-x7k": ()}))
    assert verdict.next == "kubectl -n shop logs api-x7k"


def test_a_readiness_gate_that_nobody_opens() -> None:
    scenery = Scenery()
    gated = replace(scenery.ends[0].pod, ready=False, readiness_gates=("example.com/lb",))
    server = replace(not_ready(scenery), pods=(End(gated),))
    assert read_only(scenery, server).evidence[1] == "api-x7k waits for its readiness gate example.com/lb"
    starting = replace(server, pods=(End(replace(gated, containers_ready=False)),))
    assert len(read_only(scenery, starting).evidence) == 1


def test_endpoints_that_all_end_may_still_serve() -> None:
    scenery = Scenery()
    assert read_only(scenery, not_ready(scenery, terminating=True)).id == "undetermined"


def test_no_local_endpoint() -> None:
    local = Scenery(service={"internal_local": True}).server
    verdict = read_only(Scenery(), local)
    assert brief(verdict) == ("no-local-endpoint", "unreachable", "certain")
    assert verdict.headline == "Service api has no endpoint on node node-a, where pod front-6c9 is"
    assert "its ready endpoints are on 1 node: node-b" in verdict.evidence
    near = builders.pod("front-6c9", node="node-b")
    assert judge(Evidence(End(near), local)).id == "undetermined"
    assert judge(Evidence(End(replace(near, node="")), local)).id == "undetermined"
    works = Try("10.96.4.7:80", CONNECTED)
    assert read_only(Scenery(), local, tries=(works,)).id == "reachable"
    assert local.service is not None
    nowhere = tuple(replace(endpoint, node="") for endpoint in local.service.endpoints)
    server = replace(local, service=replace(local.service, endpoints=nowhere))
    assert read_only(Scenery(), server).id == "undetermined"


def test_what_the_cluster_says_may_decide_nothing() -> None:
    verdict = read_only(Scenery(), missing=("slices could not be read",))
    assert brief(verdict) == ("undetermined", "undetermined", "likely")
    assert "slices could not be read" in verdict.evidence


# Names

SEARCH = ("db.shop.svc.cluster.local.", "db.svc.cluster.local.", "db.cluster.local.", "db.")


def named(resolution: Resolution, *tries: Try, **more: Any) -> Verdict:
    server = Server("db:5432", "shop", number=5432)
    return judge(Evidence(Scenery().front, server, resolution=resolution, tries=tries, **more))


@pytest.mark.parametrize("asked", ["ext:80", "svc/ext", "http://ext/x/y"])
def test_an_external_name_that_leads_nowhere(asked: str) -> None:
    server = Server(asked, "shop", number=80, alias="nowhere.invalid")
    resolution = Resolution((Lookup("ext.shop.svc.cluster.local.", "NOERROR"),))
    verdict = judge(Evidence(Scenery().front, server, resolution=resolution))
    assert (verdict.id, verdict.next) == ("name-not-found", "kubectl -n shop get service ext -o yaml")


def test_name_not_found() -> None:
    replies = tuple(Lookup(name, "NXDOMAIN", server="10.96.0.10") for name in SEARCH)
    verdict = named(Resolution(replies, elsewhere=("pay",)))
    assert brief(verdict) == ("name-not-found", "unreachable", "certain")
    assert verdict.headline == "there is no name for db:5432 in DNS"
    assert verdict.evidence == (
        f"tried {', '.join(SEARCH)}: NXDOMAIN from 10.96.0.10",
        "a Service db exists in namespace pay",
    )
    assert verdict.next == "kubectl -n pay get service db"


def test_a_name_without_an_address() -> None:
    verdict = named(Resolution((Lookup(SEARCH[0], "NOERROR"),)))
    assert (verdict.id, verdict.headline) == ("name-not-found", "the name in db:5432 has no address")


def test_name_failed() -> None:
    verdict = named(
        Resolution((Lookup(SEARCH[0], "NXDOMAIN"), Lookup(SEARCH[1], "SERVFAIL", server="10.96.0.10")))
    )
    assert brief(verdict) == ("name-failed", "unreachable", "certain")
    assert verdict.headline == "DNS fails for db:5432: 10.96.0.10 answers SERVFAIL"
    assert verdict.next == "kubectl -n kube-system logs -l k8s-app=kube-dns --tail=20"


def test_a_dns_server_that_refuses_is_told_so() -> None:
    refused = Resolution(silent=("10.96.0.10",) * 2, reasons=("connection refused", "timed out"))
    assert named(refused).evidence == ("2 questions to 10.96.0.10 got no answer (connection refused)",)
    some = named(replace(refused, replies=(Lookup(SEARCH[0], "NOERROR"),), heard=1))
    assert some.evidence[0] == "2 questions to 10.96.0.10 got no answer (connection refused), 1 got one"


def test_name_no_answer() -> None:
    denied = PolicyAnswer("coredns-1", "denied", "egress", ("no-egress",))
    verdict = named(Resolution(silent=("10.96.0.10",) * 3, tcp=True), dns_policy=denied)
    assert brief(verdict) == ("name-no-answer", "unreachable", "certain")
    assert verdict.headline == "no DNS server answers pod front-6c9"
    assert verdict.evidence == (
        "3 questions to 10.96.0.10 got no answer",
        "by TCP the same question is answered: UDP port 53 is blocked",
    )
    assert (
        verdict.likely
        == "NetworkPolicy no-egress selects front-6c9 and does not allow coredns-1 at UDP port 53"
    )
    assert verdict.next == "kubectl -n shop describe networkpolicy no-egress"


def test_name_slow() -> None:
    found = Resolution((Lookup(SEARCH[0], "NOERROR", ("10.96.4.7",)),), silent=("10.96.0.10",))
    works = Try("10.96.4.7:5432", CONNECTED)
    verdict = named(found, works)
    assert brief(verdict) == ("name-slow", "intermittent", "certain")
    assert verdict.evidence == ("1 of 2 questions to 10.96.0.10 got no answer",)
    assert named(found, replace(works, outcome=REFUSED)).id == "undetermined"


def test_names_that_were_tried_on_the_way_to_one_that_is_found() -> None:
    found, works = Lookup(SEARCH[1], "NOERROR", ("10.96.4.7",)), Try("10.96.4.7:5432", CONNECTED)
    for status in ("NXDOMAIN", "SERVFAIL"):
        assert named(Resolution((Lookup(SEARCH[0], status), found)), works).id == "reachable"
    lost_one = Resolution((Lookup(SEARCH[0], "NXDOMAIN"),), silent=("10.96.0.10",))
    assert named(lost_one).id == "name-no-answer"


def test_dns_that_answers_some_questions_is_not_called_silent() -> None:
    """One packet that is lost is no blocked port."""
    asked = Resolution((Lookup(SEARCH[0], "NOERROR"),), heard=1, silent=("10.96.0.10",), tcp=True)
    verdict = named(asked)
    assert brief(verdict) == ("name-no-answer", "unreachable", "likely")
    assert verdict.headline.startswith("DNS answers pod front-6c9 only some questions")
    assert verdict.evidence[0] == "1 question to 10.96.0.10 got no answer, 1 got one"
    assert not any("blocked" in line for line in verdict.evidence)


# Connections


def test_refused() -> None:
    scenery = Scenery().dial(REFUSED, refused, times=5).dial(REFUSED, refused, direct=True)
    verdict = judge(
        scenery.evidence(
            listeners={"api-x7k": (ListenQueue("0.0.0.0", 8080), ListenQueue("127.0.0.1", 9000))}
        )
    )
    assert brief(verdict) == ("refused", "unreachable", "certain")
    assert verdict.where == "pod api-x7k (node-b)"
    assert verdict.headline == "nothing listens on port 8081 of pod api-x7k"
    assert verdict.evidence == (
        "5 of 5 connections to Service api (10.96.4.7:80) arrived at api-x7k, which reset them",
        "the Service's targetPort is 8081; api-x7k listens on 8080",
    )
    assert verdict.next == "kubectl -n shop get service api -o yaml"


@pytest.mark.parametrize(
    ("listeners", "headline", "likely"),
    [
        (None, "pod api-x7k resets connections to port 8081", ""),
        (
            (ListenQueue("127.0.0.1", 8081),),
            "port 8081 of pod api-x7k listens on the loopback address only",
            "",
        ),
        (
            LISTENS,
            "pod api-x7k resets connections to port 8081",
            "a rule in the pod resets them, since a process listens there",
        ),
    ],
)
def test_that_nothing_listens_is_said_only_where_it_is_known(
    listeners: tuple[ListenQueue, ...] | None, headline: str, likely: str
) -> None:
    scenery = Scenery().dial(TIMEOUT, refused, times=5)
    verdict = judge(scenery.evidence(listeners={} if listeners is None else {"api-x7k": listeners}))
    assert (verdict.id, verdict.certainty) == ("refused", "certain")
    assert (verdict.headline, verdict.likely) == (headline, likely)


def test_a_reset_after_an_answer_refuses_nothing() -> None:
    def play(connection: Connection) -> None:
        half_answered(connection)
        connection.back("R", arrives=False)

    assert judge(Scenery().dial(TIMEOUT, play).evidence()).id == "answer-lost"


def test_a_named_target_port() -> None:
    scenery = Scenery().dial(REFUSED, refused)
    server = replace(scenery.server, port=ServicePort(80, "http"))
    verdict = judge(scenery.evidence(server=server, listeners={"api-x7k": ()}))
    assert verdict.evidence[1] == "the Service's targetPort is http, here 8081; api-x7k listens on no port"


def test_rejected() -> None:
    cache = Scenery("cache", ("cache-0",), port=6379, target=6379)
    cache.dial(REFUSED, rejected, times=5, direct=True)
    allowed = (PolicyAnswer("cache-0", "allowed"),)
    verdict = judge(cache.evidence(policies=allowed, other_policies=OTHERS))
    assert brief(verdict) == ("rejected", "unreachable", "certain")
    assert verdict.headline == "something on the way rejects the connection, not pod cache-0"
    assert verdict.evidence == (
        "front-6c9 got a reset from 10.244.1.4:6379; cache-0 has that address, saw no SYN and sent no reset",
        "no NetworkPolicy denies it; CiliumNetworkPolicies exist here and are not evaluated",
    )
    assert verdict.next == "kubectl -n shop get ciliumnetworkpolicies"


def icmp(code: int) -> Any:
    def play(connection: Connection) -> None:
        connection.out("S", arrives=False).unreachable("10.244.1.1", code)

    return play


def test_rejected_by_icmp() -> None:
    scenery = Scenery().dial(REFUSED, icmp(3), times=5).dial(REFUSED, icmp(3), direct=True)
    verdict = judge(scenery.evidence())
    assert (verdict.id, verdict.where) == (
        "rejected",
        "between pod front-6c9 (node-a) and pod api-x7k (node-b)",
    )
    got = 'front-6c9 got ICMP "port unreachable" from 10.244.1.1; no SYN arrived at api-x7k (captured at both ends)'
    assert got in verdict.evidence
    assert verdict.likely == ""


def test_a_service_that_rejects_what_its_pods_take() -> None:
    scenery = Scenery().dial(REFUSED, icmp(3), times=5).dial(CONNECTED, healthy, direct=True)
    verdict = judge(scenery.evidence())
    assert (verdict.id, verdict.headline) == (
        "rejected",
        "Service api rejects the connection on the way, not pod api-x7k",
    )
    assert verdict.likely == "kube-proxy (or what replaces it) on node node-a knows no endpoint"


def test_endpoints_of_which_some_connect_acquit_no_service() -> None:
    partly = two().dial(REFUSED, icmp(3), times=5).dial(CONNECTED, healthy, direct=True)
    partly.dial(REFUSED, icmp(3), direct=True, lands="api-9d2")
    verdict = judge(partly.dial(TIMEOUT, lost).evidence())
    assert "1 more connection to 10.96.4.7:80: 3 SYNs left, none arrived" in verdict.evidence
    assert verdict.headline == "something on the way rejects the connection, not the pods"
    partly = two().dial(TIMEOUT, lost, times=5).dial(CONNECTED, healthy, direct=True)
    verdict = judge(partly.dial(TIMEOUT, lost, direct=True, lands="api-9d2").evidence())
    assert verdict.headline == "packets are lost between pod front-6c9 (node-a) and the pods of Service api"
    assert verdict.evidence == (
        "15 SYNs of 5 connections left front-6c9; none arrived at api-x7k and api-9d2 (captured at both ends)",
        "directly to 10.244.3.3:8081: timeout",
        "directly to 10.244.2.7:8081: connected",
    )


def test_lost() -> None:
    scenery = db().dial(TIMEOUT, lost, times=5).dial(TIMEOUT, lost, direct=True)
    verdict = judge(scenery.evidence(policies=(DENIED,)))
    assert brief(verdict) == ("lost", "unreachable", "likely")
    assert verdict.where == "between pod front-6c9 (node-a) and pod db-0 (node-b)"
    assert verdict.headline == "packets are lost between pod front-6c9 (node-a) and pod db-0 (node-b)"
    assert verdict.evidence == (
        "15 SYNs of 5 connections left front-6c9; none arrived at db-0 (captured at both ends)",
        "directly to 10.244.2.9:5432: the same, so it is not the Service",
    )
    assert verdict.likely == "NetworkPolicy db-ingress selects db-0 and does not allow front-6c9 (app=front)"
    assert verdict.next == "kubectl -n shop describe networkpolicy db-ingress"


def test_lost_and_no_policy_to_blame() -> None:
    scenery = db().dial(TIMEOUT, lost, times=5)
    out = PolicyAnswer("db-0", "denied", "egress", ("a", "b"))
    assert judge(scenery.evidence(policies=(out,))).likely == (
        "NetworkPolicies a and b select front-6c9 and do not allow db-0 (app=db)"
    )
    unknown = PolicyAnswer("db-0", "unknown", "ingress", ("p",), "pod db-0 has the network of its node")
    verdict = judge(scenery.evidence(policies=(unknown,)))
    assert verdict.evidence[-1] == (
        "whether NetworkPolicy p allows it is not known: pod db-0 has the network of its node"
    )
    assert verdict.likely == ""
    assert verdict.next == "kubectl -n kube-system get pods -o wide --field-selector spec.nodeName=node-b"


def test_lost_in_service() -> None:
    scenery = db().dial(TIMEOUT, lost, times=5).dial(CONNECTED, healthy, direct=True)
    verdict = judge(scenery.evidence(policies=(DENIED,)))
    assert brief(verdict) == ("lost-in-service", "unreachable", "likely")
    assert verdict.headline == "packets to Service db (10.96.4.7:5432) are lost, packets to its pods are not"
    assert verdict.evidence[1] == "directly to 10.244.2.9:5432: connected"
    assert verdict.likely == "kube-proxy (or what replaces it) on node node-a"


def test_queue_full() -> None:
    scenery = Scenery().dial(TIMEOUT, ignored, times=5)
    full = {"api-x7k": (ListenQueue("0.0.0.0", 8081, 129, 128),)}
    verdict = judge(
        scenery.evidence(listeners=full, counters={"api-x7k": NstatCounters(listen_overflows=15)})
    )
    assert brief(verdict) == ("queue-full", "unreachable", "certain")
    assert (
        verdict.headline
        == "pod api-x7k takes no connection on port 8081: its accept queue is full (129 of 128)"
    )
    assert verdict.evidence == (
        "5 of 5 connections to Service api (10.96.4.7:80) arrived at api-x7k, which did not answer",
        "the process that listens there accepts none; 15 overflows were counted meanwhile",
    )
    assert verdict.next == "kubectl -n shop logs api-x7k"


def test_no_syn_answer() -> None:
    scenery = Scenery().dial(TIMEOUT, ignored, times=5)
    verdict = judge(scenery.evidence(listeners={"api-x7k": LISTENS}))
    assert brief(verdict) == ("no-syn-answer", "unreachable", "likely")
    assert verdict.headline == "pod api-x7k does not answer connections to port 8081"
    assert verdict.likely == ""
    dropped = judge(scenery.evidence(counters={"api-x7k": NstatCounters(received=20, delivered=5)}))
    assert dropped.likely == "a rule in the pod: its kernel received 15 packets more than it delivered"
    on_lo = judge(scenery.evidence(counters={"api-x7k": NstatCounters(received=5, delivered=9)}))
    assert on_lo.likely == ""
    overflowed = judge(scenery.evidence(counters={"api-x7k": NstatCounters(listen_overflows=3)}))
    assert overflowed.likely == "the process accepts too slowly: 3 connections overflowed its queue"


def test_answer_lost() -> None:
    scenery = Scenery().dial(TIMEOUT, half_answered, times=5)
    verdict = judge(scenery.evidence())
    assert brief(verdict) == ("answer-lost", "unreachable", "likely")
    assert verdict.headline == "answers are lost between pod api-x7k (node-b) and pod front-6c9 (node-a)"
    assert verdict.evidence == (
        (
            "5 of 5 connections to Service api (10.96.4.7:80) arrived at api-x7k, "
            "which answered 10 times; none came back to front-6c9 (captured at both ends)"
        ),
    )


def test_not_translated() -> None:
    def play(connection: Connection) -> None:
        connection.out("S").back("SA", by=connection.lands)

    scenery = Scenery().dial(TIMEOUT, play, times=5)
    verdict = judge(scenery.evidence())
    assert brief(verdict) == ("not-translated", "unreachable", "certain")
    assert (
        verdict.headline == "answers come back untranslated: from 10.244.2.7:8081, and not from 10.96.4.7:80"
    )


def test_proxied() -> None:
    def on_lo(connection: Connection) -> None:
        connection.out("S", arrives=False).back("RA", sent=False)

    scenery = Scenery().dial(REFUSED, on_lo, times=2, interface=LO)
    verdict = judge(scenery.evidence(sidecar="istio-proxy"))
    assert brief(verdict) == ("proxied", "unreachable", "likely")
    assert verdict.evidence == ("2 of 2 connections went no farther than lo",)
    assert verdict.next == "kubectl -n shop logs front-6c9 -c istio-proxy"


def test_a_sidecar_that_takes_nothing_is_not_to_blame() -> None:
    scenery = Scenery().dial(TIMEOUT, lost, times=2)
    assert judge(scenery.evidence(sidecar="istio-proxy")).id == "lost"
    assert judge(scenery.without(sidecar="istio-proxy")).id == "proxied"


def test_proxied_and_answered_badly() -> None:
    bad = RequestResult(status=503, said="status 503 in 2 ms")
    scenery = Scenery().dial(CONNECTED, healthy, times=5).dial(CONNECTED, answered(), reply=bad)
    verdict = judge(scenery.without(sidecar="istio-proxy"))
    assert (verdict.id, verdict.certainty) == ("proxied", "likely")
    assert "GET /: status 503 in 2 ms" in verdict.evidence
    scenery = Scenery().dial(CONNECTED, healthy, times=5)
    assert judge(scenery.without(sidecar="istio-proxy")).id == "reachable"


def test_nothing_sent() -> None:
    scenery = Scenery().dial(ConnectResult.UNREACHABLE, times=5)
    arp(scenery.wire.client, "10.244.1.1")
    verdict = judge(scenery.evidence(no_arp=scenery.wire.client.read().no_arp))
    assert brief(verdict) == ("nothing-sent", "unreachable", "likely")
    assert verdict.headline == "no connection leaves pod front-6c9"
    assert "its kernel asked for 10.244.1.1 by ARP, and nobody answered" in verdict.evidence


def test_nothing_sent_to_a_service_whose_pods_are_reached() -> None:
    scenery = Scenery().dial(ConnectResult.UNREACHABLE, times=5).dial(CONNECTED, healthy, direct=True)
    verdict = judge(scenery.evidence())
    assert brief(verdict) == ("nothing-sent", "unreachable", "likely")
    assert verdict.headline == "no connection to Service api (10.96.4.7:80) leaves pod front-6c9"
    assert verdict.evidence[-1] == "directly to 10.244.2.7:8081: connected"
    assert verdict.likely.startswith("a network plugin that knows no endpoint of the Service")
    assert verdict.next == "kubectl -n kube-system get pods -o wide --field-selector spec.nodeName=node-a"


def test_a_port_that_is_not_known_may_have_sent_something() -> None:
    scenery = Scenery().dial(TIMEOUT, times=2)
    scenery.tries = [replace(one, source_port=0) for one in scenery.tries]
    assert judge(scenery.evidence()).id == "undetermined"


def test_nothing_sent_for_a_rule() -> None:
    said = "nc: connect to 10.96.4.7 port 80 (tcp) failed: Operation not permitted"
    scenery = Scenery().dial(ConnectResult.NOT_PERMITTED, times=5, error=said)
    verdict = judge(scenery.without())
    assert (verdict.id, verdict.certainty) == ("nothing-sent", "likely")
    assert f"its kernel says: {said}" in verdict.evidence


# Replies

TIMED_OUT = RequestResult("GET /all", timed_out=True, said="Operation timed out after 3000 milliseconds")


def large(connection: Connection) -> None:
    connection.handshake().out("PA", 80).back("A").back("PA", 15928, arrives=False)
    for _ in range(6):
        connection.back("A", 1460, arrives=False, again=True)


def test_large_lost() -> None:
    scenery = Scenery().dial(CONNECTED, healthy, times=5).dial(CONNECTED, large, reply=TIMED_OUT)
    verdict = judge(scenery.evidence())
    assert brief(verdict) == ("large-lost", "unreachable", "certain")
    assert verdict.headline == "large packets are lost between pod api-x7k and pod front-6c9"
    assert verdict.evidence == (
        "request arrived; api-x7k sent 15928 bytes, 0 arrived; 1500-byte packets repeated 6 times",
    )
    assert verdict.likely == ('an MTU below 1500 on the way, and no ICMP "fragmentation needed" comes back')
    assert verdict.next == "kubectl netshoot check front-6c9 --live --only path --to 10.244.2.7:8081"


def test_large_packets_of_the_client_are_lost() -> None:
    def play(connection: Connection) -> None:
        connection.handshake().out("PA", 4000, arrives=False)
        for _ in range(3):
            connection.out("A", 1460, arrives=False, again=True)

    scenery = Scenery().dial(CONNECTED, play, reply=TIMED_OUT)
    verdict = judge(scenery.evidence())
    assert (verdict.id, verdict.headline) == (
        "large-lost",
        "large packets are lost between pod front-6c9 and pod api-x7k",
    )


def test_a_pod_that_does_not_heed_icmp() -> None:
    def play(connection: Connection) -> None:
        large(connection)
        connection.too_big("10.0.0.254")

    scenery = Scenery().dial(CONNECTED, play, reply=TIMED_OUT)
    assert judge(scenery.evidence()).likely == (
        'an MTU below 1500 on the way, and ICMP "fragmentation needed" came from 10.0.0.254, '
        "and api-x7k does not heed it"
    )


def test_losses_of_packets_of_every_size_are_not_for_their_size() -> None:
    def play(connection: Connection) -> None:
        connection.handshake().out("PA", 80).back("A").back("A", 1460)
        connection.back("A", 1460, arrives=False)
        for _ in range(4):
            connection.back("A", 1460, arrives=False, again=True)

    scenery = Scenery().dial(CONNECTED, play, reply=TIMED_OUT)
    assert judge(scenery.evidence()).id == "undetermined"


def silent(connection: Connection) -> None:
    connection.handshake().out("PA", 80).back("A")


def test_no_response() -> None:
    scenery = Scenery().dial(CONNECTED, healthy, times=5).dial(CONNECTED, silent, reply=TIMED_OUT)
    verdict = judge(scenery.evidence())
    assert brief(verdict) == ("no-response", "unreachable", "certain")
    assert verdict.headline == "pod api-x7k takes the request and sends nothing back"
    assert verdict.evidence[0] == "1 request of 80 bytes was acknowledged; no byte came back in time"
    assert verdict.next == "kubectl -n shop logs api-x7k"


@pytest.mark.parametrize("status", [500, 503, 599])
def test_http_5xx(status: int) -> None:
    bad = RequestResult("GET /health", status, said=f"status {status} in 3 ms")
    scenery = Scenery().dial(CONNECTED, healthy, times=5).dial(CONNECTED, answered(), reply=bad)
    verdict = judge(scenery.evidence())
    assert brief(verdict) == ("http-5xx", "unreachable", "certain")
    assert verdict.headline.startswith(f"pod api-x7k answers {status}")
    assert verdict.headline.endswith("to GET /health")


def test_closed() -> None:
    closed = RequestResult(closed=True, said="Empty reply from server")

    def play(connection: Connection) -> None:
        connection.handshake().out("PA", 80).back("FA").out("FA").back("A")

    scenery = Scenery().dial(CONNECTED, healthy, times=5).dial(CONNECTED, play, reply=closed)
    verdict = judge(scenery.evidence())
    assert brief(verdict) == ("closed", "unreachable", "certain")
    assert verdict.headline == "pod api-x7k closes the connection without a whole answer"
    assert verdict.evidence == (
        "api-x7k closed 1 connection first",
        "Service api (10.96.4.7:80): GET /: Empty reply from server",
    )


def test_closed_by_somebody_else() -> None:
    closed = RequestResult(closed=True, said="Recv failure: Connection reset by peer")

    def play(connection: Connection) -> None:
        connection.handshake().out("PA", 80).back("R", sent=False)

    verdict = judge(Scenery().dial(CONNECTED, play, reply=closed).evidence())
    assert (verdict.id, verdict.certainty) == ("closed", "likely")
    assert verdict.headline == "a connection to pod api-x7k is closed, and not by the pod"
    assert verdict.evidence[0] == "front-6c9 got a FIN or RST that api-x7k did not send"


@pytest.mark.parametrize(
    ("trouble", "headline"),
    [
        (TlsTrouble.NAME, "the certificate of pod api-x7k is for another name"),
        (TlsTrouble.DATE, "the certificate of pod api-x7k is out of date"),
        (TlsTrouble.CHAIN, "the certificate of pod api-x7k is signed by nobody that is trusted"),
        (TlsTrouble.NONE, "pod api-x7k does not speak TLS"),
    ],
)
def test_tls(trouble: TlsTrouble, headline: str) -> None:
    bad = RequestResult(tls=trouble, closed=True, said="TLS says so")
    scenery = Scenery().dial(CONNECTED, healthy, times=5).dial(CONNECTED, answered(), reply=bad)
    verdict = judge(scenery.evidence())
    assert brief(verdict) == (f"tls-{trouble.value}", "unreachable", "certain")
    assert verdict.headline == headline
    assert verdict.next == "kubectl netshoot check front-6c9 --live --only tls --to 10.96.4.7:80"


# All, some, or nobody knows


def test_reachable() -> None:
    scenery = Scenery().dial(CONNECTED, healthy, times=5).dial(CONNECTED, healthy, direct=True)
    verdict = judge(scenery.dial(CONNECTED, answered(), reply=OK).without())
    assert brief(verdict) == ("reachable", "reachable", "certain")
    assert verdict.headline == "Service api (10.96.4.7:80) works from pod front-6c9 now"
    assert verdict.evidence == (
        "6 of 6 connections to Service api (10.96.4.7:80) succeed",
        "directly to api-x7k: the same",
        "Service api (10.96.4.7:80): GET /: status 200 in 3 ms",
    )


def test_what_failed_at_first_is_not_forgotten() -> None:
    first = Scenery().dial(CONNECTED, times=4).dial(TIMEOUT, error="timed out").without()
    again = Scenery().dial(CONNECTED, healthy, times=5).evidence(earlier=first.tries[-1:])
    verdict = judge(again)
    assert brief(verdict) == ("intermittent", "intermittent", "certain")
    assert verdict.headline == "1 connection of front-6c9 failed at first; all succeed a moment later"
    assert verdict.evidence[0] == "failed: to 10.96.4.7:80: timed out"


@pytest.mark.parametrize("play", [lost, rejected])
def test_what_came_to_no_pod_may_have_come_to_a_new_one(play: Play) -> None:
    """A rollout: the Service has an endpoint that was not captured at."""
    scenery = Scenery().dial(TIMEOUT, play, times=5)
    told = "the endpoints of Service api changed meanwhile"
    verdict = judge(scenery.evidence(changed=True, missing=(told,)))
    assert brief(verdict) == ("undetermined", "undetermined", "likely")
    assert told in verdict.evidence
    assert judge(scenery.evidence()).id in ("lost", "rejected")


def test_connections_that_could_not_be_tried_are_counted_apart() -> None:
    scenery = Scenery().dial(CONNECTED, times=3).dial(ConnectResult.UNKNOWN, times=2, error="nc: killed")
    verdict = judge(scenery.without())
    assert verdict.evidence == (
        "3 of 3 connections to Service api (10.96.4.7:80) succeed",
        "2 more connections could not be tried: nc: killed",
    )


def test_one_family_of_two_that_fails_is_named() -> None:
    scenery = Scenery().dial(CONNECTED, times=5)
    for _ in range(5):
        scenery.tries.append(Try("[fd00:1::4]:80", TIMEOUT, 0))
    verdict = judge(scenery.without())
    assert verdict.headline == "5 of 10 connections succeed; every failure is to [fd00:1::4]:80"


@pytest.mark.parametrize("kind", OTHER_KINDS, ids=lambda kind: f"{kind.plural}.{kind.group}")
def test_the_command_for_policies_of_another_kind_names_one_resource(kind: PolicyKind) -> None:
    view = View(Scenery().dial(TIMEOUT, lost, times=5).evidence(other_policies=(kind.plural_name,)))
    *_, get, resource = next_of(view, ()).split()
    assert (get, resource.partition(".")[0]) == ("get", kind.plural)
    alike = [other for other in OTHER_KINDS if other.plural == kind.plural]
    assert ("." in resource) == (len(alike) > 1)


def test_what_must_be_known_is_said_with_every_verdict() -> None:
    note = "the name db leads to 192.0.2.1, and not to Service db"
    for scenery in (Scenery().dial(CONNECTED), Scenery().dial(TIMEOUT), Scenery(pods=())):
        assert judge(scenery.without(noted=(note,))).evidence[-1] == note


def test_a_headless_service_translates_no_port() -> None:
    scenery = Scenery(target=80, service={"headless": True, "ports": (ServicePort(80, 8080),)})
    server = replace(scenery.server, port=ServicePort(80, 8080))
    scenery.dial(REFUSED, refused, times=5, direct=True)
    evidence = scenery.evidence(server=server, listeners={"api-x7k": (ListenQueue("0.0.0.0", 8080),)})
    verdict = judge(evidence)
    assert verdict.headline == "nothing listens on port 80 of pod api-x7k"
    assert (
        "the Service is headless: its targetPort 8080 plays no part; api-x7k listens on 8080"
        in verdict.evidence
    )


@pytest.mark.parametrize(
    ("port", "selector", "says", "step"),
    [
        (
            ServicePort(443, "https", "https"),
            {"app": "api"},
            "its targetPort is https, and no ready pod declares a port of that name",
            "kubectl -n shop get pods -l app=api -o yaml",
        ),
        (
            ServicePort(5432, 5432, "pg"),
            {},
            'its port is "pg"; its EndpointSlices have port 8081 (without a name)',
            "kubectl -n shop get endpointslices -l kubernetes.io/service-name=api -o yaml",
        ),
    ],
)
def test_no_endpoint_takes_this_port(
    port: ServicePort, selector: dict[str, str], says: str, step: str
) -> None:
    scenery = Scenery(service={"ports": (port,), "selector": selector})
    verdict = read_only(scenery, replace(scenery.server, port=port, number=port.number))
    assert brief(verdict) == ("no-endpoint", "unreachable", "certain")
    assert verdict.headline == f"Service api has no endpoint for port {port.number}"
    assert (verdict.evidence, verdict.next) == ((says,), step)


def test_endpoints_that_are_no_pods_are_not_called_so() -> None:
    made = Scenery().server.service
    assert made
    by_hand = replace(made.endpoints[0], pod="", ready=False)
    verdict = read_only(Scenery(service={"endpoints": (by_hand,), "selector": {}}))
    assert verdict.id == "no-ready-endpoint"
    assert verdict.evidence == ("10.244.2.7: not ready in its EndpointSlices",)
    assert verdict.next.startswith("kubectl -n shop get endpointslices ")


def test_endpoints_that_are_no_pods_are_tried_beside_the_service() -> None:
    outside = tuple(
        Endpoint("", "", address=a, ports=(EndpointPort(8081),)) for a in ("192.0.2.1", "192.0.2.2")
    )
    scenery = Scenery(pods=(), service={"endpoints": outside, "selector": {}})
    through = (Try("10.96.4.7:80", TIMEOUT),) * 5
    direct = tuple(Try(f"{one.address}:8081", CONNECTED, pod=one.address) for one in outside)
    verdict = read_only(scenery, tries=(*through, *direct))
    assert brief(verdict) == ("undetermined", "undetermined", "likely")
    assert verdict.headline.startswith("connections to Service api (10.96.4.7:80) get no answer")
    assert verdict.evidence == (
        "5 of 5 connections to Service api (10.96.4.7:80) get no answer",
        "directly to 192.0.2.1:8081 and 192.0.2.2:8081: connected",
    )
    works = (replace(through[0], outcome=CONNECTED), replace(direct[0], outcome=TIMEOUT), direct[1])
    verdict = read_only(scenery, tries=works)
    assert verdict.headline == "2 of 3 connections succeed; every failure is at 192.0.2.1"
    evidence = Evidence(scenery.front, scenery.server, tries=works)
    assert [attempt.pod for attempt in attempts(evidence)] == ["", "", ""]
    refused_page = replace(direct[0], reply=RequestResult(status=502, said="status 502 in 3 ms"))
    assert read_only(scenery, tries=(*works[:1], refused_page)).headline.startswith("192.0.2.1 answers 502")


def test_endpoints_that_are_names_are_none() -> None:
    named = Endpoint("", "", address="db.example.com", ports=(EndpointPort(5432),))
    verdict = read_only(Scenery(pods=(), service={"endpoints": (named,), "selector": {}}))
    assert verdict.id == "no-endpoint"
    assert verdict.evidence == ("it has no selector, and no EndpointSlice with an address",)
    headless = Scenery(pods=(), service={"endpoints": (named,), "selector": {}, "headless": True})
    assert read_only(headless).id == "undetermined"


def test_a_page_that_was_not_asked_for_is_not_known_to_be_answered() -> None:
    scenery = Scenery().dial(CONNECTED, healthy, times=5)
    scenery.dial(ConnectResult.UNKNOWN, reply=RequestResult("GET /x"), error="the image has no curl")
    verdict = judge(scenery.without())
    assert brief(verdict) == ("undetermined", "undetermined", "likely")
    assert verdict.headline == (
        "Service api (10.96.4.7:80) takes connections; whether it answers GET /x is not known"
    )
    assert verdict.evidence == (
        "5 of 5 connections to Service api (10.96.4.7:80) succeed",
        "GET /x was not asked: the image has no curl",
    )
    assert not needs_both_ends(scenery.without())
    scenery.dial(CONNECTED, direct=True, reply=OK)
    assert judge(scenery.without()).id == "reachable"


def intermittent() -> Scenery:
    scenery = two().dial(CONNECTED, healthy, times=3)
    return scenery.dial(TIMEOUT, ignored, times=2, lands="api-9d2")


def test_intermittent() -> None:
    full = {"api-9d2": (ListenQueue("0.0.0.0", 8081, 129, 128),), "api-x7k": LISTENS}
    verdict = judge(intermittent().evidence(listeners=full))
    assert brief(verdict) == ("intermittent", "intermittent", "certain")
    assert verdict.where == "pod api-9d2 (node-b)"
    assert verdict.headline == "3 of 5 connections succeed; every failure is at pod api-9d2"
    assert verdict.evidence == (
        "api-x7k 3 of 3; api-9d2 0 of 2: SYN arrived, no answer; accept queue full (129 of 128)",
    )
    assert verdict.next == "kubectl -n shop logs api-9d2"


def test_intermittent_without_captures_says_what_the_endpoints_do() -> None:
    scenery = two().dial(CONNECTED, times=3).dial(TIMEOUT, times=2)
    scenery.dial(CONNECTED, direct=True).dial(TIMEOUT, direct=True, lands="api-9d2")
    verdict = judge(scenery.without())
    assert verdict.headline == "3 of 5 connections succeed"
    assert verdict.evidence == (
        "at an endpoint that is not known 3 of 5: timeout",
        "directly to 10.244.3.3:8081: timeout",
        "directly to 10.244.2.7:8081: connected",
    )


def test_an_endpoint_that_the_service_did_not_choose_fails() -> None:
    scenery = two().dial(CONNECTED, times=5)
    scenery.dial(CONNECTED, direct=True).dial(TIMEOUT, direct=True, lands="api-9d2")
    verdict = judge(scenery.without())
    assert verdict.headline == "6 of 7 connections succeed; every failure is at pod api-9d2"
    assert judge(scenery.without(sidecar="istio-proxy")).id == "reachable"


def test_one_endpoint_answers_an_error() -> None:
    scenery = two().dial(CONNECTED, times=5).dial(CONNECTED, direct=True, reply=OK)
    bad = RequestResult(status=502, said="status 502 in 3 ms")
    verdict = judge(scenery.dial(CONNECTED, direct=True, lands="api-9d2", reply=bad).without())
    assert verdict.headline == "1 of 2 requests are answered; every failure is at pod api-9d2"
    assert verdict.evidence == ("api-x7k 1 of 1; api-9d2 0 of 1: answers 502 Bad Gateway",)


def test_failures_of_two_kinds() -> None:
    scenery = two().dial(REFUSED, refused, times=3).dial(TIMEOUT, lost, times=2, lands="api-9d2")
    verdict = judge(scenery.evidence(listeners={"api-x7k": ()}))
    assert (verdict.id, verdict.headline) == ("refused", "nothing listens on port 8081 of pod api-x7k")
    assert verdict.evidence[0] == (
        "3 of 5 connections to Service api (10.96.4.7:80) arrived at api-x7k, which reset them"
    )
    assert "2 more connections to 10.96.4.7:80: 3 SYNs left, none arrived" in verdict.evidence


# Never a certain word for what is not certain


def test_a_capture_with_drops_proves_no_absence() -> None:
    scenery = db().dial(TIMEOUT, lost, times=5)
    for bad in (
        EndCapture("db-0", dropped=3),
        EndCapture("db-0", dropped=None),
        EndCapture("db-0", before=False),
    ):
        verdict = judge(scenery.evidence(captures={"db-0": bad}, policies=(DENIED,)))
        assert brief(verdict) == ("undetermined", "undetermined", "likely")
        assert verdict.likely.startswith("NetworkPolicy db-ingress")
    for bad in (EndCapture("api-x7k", dropped=3), EndCapture("api-x7k", before=False)):
        ignoring = Scenery().dial(TIMEOUT, ignored)
        assert judge(ignoring.evidence(captures={"api-x7k": bad})).id == "undetermined"
        rejecting = Scenery().dial(REFUSED, rejected)
        assert judge(rejecting.evidence(captures={"api-x7k": bad})).id == "undetermined"


def test_an_endpoint_that_was_not_captured_may_have_got_it() -> None:
    scenery = two().dial(TIMEOUT, lost, times=5)
    assert judge(scenery.evidence()).id == "lost"
    verdict = judge(scenery.evidence(captured=["api-x7k"]))
    assert (verdict.id, verdict.certainty) == ("undetermined", "likely")


def test_what_is_seen_is_certain_whatever_was_dropped() -> None:
    scenery = Scenery().dial(REFUSED, refused, times=5)
    verdict = judge(scenery.evidence(captures={"api-x7k": EndCapture("api-x7k", dropped=9)}))
    assert brief(verdict) == ("refused", "unreachable", "certain")


@pytest.mark.parametrize("outcome", [REFUSED, TIMEOUT, ConnectResult.UNREACHABLE])
def test_the_clients_end_alone_decides_nothing(outcome: ConnectResult) -> None:
    scenery = db().dial(outcome, times=5, error="nc: said so").dial(outcome, direct=True)
    verdict = judge(scenery.without(missing=("the server's pods were not looked into (--client-only)",)))
    assert brief(verdict) == ("undetermined", "undetermined", "likely")
    assert "the server's pods were not looked into (--client-only)" in verdict.evidence
    assert needs_both_ends(scenery.without())
    assert verdict.next == "kubectl netshoot check front-6c9 --live --to 10.96.4.7:5432"


def test_an_address_outside_of_the_cluster() -> None:
    server = Server("203.0.113.9:443", "shop", "203.0.113.9", 443)
    denied = PolicyAnswer("203.0.113.9", "denied", "egress", ("no-egress",))
    evidence = Evidence(Scenery().front, server, tries=(Try("203.0.113.9:443", TIMEOUT),), policies=(denied,))
    verdict = judge(evidence)
    assert (verdict.id, verdict.headline) == (
        "undetermined",
        "connections to 203.0.113.9:443 get no answer; where they are lost is not known",
    )
    assert verdict.likely == "NetworkPolicy no-egress selects front-6c9 and does not allow 203.0.113.9"
    assert not needs_both_ends(evidence)


def test_tools_that_did_not_run_prove_nothing() -> None:
    scenery = Scenery().dial(ConnectResult.UNKNOWN, times=5, error="nc is not in this image")
    verdict = judge(scenery.evidence())
    assert brief(verdict) == ("undetermined", "undetermined", "likely")
    assert "nc is not in this image" in verdict.evidence


def test_an_answer_that_came_back_is_not_lost() -> None:
    """A rule in the client's own pod may drop it behind its capture."""

    def play(connection: Connection) -> None:
        connection.out("S").back("SA")

    scenery = Scenery().dial(TIMEOUT, play)
    verdict = judge(scenery.evidence())
    assert (verdict.id, verdict.likely) == ("undetermined", "a rule in the client's pod")
    assert "1 SYN-ACK came back to front-6c9, and its kernel took none" in verdict.evidence
    ports = tuple(one.source_port for one in scenery.tries)
    assert judge(scenery.evidence(half_open={"api-x7k": ports})).id == "undetermined"


def test_drops_at_the_client_hide_answers() -> None:
    scenery = Scenery().dial(TIMEOUT, half_answered)
    assert judge(scenery.evidence(client_capture=EndCapture("front-6c9", dropped=1))).id == "undetermined"


def test_what_left_for_no_pod_is_not_known_to_be_lost() -> None:
    server = Server("203.0.113.9:443", "shop", "203.0.113.9", 443)
    scenery = Scenery().dial(TIMEOUT, lost)
    assert judge(scenery.evidence(server=server)).id == "undetermined"


def test_a_pod_that_was_dialled_needs_only_its_own_capture() -> None:
    scenery = two().dial(TIMEOUT, lost, direct=True, times=5)
    deployment = Server("deploy/api:8081", "shop", number=8081, pods=scenery.ends)
    evidence = scenery.evidence(captured=["api-x7k"], server=deployment)
    assert judge(evidence).headline.endswith("and pod api-x7k (node-b)")


def test_a_pod_of_the_clients_name_is_another_one() -> None:
    scenery = Scenery().dial(TIMEOUT, lost)
    namesake = replace(scenery.front, pod=replace(scenery.front.pod, name="api-x7k"))
    assert judge(replace(scenery.evidence(captured=()), client=namesake)).id == "undetermined"


def test_drops_make_no_packet_large() -> None:
    scenery, bad = Scenery().dial(CONNECTED, large, reply=TIMED_OUT), EndCapture("api-x7k", dropped=1)
    assert judge(scenery.evidence(client_capture=bad)).id == "undetermined"
    assert judge(scenery.evidence(captures={"api-x7k": bad})).id == "undetermined"


@pytest.mark.parametrize(("size", "again"), [(1460, 0), (1460, 1), (400, 6)])
def test_few_or_small_packets_are_not_lost_for_their_size(size: int, again: int) -> None:
    def play(connection: Connection) -> None:
        connection.handshake().out("PA", 80).back("A").back("PA", size, arrives=False)
        for _ in range(again):
            connection.back("PA", size, arrives=False, again=True)

    assert judge(Scenery().dial(CONNECTED, play, reply=TIMED_OUT).evidence()).id == "undetermined"


def test_a_request_that_was_not_acknowledged_is_not_the_applications() -> None:
    def play(connection: Connection) -> None:
        connection.handshake().out("PA", 80, arrives=False)

    assert judge(Scenery().dial(CONNECTED, play, reply=TIMED_OUT).evidence()).id == "undetermined"


def test_a_pod_that_ends_the_connection_is_not_silent() -> None:
    def play(connection: Connection) -> None:
        silent(connection)
        connection.back("FA")

    assert judge(Scenery().dial(CONNECTED, play, reply=TIMED_OUT).evidence()).id == "undetermined"


def test_no_response_is_likely_where_the_pods_end_was_not_seen_whole() -> None:
    scenery = Scenery().dial(CONNECTED, silent, reply=TIMED_OUT)
    dropped = {"api-x7k": EndCapture("api-x7k", dropped=1)}
    for evidence in (scenery.evidence(captured=()), scenery.evidence(captures=dropped)):
        assert brief(judge(evidence)) == ("no-response", "unreachable", "likely")
    scenery.wire.servers["api-x7k"].packets = scenery.wire.servers["api-x7k"].packets[:2]
    assert brief(judge(scenery.evidence())) == ("no-response", "unreachable", "likely")
    evidence = scenery.evidence(client_capture=EndCapture("front-6c9", dropped=1))
    assert judge(evidence).id == "undetermined"


# Without captures, sockets and counters are likely


def test_refused_by_what_listens() -> None:
    scenery = Scenery().dial(REFUSED, times=5)
    verdict = judge(scenery.without(listeners={"api-x7k": (ListenQueue("0.0.0.0", 8080),)}))
    assert brief(verdict) == ("refused", "unreachable", "likely")
    assert verdict.headline == "nothing listens on port 8081 of pod api-x7k"
    assert verdict.evidence[0].endswith("were refused; no capture says by whom")


def test_rejected_by_what_listens() -> None:
    scenery = Scenery().dial(REFUSED, times=5)
    known = {"listeners": {"api-x7k": LISTENS}}
    verdict = judge(scenery.without(**known, counters={"api-x7k": NstatCounters(received=9)}))
    assert brief(verdict) == ("rejected", "unreachable", "likely")
    for sent in (NstatCounters(resets_sent=1), NstatCounters(unreachables_sent=1)):
        assert judge(scenery.without(**known, counters={"api-x7k": sent})).id == "undetermined"
    assert judge(scenery.without(**known)).id == "undetermined"


def test_queue_full_by_its_length() -> None:
    scenery = Scenery().dial(TIMEOUT, times=5)
    verdict = judge(scenery.without(listeners={"api-x7k": (ListenQueue("*", 8081, 129, 128),)}))
    assert brief(verdict) == ("queue-full", "unreachable", "likely")


def test_answer_lost_by_half_open_connections() -> None:
    scenery = two().dial(TIMEOUT, times=2)
    ports = tuple(one.source_port for one in scenery.tries)
    verdict = judge(scenery.without(half_open={"api-9d2": ports}))
    assert brief(verdict) == ("answer-lost", "unreachable", "likely")
    assert verdict.evidence[0] == (
        "2 of 2 connections to Service api (10.96.4.7:80) are half open in api-9d2: "
        "it got the SYN, and nothing after its answer"
    )


# What else is asked of it


def test_attempts() -> None:
    scenery = two().dial(CONNECTED, healthy).dial(TIMEOUT, lost, error="nc: timed out")
    assert attempts(scenery.evidence()) == (
        Attempt("10.96.4.7:80", "api-x7k", 1, 1, 1, ""),
        Attempt("10.96.4.7:80", "", 3, 0, 0, "nc: timed out"),
    )
    assert attempts(scenery.evidence(captured=["api-x7k"]))[1].arrived is None
    by_proxy = Scenery().dial(TIMEOUT, lost, interface=LO)
    assert attempts(by_proxy.evidence())[0].arrived is None
    assert attempts(scenery.without())[1] == Attempt("10.96.4.7:80", "", None, None, None, "nc: timed out")


def test_when_captures_may_say_more() -> None:
    assert not needs_both_ends(Scenery().dial(CONNECTED, times=5).without())
    assert not needs_both_ends(Evidence(Scenery().front, Scenery().server))
    assert needs_both_ends(two().dial(CONNECTED, times=3).dial(TIMEOUT).without())
    assert needs_both_ends(Scenery().dial(CONNECTED, reply=TIMED_OUT).without())
    assert not needs_both_ends(Scenery().dial(TIMEOUT, lost).evidence())
    scenery = two().dial(CONNECTED, direct=True, reply=OK)
    scenery.dial(CONNECTED, direct=True, lands="api-9d2", reply=RequestResult(status=500))
    assert not needs_both_ends(scenery.without())


def test_a_pod_that_reaches_itself_through_its_service() -> None:
    """One capture has both ends."""
    scenery = Scenery(client="api-x7k")
    scenery.wire.servers["api-x7k"] = scenery.wire.client
    bridge = ("10.244.2.1", 34567)
    scenery.dial(TIMEOUT, ignored, times=2, client=ADDRESSES["api-x7k"], seen_from=bridge)
    verdict = judge(scenery.evidence(captured=()))
    assert (verdict.id, verdict.where) == ("no-syn-answer", "pod api-x7k (node-b)")
