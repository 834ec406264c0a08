"""Policies at random, judged by `policies` and by a naive reading of what the API's documentation says.

The reading below works on the API's JSON, knows only yes and no, and is asked twice: for a network plugin that takes an
ipBlock to hold for pods' addresses, and for one that does not. Where they differ the answer must be that it is not
known.
"""

import ipaddress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kubectl_netshoot.kube.policies import network_policy
from kubectl_netshoot.model import ContainerPort, Pod
from kubectl_netshoot.rules.policies import End, policies
from tests.unit import builders

SPACES = {"one": {"env": "a"}, "two": {"env": "b"}}
NAMED = (ContainerPort("c", 80, "web"), ContainerPort("c", 81, "more"), ContainerPort("c", 80, "dns", "UDP"))


def pod(name: str, namespace: str, address: str, **labels: str) -> Pod:
    return builders.pod(name, namespace=namespace, addresses=(address,), labels=labels)


PODS = (
    pod("bare", "one", "10.0.1.1"),
    pod("x", "one", "10.0.1.2", app="x"),
    pod("xy", "two", "10.0.2.1", app="x", tier="y"),
    pod("y", "two", "10.0.2.2", app="y"),
)

values = st.sampled_from(["x", "y", "a", "b"])
keys = st.sampled_from(["app", "tier", "env"])
expressions = st.one_of(
    st.fixed_dictionaries(
        {
            "key": keys,
            "operator": st.sampled_from(["In", "NotIn"]),
            "values": st.lists(values, min_size=1, max_size=2),
        }
    ),
    st.fixed_dictionaries({"key": keys, "operator": st.sampled_from(["Exists", "DoesNotExist"])}),
)
selectors = st.fixed_dictionaries(
    {},
    optional={
        "matchLabels": st.dictionaries(keys, values, max_size=1),
        "matchExpressions": st.lists(expressions, max_size=1),
    },
)
blocks = st.sampled_from(
    [
        {"cidr": "10.0.1.0/24"},
        {"cidr": "10.0.0.0/16", "except": ["10.0.2.0/24"]},
        {"cidr": "0.0.0.0/0", "except": ["10.0.1.2/32", "10.0.2.2/31"]},
        {"cidr": "192.168.0.0/16"},
    ]
)
peers = st.one_of(
    st.fixed_dictionaries({"podSelector": selectors}),
    st.fixed_dictionaries({"namespaceSelector": selectors}),
    st.fixed_dictionaries({"podSelector": selectors, "namespaceSelector": selectors}),
    st.fixed_dictionaries({"ipBlock": blocks}),
)
numbers = st.sampled_from([79, 80, 81])
protocols = st.fixed_dictionaries({}, optional={"protocol": st.sampled_from(["TCP", "UDP"])})
places: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"port": st.one_of(numbers, st.sampled_from(["web", "more", "dns", "none"]))}),
    numbers.map(lambda first: {"port": first, "endPort": first + 1}),
)
ports = st.tuples(protocols, places).map(lambda parts: {**parts[0], **parts[1]})


def rules(side: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    rule = st.fixed_dictionaries(
        {}, optional={side: st.lists(peers, max_size=2), "ports": st.lists(ports, max_size=2)}
    )
    return st.lists(rule, max_size=2)


specs = st.fixed_dictionaries(
    {"podSelector": selectors},
    optional={
        "ingress": rules("from"),
        "egress": rules("to"),
        "policyTypes": st.sampled_from([["Ingress"], ["Egress"], ["Ingress", "Egress"]]),
    },
)
objects = st.lists(st.tuples(st.sampled_from(sorted(SPACES)), specs), max_size=3)


def label_selector_holds(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    for key, value in selector.get("matchLabels", {}).items():
        if key not in labels or labels[key] != value:
            return False
    for expression in selector.get("matchExpressions", []):
        value, wanted = labels.get(expression["key"]), expression.get("values", [])
        holds = {
            "In": value in wanted,
            "NotIn": value not in wanted,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }
        if not holds[expression["operator"]]:
            return False
    return True


def peer_holds(peer: dict[str, Any], own: str, other: Pod, *, pods_in_blocks: bool) -> bool:
    if "ipBlock" in peer:
        inside, *out = [
            ipaddress.ip_address(other.addresses[0]) in ipaddress.ip_network(cidr)
            for cidr in (peer["ipBlock"]["cidr"], *peer["ipBlock"].get("except", []))
        ]
        return pods_in_blocks and inside and not any(out)
    spaces = [own]
    if "namespaceSelector" in peer:
        spaces = [
            name for name, labels in SPACES.items() if label_selector_holds(peer["namespaceSelector"], labels)
        ]
    chosen = [
        one.name
        for one in PODS
        if one.namespace in spaces and label_selector_holds(peer.get("podSelector", {}), dict(one.labels))
    ]
    return other.name in chosen


def port_holds(port: dict[str, Any], number: int, protocol: str) -> bool:
    if port.get("protocol", "TCP") != protocol:
        return False
    if "port" not in port:
        return True
    if isinstance(port["port"], str):
        return number in [c.number for c in NAMED if c.name == port["port"] and c.protocol == protocol]
    return number in range(port["port"], port.get("endPort", port["port"]) + 1)


def lets_through(
    found: list[tuple[str, dict[str, Any]]],
    side: Pod,
    other: Pod,
    way: str,
    number: int,
    protocol: str,
    *,
    pods_in_blocks: bool,
) -> bool:
    """ "By default, a pod is non-isolated"; then "the effect of those policies combines additively"."""
    peer_key = {"ingress": "from", "egress": "to"}[way]
    holding = []
    for own, spec in found:
        types = spec.get("policyTypes") or ["Ingress"] + (["Egress"] if spec.get("egress") else [])
        if (
            own == side.namespace
            and label_selector_holds(spec["podSelector"], dict(side.labels))
            and way.capitalize() in types
        ):
            holding.append((own, spec))
    if not holding:
        return True
    for own, spec in holding:
        for rule in spec.get(way) or []:
            anybody, any_port = not rule.get(peer_key), not rule.get("ports")
            peer = anybody or any(
                peer_holds(one, own, other, pods_in_blocks=pods_in_blocks) for one in rule[peer_key]
            )
            if peer and (any_port or any(port_holds(one, number, protocol) for one in rule["ports"])):
                return True
    return False


@given(objects, st.permutations(PODS), st.sampled_from([79, 80, 81]), st.sampled_from(["TCP", "UDP"]))
def test_as_the_documentation_says(
    found: list[tuple[str, dict[str, Any]]], pods: list[Pod], number: int, protocol: str
) -> None:
    client, server = pods[:2]
    made = [
        network_policy({"metadata": {"name": f"p{place}", "namespace": own}, "spec": spec})
        for place, (own, spec) in enumerate(found)
    ]
    answer = policies(made, SPACES, End(client), End(server, NAMED), number, protocol=protocol)
    plugins = {
        lets_through(found, client, server, "egress", number, protocol, pods_in_blocks=taken)
        and lets_through(found, server, client, "ingress", number, protocol, pods_in_blocks=taken)
        for taken in (True, False)
    }
    expected = "unknown" if len(plugins) == 2 else {True: "allowed", False: "denied"}[plugins.pop()]
    assert answer.answer == expected
