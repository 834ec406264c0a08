"""Whether NetworkPolicies let a pod connect to another: what a network plugin that knows them would do.

Peers may be podSelector and namespaceSelector, ports numbers; ipBlock, port names and ranges match nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator

from fakecluster import kinds
from fakecluster.kinds import Object
from fakecluster.selectors import Selector
from fakecluster.store import Store


def admits(store: Store, source: str, address: str, port: int) -> bool:
    """Between the addresses of two pods; whoever is no pod is not restrained."""
    pods = {pod["status"].get("podIP"): pod for pod in store.list(kinds.PODS)[0]}
    if source not in pods or address not in pods or source == address:
        return True
    one, other = pods[source], pods[address]
    return _lets(store, "Egress", one, other, port) and _lets(store, "Ingress", other, one, port)


def _lets(store: Store, direction: str, pod: Object, peer: Object, port: int) -> bool:
    """A pod that no policy selects in this direction is open; else one of the rules of all of them must fit."""
    policies = [policy for policy in _selecting(store, pod) if direction in _types(policy)]
    rules = (rule for policy in policies for rule in policy["spec"].get(direction.lower()) or ())
    return not policies or any(_fits(store, direction, rule, pod, peer, port) for rule in rules)


def _selecting(store: Store, pod: Object) -> Iterator[Object]:
    for policy in store.list(kinds.NETWORKPOLICIES, pod["metadata"]["namespace"])[0]:
        if _matches(policy["spec"].get("podSelector") or {}, pod):
            yield policy


def _types(policy: Object) -> list[str]:
    spec = policy["spec"]
    return spec.get("policyTypes") or ["Ingress", *(["Egress"] if "egress" in spec else [])]


def _fits(store: Store, direction: str, rule: Object, pod: Object, peer: Object, port: int) -> bool:
    peers = rule.get("from" if direction == "Ingress" else "to")
    ports = rule.get("ports")
    is_peer = not peers or any(_is(store, one, pod, peer) for one in peers)
    return is_peer and (not ports or any(one.get("port", port) == port for one in ports))


def _is(store: Store, wanted: Object, pod: Object, peer: Object) -> bool:
    if "ipBlock" in wanted:
        return False
    home = peer["metadata"]["namespace"]
    if "namespaceSelector" in wanted:
        namespace = store.find(kinds.NAMESPACES, "", home) or {"metadata": {}}
        in_reach = _matches(wanted["namespaceSelector"], namespace)
    else:
        in_reach = home == pod["metadata"]["namespace"]
    return in_reach and _matches(wanted.get("podSelector") or {}, peer)


def _matches(selector: Object, one: Object) -> bool:
    return Selector.of_object(selector).matches(one["metadata"].get("labels"))
