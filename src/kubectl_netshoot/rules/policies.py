"""What NetworkPolicies say of one connection: allowed, denied by name, or not to be known from them alone.

Whether anything enforces them cannot be read anywhere. Questions below have three answers; None is "not known": what
the API leaves to the network plugin (addresses of pods in an ipBlock, pods in their node's network), and labels of a
namespace that could not be read.
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from kubectl_netshoot.model import (
    TCP,
    ContainerPort,
    NetworkPolicy,
    Pod,
    PolicyPeer,
    PolicyPort,
    PolicyRule,
    Selector,
)

Answer: TypeAlias = Literal["allowed", "denied", "unknown"]
Direction: TypeAlias = Literal["egress", "ingress"]
Known: TypeAlias = bool | None
Namespaces: TypeAlias = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class End:
    """A pod at one end of a connection; `ports` are those that its containers declare."""

    pod: Pod
    ports: tuple[ContainerPort, ...] = ()


@dataclass(frozen=True)
class PolicyAnswer:
    """Whether NetworkPolicies let the client reach the port of this pod (or a DNS server's).

    `denied_by` are the policies that select the pod of the side named in `direction` and allow no such connection;
    `because` is why the answer is unknown.
    """

    pod: str
    answer: Answer
    direction: Literal["", "ingress", "egress"] = ""
    denied_by: tuple[str, ...] = ()
    because: str = ""


@dataclass(frozen=True)
class PolicyKind:
    """A kind of policy that only its own network plugin evaluates."""

    kind: str
    group: str
    plural: str
    namespaced: bool = True

    @property
    def plural_name(self) -> str:
        """How its objects are called together."""
        return f"{self.kind.removesuffix('y')}ies"

    @property
    def resource(self) -> str:
        """How kubectl takes it: with its group where others have the same plural."""
        same = [kind for kind in OTHERS if kind.plural == self.plural]
        return self.plural if len(same) == 1 else f"{self.plural}.{self.group}"


OTHERS = (
    PolicyKind("CiliumNetworkPolicy", "cilium.io", "ciliumnetworkpolicies"),
    PolicyKind("CiliumClusterwideNetworkPolicy", "cilium.io", "ciliumclusterwidenetworkpolicies", False),
    PolicyKind("Calico NetworkPolicy", "crd.projectcalico.org", "networkpolicies"),
    PolicyKind("Calico GlobalNetworkPolicy", "crd.projectcalico.org", "globalnetworkpolicies", False),
    PolicyKind("Calico NetworkPolicy", "projectcalico.org", "networkpolicies"),
    PolicyKind("Calico GlobalNetworkPolicy", "projectcalico.org", "globalnetworkpolicies", False),
    PolicyKind("Antrea NetworkPolicy", "crd.antrea.io", "networkpolicies"),
    PolicyKind("Antrea ClusterNetworkPolicy", "crd.antrea.io", "clusternetworkpolicies", False),
    PolicyKind("AdminNetworkPolicy", "policy.networking.k8s.io", "adminnetworkpolicies", False),
    PolicyKind(
        "BaselineAdminNetworkPolicy", "policy.networking.k8s.io", "baselineadminnetworkpolicies", False
    ),
    PolicyKind("ClusterNetworkPolicy", "policy.networking.k8s.io", "clusternetworkpolicies", False),
    PolicyKind("Istio AuthorizationPolicy", "security.istio.io", "authorizationpolicies"),
)


@dataclass(frozen=True)
class _Connection:
    """`addresses` are those that an ipBlock may mean by the other side: its own and, for a server, its Services'."""

    namespaces: Namespaces
    other: Pod | None
    addresses: tuple[str, ...]
    protocol: str
    port: int
    names: tuple[ContainerPort, ...]


def policies(
    found: Sequence[NetworkPolicy],
    namespaces: Namespaces,
    client: End,
    server: End | str,
    port: int,
    *,
    protocol: str = TCP,
    through: tuple[str, ...] = (),
) -> PolicyAnswer:
    """Whether these policies let the client connect to this port, which is the pod's own and not a Service's.

    `found` are the policies of both namespaces, `namespaces` the labels of those that could be read, by name. The
    server is a pod, or an address that is no pod's. `through` are the addresses of the Service that is dialled.
    """
    end = server if isinstance(server, End) else None
    name, addresses = (end.pod.name, end.pod.addresses) if end else (str(server), (str(server),))
    names = end.ports if end else ()
    out = _Connection(namespaces, end.pod if end else None, (*addresses, *through), protocol, port, names)
    answers = [_answer(found, "egress", client.pod, out, name)]
    if end:
        back = _Connection(namespaces, client.pod, client.pod.addresses, protocol, port, names)
        answers.append(_answer(found, "ingress", end.pod, back, name))
    for wanted in ("denied", "unknown"):
        for answer in answers:
            if answer.answer == wanted:
                return answer
    return PolicyAnswer(name, "allowed")


def _answer(
    found: Sequence[NetworkPolicy], direction: Direction, pod: Pod, connection: _Connection, server: str
) -> PolicyAnswer:
    """What the policies say that select this pod, which is at one end of the connection."""
    isolating = [
        policy
        for policy in found
        if policy.namespace == pod.namespace
        and direction.capitalize() in policy.types
        and policy.selector.matches(pod.labels)
    ]
    if not isolating:
        return PolicyAnswer(server, "allowed")
    allowed = _any(
        _allows(rule, policy.namespace, connection)
        for policy in isolating
        for rule in (policy.egress if direction == "egress" else policy.ingress)
    )
    if allowed:
        return PolicyAnswer(server, "allowed")
    names = tuple(sorted(policy.name for policy in isolating))
    special = _special(pod, connection.other)
    if special or allowed is None:
        because = special or "what they allow by address or by namespace cannot be judged from here"
        return PolicyAnswer(server, "unknown", direction, names, because)
    return PolicyAnswer(server, "denied", direction, names)


def _special(pod: Pod, other: Pod | None) -> str:
    """Why a network plugin may let through what no rule allows."""
    if other and (pod.namespace, pod.name) == (other.namespace, other.name):
        return f"pod {pod.name} connects to itself"
    for one in (pod, other):
        if one and one.host_network:
            same = other and pod.node and pod.node == other.node
            return f"pod {one.name} has the network of {'the same' if same else 'its'} node"
    return ""


def _any(answers: Iterable[Known]) -> Known:
    """OR of three values."""
    unknown = False
    for answer in answers:
        if answer:
            return True
        unknown = unknown or answer is None
    return None if unknown else False


def _allows(rule: PolicyRule, namespace: str, connection: _Connection) -> Known:
    if rule.ports and not any(_is_port(port, connection) for port in rule.ports):
        return False
    return _any(_is_peer(peer, namespace, connection) for peer in rule.peers) if rule.peers else True


def _is_port(port: PolicyPort, connection: _Connection) -> bool:
    if port.protocol != connection.protocol:
        return False
    if isinstance(port.port, str):
        wanted = (port.port, connection.port, connection.protocol)
        return any((one.name, one.number, one.protocol) == wanted for one in connection.names)
    return port.port is None or port.port <= connection.port <= (port.end or port.port)


def _is_peer(peer: PolicyPeer, namespace: str, connection: _Connection) -> Known:
    other = connection.other
    if peer.cidr:
        return _is_in_block(peer, connection)
    if peer.pods is None and peer.namespaces is None:
        # A kind of peer that came after this program.
        return None
    if other is None:
        return False
    if peer.pods is not None and not peer.pods.matches(other.labels):
        return False
    if peer.namespaces is None:
        here: Known = other.namespace == namespace
    else:
        here = _selects(peer.namespaces, connection.namespaces.get(other.namespace))
    # A pod in its node's network has no address by which it could be told from the node.
    return None if here and other.host_network else here


def _selects(selector: Selector, labels: Mapping[str, str] | None) -> Known:
    if labels is None:
        return None if selector.keys else True
    return selector.matches(labels)


def _is_in_block(peer: PolicyPeer, connection: _Connection) -> Known:
    """A block is meant for addresses outside of the cluster: of a pod's it is not said whether they are in it."""
    try:
        inside = any(
            _contains(peer.cidr, address) and not any(_contains(block, address) for block in peer.excepts)
            for address in connection.addresses
        )
    except ValueError:
        return None
    if connection.other is None and len(connection.addresses) == 1:
        return inside
    return None if inside else False


def _contains(block: str, address: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(block, strict=False)
