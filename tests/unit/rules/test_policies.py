"""NetworkPolicies as the API server gives them, and what they say of one connection: a case for each rule and trap."""

from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from kubectl_netshoot.kube.policies import network_policy
from kubectl_netshoot.model import ContainerPort, Pod
from kubectl_netshoot.rules.policies import End, PolicyAnswer, policies
from tests.unit import builders

NAMESPACES = {"shop": {"team": "shop", "kubernetes.io/metadata.name": "shop"}, "pay": {"team": "pay"}}
FRONT, DB = {"app": "front"}, {"app": "db"}
PORT = 5432


def pod(name: str, labels: dict[str, str], **changes: Any) -> Pod:
    return builders.pod(name, labels=labels, **{"namespace": "shop", "addresses": ("10.244.1.5",), **changes})


CLIENT = End(pod("front-6c9", FRONT, node="node-a"))
SERVER = End(
    pod("db-0", DB, node="node-b", addresses=("10.244.2.9",)), (ContainerPort("db", PORT, "postgres"),)
)


def policy(name: str = "p", namespace: str = "shop", **spec: Any) -> dict[str, Any]:
    """One that holds for the server, with the types that the API server would fill in."""
    spec = {"podSelector": {"matchLabels": DB}, **spec}
    spec.setdefault("policyTypes", ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
    return {"metadata": {"name": name, "namespace": namespace}, "spec": spec}


def to_client(name: str = "out", **spec: Any) -> dict[str, Any]:
    """One that holds for the client's egress."""
    return policy(name, podSelector={"matchLabels": FRONT}, **{"policyTypes": ["Egress"], **spec})


def pods_labelled(**labels: str) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": labels}}


def spaces_labelled(**labels: str) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": labels}}


def ports(*wanted: Any) -> list[dict[str, Any]]:
    return [{"port": one, "protocol": "TCP"} for one in wanted]


def block(cidr: str, *excepts: str) -> dict[str, Any]:
    return {"ipBlock": {"cidr": cidr, "except": list(excepts)}}


def ask(*found: dict[str, Any], **more: Any) -> PolicyAnswer:
    more = {"namespaces": NAMESPACES, "client": CLIENT, "server": SERVER, "port": PORT, **more}
    return policies([network_policy(one) for one in found], **more)


class Case(NamedTuple):
    found: list[dict[str, Any]]
    expected: str
    by: tuple[str, ...] = ()
    direction: str = ""


OTHER_SPACE = End(pod("front-6c9", FRONT, namespace="pay"))
EVERYTHING: dict[str, Any] = {}

CASES = {
    "no policy": Case([], "allowed"),
    "a policy for other pods": Case([policy(podSelector={"matchLabels": {"app": "web"}})], "allowed"),
    "a policy of another namespace": Case([policy(namespace="pay")], "allowed"),
    "an empty podSelector is every pod": Case([policy(podSelector={})], "denied", ("p",), "ingress"),
    "no ingress rule": Case([policy(ingress=[])], "denied", ("p",), "ingress"),
    "no ingress at all": Case([policy(ingress=None)], "denied", ("p",), "ingress"),
    "an empty rule allows everything": Case([policy(ingress=[EVERYTHING])], "allowed"),
    "an empty from is everybody": Case([policy(ingress=[{"from": [], "ports": ports(PORT)}])], "allowed"),
    "no from is everybody": Case([policy(ingress=[{"from": None}])], "allowed"),
    "empty ports are all ports": Case(
        [policy(ingress=[{"from": [pods_labelled(app="front")], "ports": []}])], "allowed"
    ),
    "the peer is selected": Case([policy(ingress=[{"from": [pods_labelled(app="front")]}])], "allowed"),
    "another peer": Case(
        [policy(ingress=[{"from": [pods_labelled(app="web")]}])], "denied", ("p",), "ingress"
    ),
    "an empty peer selector is every pod here": Case(
        [policy(ingress=[{"from": [{"podSelector": {}}]}])], "allowed"
    ),
    "peers are alternatives": Case(
        [policy(ingress=[{"from": [pods_labelled(app="web"), pods_labelled(app="front")]}])], "allowed"
    ),
    "rules are alternatives": Case(
        [policy(ingress=[{"from": [pods_labelled(app="web")]}, {"from": [pods_labelled(app="front")]}])],
        "allowed",
    ),
    "policies are alternatives": Case(
        [policy("none", ingress=[]), policy("some", ingress=[{"from": [pods_labelled(app="front")]}])],
        "allowed",
    ),
    "every policy that isolates is named": Case(
        [policy("b", ingress=[]), policy("a", ingress=[{"from": [pods_labelled(app="web")]}])],
        "denied",
        ("a", "b"),
        "ingress",
    ),
    "peer and port hold at once": Case(
        [
            policy(
                ingress=[
                    {"from": [pods_labelled(app="front")], "ports": ports(80)},
                    {"from": [pods_labelled(app="web")], "ports": ports(PORT)},
                ]
            )
        ],
        "denied",
        ("p",),
        "ingress",
    ),
    "both selectors of a peer hold at once": Case(
        [policy(ingress=[{"from": [{**pods_labelled(app="front"), **spaces_labelled(team="pay")}]}])],
        "denied",
        ("p",),
        "ingress",
    ),
    "the same as two peers": Case(
        [policy(ingress=[{"from": [pods_labelled(app="front"), spaces_labelled(team="pay")]}])], "allowed"
    ),
    "a namespace selector alone is all of its pods": Case(
        [policy(ingress=[{"from": [spaces_labelled(team="shop")]}])], "allowed"
    ),
    "the namespace's own name is a label": Case(
        [policy(ingress=[{"from": [spaces_labelled(**{"kubernetes.io/metadata.name": "shop"})]}])], "allowed"
    ),
    "another port": Case([policy(ingress=[{"ports": ports(80)}])], "denied", ("p",), "ingress"),
    "the port by the container's name": Case([policy(ingress=[{"ports": ports("postgres")}])], "allowed"),
    "a name that no container has": Case(
        [policy(ingress=[{"ports": ports("http")}])], "denied", ("p",), "ingress"
    ),
    "any port of the protocol": Case([policy(ingress=[{"ports": [{"protocol": "TCP"}]}])], "allowed"),
    "another protocol": Case(
        [policy(ingress=[{"ports": [{"protocol": "UDP", "port": PORT}]}])], "denied", ("p",), "ingress"
    ),
    "no protocol is TCP": Case([policy(ingress=[{"ports": [{"port": PORT}]}])], "allowed"),
    "a range includes its end": Case(
        [policy(ingress=[{"ports": [{"port": 5000, "endPort": PORT}]}])], "allowed"
    ),
    "a range includes its beginning": Case(
        [policy(ingress=[{"ports": [{"port": PORT, "endPort": 6000}]}])], "allowed"
    ),
    "past a range": Case(
        [policy(ingress=[{"ports": [{"port": 5000, "endPort": PORT - 1}]}])], "denied", ("p",), "ingress"
    ),
    "egress of the client": Case([to_client(egress=[])], "denied", ("out",), "egress"),
    "egress to the server": Case([to_client(egress=[{"to": [pods_labelled(app="db")]}])], "allowed"),
    "egress by the server's port name": Case([to_client(egress=[{"ports": ports("postgres")}])], "allowed"),
    "egress of the server is no matter": Case([policy("p", policyTypes=["Egress"], egress=[])], "allowed"),
    "ingress of the client is no matter": Case(
        [policy("p", podSelector={"matchLabels": FRONT}, ingress=[])], "allowed"
    ),
    "egress: [] alone leaves egress open": Case(
        [policy("p", podSelector={"matchLabels": FRONT}, egress=[])], "allowed"
    ),
    "both directions must allow": Case(
        [to_client(egress=[EVERYTHING]), policy("in", ingress=[])], "denied", ("in",), "ingress"
    ),
    "both deny, and the first on the way is said": Case(
        [policy("in", ingress=[]), to_client("out", egress=[])], "denied", ("out",), "egress"
    ),
    "NotIn holds for pods without the label": Case(
        [
            policy(
                ingress=[
                    {
                        "from": [
                            {
                                "podSelector": {
                                    "matchExpressions": [
                                        {"key": "tier", "operator": "NotIn", "values": ["x"]}
                                    ]
                                }
                            }
                        ]
                    }
                ]
            )
        ],
        "allowed",
    ),
    "a block elsewhere": Case(
        [policy(ingress=[{"from": [block("192.168.0.0/16")]}])], "denied", ("p",), "ingress"
    ),
    "a block that leaves the pod out": Case(
        [policy(ingress=[{"from": [block("10.0.0.0/8", "10.244.0.0/16")]}])], "denied", ("p",), "ingress"
    ),
    "a block over pods is the plugin's": Case(
        [policy(ingress=[{"from": [block("10.0.0.0/8")]}])], "unknown", ("p",), "ingress"
    ),
    "a block beside a rule that allows": Case(
        [policy(ingress=[{"from": [block("10.0.0.0/8"), pods_labelled(app="front")]}])], "allowed"
    ),
    "a block at another port": Case(
        [policy(ingress=[{"from": [block("10.0.0.0/8")], "ports": ports(80)}])], "denied", ("p",), "ingress"
    ),
    "a kind of peer that is not known": Case(
        [policy(ingress=[{"from": [{"fqdns": ["db.example.com"]}]}])], "unknown", ("p",), "ingress"
    ),
    "denied on one side, whatever the other": Case(
        [to_client(egress=[{"to": [block("10.0.0.0/8")]}]), policy("in", ingress=[])],
        "denied",
        ("in",),
        "ingress",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_rule(case: Case) -> None:
    found = ask(*case.found)
    assert (found.answer, found.denied_by, found.direction) == (case.expected, case.by, case.direction)
    assert found.pod == "db-0"
    assert bool(found.because) == (case.expected == "unknown")


def test_types_that_the_api_server_fills_in() -> None:
    def types(**spec: Any) -> tuple[str, ...]:
        return network_policy({"metadata": {"name": "p"}, "spec": spec}).types

    assert types() == types(egress=[]) == types(ingress=[{}]) == ("Ingress",)
    assert types(egress=[{}]) == ("Ingress", "Egress")
    assert types(egress=[{}], policyTypes=["Egress"]) == ("Egress",)


def test_the_pod_selector_of_a_peer_is_of_the_policys_namespace() -> None:
    same = policy(ingress=[{"from": [pods_labelled(app="front")]}])
    assert ask(same, client=OTHER_SPACE).answer == "denied"
    both = policy(ingress=[{"from": [{**pods_labelled(app="front"), **spaces_labelled(team="pay")}]}])
    assert ask(both, client=OTHER_SPACE).answer == "allowed"


def test_labels_of_a_namespace_that_could_not_be_read() -> None:
    by_label = policy(ingress=[{"from": [spaces_labelled(team="pay")]}])
    assert ask(by_label, client=OTHER_SPACE, namespaces={}).answer == "unknown"
    every = policy(ingress=[{"from": [{"namespaceSelector": {}}]}])
    assert ask(every, client=OTHER_SPACE, namespaces={}).answer == "allowed"
    other_pods = policy(ingress=[{"from": [{**pods_labelled(app="web"), **spaces_labelled(team="pay")}]}])
    assert ask(other_pods, client=OTHER_SPACE, namespaces={}).answer == "denied"


@pytest.mark.parametrize(("node", "which"), [("node-a", "the same"), ("node-b", "its")])
@pytest.mark.parametrize("host", ["front-6c9", "db-0"])
def test_a_pod_in_its_nodes_network_is_never_surely_denied(host: str, node: str, which: str) -> None:
    def there(end: End, on: str) -> End:
        return replace(end, pod=replace(end.pod, node=on, host_network=end.pod.name == host))

    ends = {"client": there(CLIENT, "node-a"), "server": there(SERVER, node)}
    for found in (
        policy(ingress=[]),
        to_client(egress=[]),
        policy(ingress=[{"from": [block("192.168.0.0/16")]}]),
    ):
        answer = ask(found, **ends)
        assert (answer.answer, answer.because) == ("unknown", f"pod {host} has the network of {which} node")
    by_label = ask(policy(ingress=[{"from": [pods_labelled(app="front")]}]), **ends)
    assert by_label.answer == ("unknown" if host == "front-6c9" else "allowed")
    assert ask(policy(ingress=[{}]), **ends).answer == ask(**ends).answer == "allowed"


def test_a_pod_that_connects_to_itself() -> None:
    found = ask(policy(ingress=[]), client=SERVER)
    assert (found.answer, found.because) == ("unknown", "pod db-0 connects to itself")


def test_a_block_around_the_services_address_is_the_plugins() -> None:
    """Whether egress is judged before or after the Service's address is translated is not said anywhere."""
    found = to_client(egress=[{"to": [block("10.96.0.0/16")]}])
    assert ask(found).answer == "denied"
    assert ask(found, through=("10.96.4.7",)).answer == "unknown"


def test_an_address_outside_of_the_cluster() -> None:
    def answer(*peers: dict[str, Any], **rule: Any) -> str:
        return ask(to_client(egress=[{"to": list(peers), **rule}]), server="203.0.113.9").answer

    assert answer(block("203.0.113.0/24")) == "allowed"
    assert answer(block("203.0.113.0/24", "203.0.113.8/31")) == "denied"
    assert answer(block("2001:db8::/32")) == "denied"
    assert answer({"namespaceSelector": {}}, {"podSelector": {}}) == "denied"
    assert answer(block("203.0.113.0/24"), ports=ports("postgres")) == "denied"
    assert answer() == "allowed"
    assert answer(block("not a block")) == "unknown"
    translated = to_client(egress=[{"to": [block("203.0.113.0/24")]}])
    assert ask(translated, server="203.0.113.9", through=("10.96.4.7",)).answer == "unknown"
    assert ask(policy(ingress=[]), server="203.0.113.9").answer == "allowed"


def test_both_families_of_a_pod() -> None:
    dual = End(pod("front-6c9", FRONT, addresses=("10.244.1.5", "fd00:1::5")))
    assert ask(policy(ingress=[{"from": [block("fd00::/8")]}]), client=dual).answer == "unknown"
    assert ask(policy(ingress=[{"from": [block("fd00::/8")]}])).answer == "denied"


def test_dns_is_judged_by_its_own_protocol() -> None:
    dns = End(pod("coredns-1", {"k8s-app": "kube-dns"}, namespace="kube-system"))
    web_only = to_client(egress=[{"ports": ports(53)}])
    assert ask(web_only, server=dns, port=53, protocol="UDP").denied_by == ("out",)
    assert ask(web_only, server=dns, port=53).answer == "allowed"
