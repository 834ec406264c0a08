"""What may forbid a connection between pods: NetworkPolicies, and which kinds of others there are."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.api import Fetch
from kubectl_netshoot.kube.parse import label_selector, reading, typed
from kubectl_netshoot.model import Json, NetworkPolicy, PolicyPeer, PolicyPort, PolicyRule
from kubectl_netshoot.rules.policies import OTHERS, PolicyKind


def policies_in(fetch: Fetch) -> tuple[NetworkPolicy, ...]:
    """The NetworkPolicies of the namespace. Raises ApiError."""
    path = fetch.path("apis/networking.k8s.io/v1", "networkpolicies")
    return tuple(map(network_policy, fetch.items(path)))


@reading("a NetworkPolicy")
def network_policy(item: Json) -> NetworkPolicy:
    """A networking.k8s.io/v1 NetworkPolicy; an empty podSelector holds for every pod."""
    meta, spec = item["metadata"], item.get("spec") or {}
    # As the API server fills them in: an egress without a rule isolates only where the type is named.
    default = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    return typed(
        NetworkPolicy(
            name=meta["name"],
            selector=label_selector(spec.get("podSelector") or {}),
            ingress=_rules(spec.get("ingress"), "from"),
            egress=_rules(spec.get("egress"), "to"),
            namespace=meta.get("namespace", ""),
            types=tuple(spec.get("policyTypes") or default),
        )
    )


def _rules(rules: list[Json] | None, sides: str) -> tuple[PolicyRule, ...]:
    return tuple(
        PolicyRule(
            peers=tuple(_peer(peer) for peer in rule.get(sides) or []),
            ports=tuple(
                PolicyPort(port.get("protocol") or "TCP", port.get("port"), port.get("endPort"))
                for port in rule.get("ports") or []
            ),
        )
        for rule in rules or []
    )


def _peer(peer: Json) -> PolicyPeer:
    pods, namespaces, block = (peer.get(key) for key in ("podSelector", "namespaceSelector", "ipBlock"))
    return PolicyPeer(
        pods=None if pods is None else label_selector(pods),
        namespaces=None if namespaces is None else label_selector(namespaces),
        cidr=(block or {}).get("cidr", ""),
        excepts=tuple((block or {}).get("except") or ()),
    )


@reading("a namespace")
def namespace_labels(fetch: Fetch) -> dict[str, str]:
    """The labels of the namespace. Raises ApiError."""
    found = fetch.get(f"/api/v1/namespaces/{fetch.namespace}")
    return dict(found["metadata"].get("labels") or {})


# A kind and the versions of its group, the one that the server prefers first.
Served: TypeAlias = tuple[PolicyKind, tuple[str, ...]]


def policy_kinds(fetch: Fetch) -> tuple[Served, ...]:
    """The kinds of other policies whose groups this cluster serves."""
    try:
        served = _groups(fetch)
    except ApiError:
        return ()
    return tuple((kind, served[kind.group]) for kind in OTHERS if kind.group in served)


def other_kinds(
    kinds: Sequence[Served], fetches: Sequence[Fetch]
) -> tuple[tuple[PolicyKind, ...], tuple[PolicyKind, ...]]:
    """Those of which there are policies for these namespaces, and those of which that is not known."""
    there, unknown = [], []
    for kind, versions in kinds:
        found = {_has_one(fetch, kind, versions) for fetch in (fetches if kind.namespaced else fetches[:1])}
        if True in found:
            there.append(kind)
        elif None in found:
            unknown.append(kind)
    return tuple(there), tuple(unknown)


@reading("a list of API groups")
def _groups(fetch: Fetch) -> dict[str, tuple[str, ...]]:
    return {group["name"]: tuple(_versions(group)) for group in fetch.get("/apis")["groups"]}


def _versions(group: Json) -> Iterator[str]:
    preferred: str = group["preferredVersion"]["version"]
    yield preferred
    yield from (one["version"] for one in group.get("versions") or [] if one["version"] != preferred)


def _has_one(fetch: Fetch, kind: PolicyKind, versions: Sequence[str]) -> bool | None:
    """None where that may not be seen."""
    for version in versions:
        group = f"apis/{kind.group}/{version}"
        path = fetch.path(group, kind.plural) if kind.namespaced else f"/{group}/{kind.plural}"
        try:
            return bool(fetch.get(path, {"limit": 1}).get("items"))
        except ApiError as error:
            if error.code != 404:
                return None
    # The group has other kinds only.
    return False
