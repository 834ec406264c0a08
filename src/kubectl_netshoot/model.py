"""What we know of the cluster, as plain frozen values: no client, no clock."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import quote, unquote

# An object as the API sends it; everything else here is read.
Json = dict[str, Any]
TCP = "TCP"
EXTERNAL = "ExternalName"
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "kubectl-netshoot"
ZONE_LABEL = "topology.kubernetes.io/zone"
CONTAINER = "netshoot"
ENV_MARK = "KUBECTL_NETSHOOT"
_OURS = re.compile(rf"{CONTAINER}(-[0-9]+)?")
# The preemptionPolicy of a pod that says none; the other one is Never.
PREEMPTS = "PreemptLowerPriority"
# What a session is called: 16 hex digits, chosen at random; then the pod's name, its source's uid, when, and who.
_BIRTH = re.compile(
    "([0-9a-f]{16})(?:/([a-z0-9.-]{0,253})/([A-Za-z0-9-]{0,64})/([0-9]{1,11})/([^/]{0,1000}))?"
)
MAX_OWNER = 200


@dataclass(frozen=True)
class Birth:
    """What the environment variable of a pod of ours says of its making.

    `made` is in seconds since 1970 by the API server's clock, 0 where that was not known; `name` is empty in what
    older versions wrote, the session alone. A manifest exported from a copy says another name or time than its pod.
    """

    session: str
    name: str = ""
    source_uid: str = ""
    made: int = 0
    owner: str = ""

    def __str__(self) -> str:
        # kubectl's --env splits at commas and strips quotes, and the kubelet expands $(...).
        owner = quote(self.owner[:MAX_OWNER], safe="@")
        return f"{self.session}/{self.name}/{self.source_uid}/{self.made}/{owner}"


def read_birth(text: str) -> Birth | None:
    """The value of the variable, or None for what we never wrote."""
    found = _BIRTH.fullmatch(text)
    if not found:
        return None
    session, name, source_uid, made, owner = found.groups(default="")
    return Birth(session, name, source_uid, int(made or 0), unquote(owner))


def container_name(taken: Collection[str]) -> str:
    """What our debug container is called beside these: netshoot, else netshoot-2 and so on."""
    names = (CONTAINER if number == 1 else f"{CONTAINER}-{number}" for number in count(1))
    return next(name for name in names if name not in taken)


@dataclass(frozen=True)
class Requirement:
    """One matchExpressions entry of a label selector."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """As apimachinery's labels.Requirement does; an operator that we do not know matches (the cautious side)."""
        present = self.key in labels
        if self.operator == "In":
            return present and labels[self.key] in self.values
        if self.operator == "NotIn":
            return not present or labels[self.key] not in self.values
        if self.operator == "Exists":
            return present
        if self.operator == "DoesNotExist":
            return not present
        return True


@dataclass(frozen=True)
class Selector:
    """A label selector; one without any requirement matches every object, as in the API."""

    labels: Mapping[str, str] = field(default_factory=dict)
    expressions: tuple[Requirement, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        """The labels that it goes by."""
        return frozenset((*self.labels, *(expression.key for expression in self.expressions)))

    def matches(self, labels: Mapping[str, str]) -> bool:
        wanted = all(labels.get(key) == value for key, value in self.labels.items())
        return wanted and all(expression.matches(labels) for expression in self.expressions)


@dataclass(frozen=True)
class Owner:
    """An ownerReference; prints as kubectl names objects."""

    kind: str
    name: str
    controller: bool = False
    group: str = ""

    def __str__(self) -> str:
        return f"{self.kind.lower()}/{self.name}"


@dataclass(frozen=True)
class Container:
    """A container of a pod, with what the kubelet last said of it.

    `command` is with its arguments; `probes` are the sorts of probes that it has, e.g. startup; `references` are
    variables and the objects that they are read from, and objects that are read as a whole under their own name.
    `last_end` is how it ended last, if it ever did.
    """

    name: str
    image: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    probes: tuple[str, ...] = ()
    ready: bool = False
    running: bool = False
    waiting: str = ""
    waiting_message: str = ""
    exit_code: int | None = None
    restarts: int = 0
    last_end: str = ""


@dataclass(frozen=True)
class Claim:
    """A PersistentVolumeClaim that a pod mounts; `exclusive` is ReadWriteOncePod, `one_node` ReadWriteOnce."""

    name: str
    writable: bool = True
    exclusive: bool = False
    one_node: bool = False


@dataclass(frozen=True)
class Pod:
    """A pod as the API server has it; `ready` and `containers_ready` are its conditions.

    `probe_periods` are the seconds between those of its probes that open connections for as long as it runs.
    `owners` are others: a pod that `owns_itself` is its own controller, and nobody's. `addresses` are its own, one of
    each IP family. `anti_affinity` are the topology keys by which it must not be beside others.
    """

    namespace: str
    name: str
    uid: str
    resource_version: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    owners: tuple[Owner, ...] = ()
    owns_itself: bool = False
    phase: str = ""
    reason: str = ""
    message: str = ""
    ready: bool = False
    containers_ready: bool = False
    terminating: bool = False
    finalizers: tuple[str, ...] = ()
    readiness_gates: tuple[str, ...] = ()
    containers: tuple[Container, ...] = ()
    ephemeral: tuple[Container, ...] = ()
    node: str = ""
    addresses: tuple[str, ...] = ()
    created: datetime | None = None
    started: datetime | None = None
    active_deadline: timedelta | None = None
    grace: timedelta = timedelta(seconds=30)
    init_containers: tuple[str, ...] = ()
    sidecars: tuple[Container, ...] = ()
    claims: tuple[Claim, ...] = ()
    host_network: bool = False
    host_ports: tuple[int, ...] = ()
    hostname: str = ""
    subdomain: str = ""
    requests: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    probe_periods: tuple[int, ...] = ()
    pull_secrets: tuple[str, ...] = ()
    priority: int = 0
    priority_class: str = ""
    preemption_policy: str = ""
    anti_affinity: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()

    @property
    def preempts(self) -> bool:
        """Whether the scheduler may evict others for it."""
        return self.preemption_policy in ("", PREEMPTS)

    @property
    def finished(self) -> bool:
        """Whether no container runs any more and none will."""
        return self.phase in ("Succeeded", "Failed")

    @property
    def deadline(self) -> datetime | None:
        """When the kubelet ends the pod: activeDeadlineSeconds counts from its start, by the clock of its node.

        No pod starts before the API server has it: where it says so, the node's clock is behind.
        """
        if self.active_deadline is None:
            return None
        known = [moment for moment in (self.started, self.created) if moment]
        return max(known) + self.active_deadline if known else None

    @property
    def restarts(self) -> int:
        """How often its containers were started again."""
        return sum(container.restarts for container in self.containers)

    @property
    def birth(self) -> Birth | None:
        """What our debug container has carried since the pod's creation; None where it names another pod."""
        return next((born for _, born in self._births()), None)

    @property
    def tools(self) -> str:
        """The name of our debug container: another than usual where the source had a container of that name."""
        return next((name for name, _ in self._births()), CONTAINER)

    def _births(self) -> Iterator[tuple[str, Birth]]:
        for container in self.containers:
            born = read_birth(container.env.get(ENV_MARK, ""))
            # Older versions named no pod there, and their container had one name only.
            names_us = born and (born.name == self.name if born.name else container.name == CONTAINER)
            if born and names_us and _OURS.fullmatch(container.name):
                yield container.name, born

    @property
    def session(self) -> str:
        """The id of the session that made the pod; empty for a pod that is not ours."""
        return self.birth.session if self.birth else ""


@dataclass(frozen=True)
class ContainerPort:
    """A port that a container of a pod declares; a declaration opens nothing, it only names."""

    container: str
    number: int
    name: str = ""
    protocol: str = TCP


@dataclass(frozen=True)
class ServicePort:
    """One port of a Service; `target` is the pod's port, by number or by the name that a container gave it."""

    number: int
    target: int | str
    name: str = ""
    protocol: str = TCP
    app_protocol: str = ""

    def __str__(self) -> str:
        return f"port {self.number}" + (f" ({self.name})" if self.name else "")


@dataclass(frozen=True)
class Service:
    """A Service; an empty selector stands for none. `addresses` are its cluster IPs, of each family one at most;
    `external_name` is an ExternalName's, without a dot at its end.

    `affinity` keeps a client at its endpoint; `external_local`, `internal_local` and `distribution` (or topology hints)
    keep clients near it. `direct` is what says that a load balancer outside the cluster holds the pods' own addresses.
    """

    name: str
    selector: Mapping[str, str] = field(default_factory=dict)
    namespace: str = ""
    type: str = "ClusterIP"
    headless: bool = False
    publish_not_ready: bool = False
    affinity: str = ""
    external_local: bool = False
    internal_local: bool = False
    distribution: str = ""
    direct: str = ""
    external_ips: tuple[str, ...] = ()
    external_name: str = ""
    addresses: tuple[str, ...] = ()
    families: tuple[str, ...] = ("IPv4",)
    ports: tuple[ServicePort, ...] = ()

    @property
    def joinable(self) -> bool:
        """Whether its endpoints are made by label at all: the selector of an ExternalName is ignored."""
        return bool(self.selector) and self.type != EXTERNAL

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Whether a pod with these labels is in the Service."""
        return self.joinable and Selector(self.selector).matches(labels)


@dataclass(frozen=True)
class Controller:
    """What takes orphans whose labels match: ReplicaSet, ReplicationController, DaemonSet, StatefulSet, Job."""

    kind: str
    name: str
    selector: Selector
    replicas: int | None = None
    owners: tuple[Owner, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind.lower()}/{self.name}"


@dataclass(frozen=True)
class Workload:
    """What says how many instances of the application are wanted; `recreate`: an old one ends before a new one."""

    owner: Owner
    replicas: int = 1
    recreate: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Its kind and name."""
        return self.owner.kind, self.owner.name


@dataclass(frozen=True)
class Lease:
    """A Lease that somebody holds: mostly the name of a pod, with something behind it."""

    name: str
    holder: str


@dataclass(frozen=True)
class Quota:
    """A ResourceQuota: by resource what may be used and what is, and the scopes that a pod must all be in."""

    name: str
    hard: Mapping[str, str] = field(default_factory=dict)
    used: Mapping[str, str] = field(default_factory=dict)
    scopes: tuple[Requirement, ...] = ()


@dataclass(frozen=True)
class DisruptionBudget:
    """A PodDisruptionBudget; `rule` is its bound as written, e.g. `minAvailable 50%`."""

    name: str
    selector: Selector
    rule: str = ""


@dataclass(frozen=True)
class Autoscaler:
    """A HorizontalPodAutoscaler; `selector` is its target's, None where that is not known (a custom resource)."""

    name: str
    target: Owner
    selector: Selector | None = None


@dataclass(frozen=True)
class PolicyPeer:
    """Who a rule is about: pods by selector, or addresses in `cidr` less those in `excepts`.

    Both selectors hold at once; without `namespaces` the pods are of the policy's own, without `pods` all of them.
    """

    pods: Selector | None = None
    namespaces: Selector | None = None
    cidr: str = ""
    excepts: tuple[str, ...] = ()


@dataclass(frozen=True)
class PolicyPort:
    """A port of the pod that is connected to: a number, the first of a range to `end`, a container's name, or all."""

    protocol: str = TCP
    port: int | str | None = None
    end: int | None = None


@dataclass(frozen=True)
class PolicyRule:
    """What is allowed: any of the peers at any of the ports; no peers or no ports are all of them."""

    peers: tuple[PolicyPeer, ...] = ()
    ports: tuple[PolicyPort, ...] = ()


@dataclass(frozen=True)
class NetworkPolicy:
    """A NetworkPolicy: the pods it holds for, the directions in which it isolates them, and what it allows them."""

    name: str
    selector: Selector
    ingress: tuple[PolicyRule, ...] = ()
    egress: tuple[PolicyRule, ...] = ()
    namespace: str = ""
    types: tuple[str, ...] = ("Ingress",)

    @property
    def peers(self) -> tuple[Selector, ...]:
        """The pods that its rules name as the other side."""
        return tuple(
            peer.pods
            for rule in (*self.ingress, *self.egress)
            for peer in rule.peers
            if peer.pods is not None
        )


@dataclass(frozen=True)
class EndpointPort:
    """A port of an endpoint; `name` is the Service's port's."""

    number: int
    name: str = ""
    protocol: str = TCP


@dataclass(frozen=True)
class Endpoint:
    """One endpoint of an EndpointSlice; `pod` is empty for one that somebody wrote by hand, `ready` as kube-proxy reads
    it (absent means ready).

    `for_zones` and `for_nodes` are its hints: whose clients it is for. `made_by_us`: it is a copy, and will leave too.
    """

    uid: str
    pod: str
    ready: bool = True
    terminating: bool = False
    node: str = ""
    zone: str = ""
    for_zones: tuple[str, ...] = ()
    for_nodes: tuple[str, ...] = ()
    made_by_us: bool = False
    address: str = ""
    ports: tuple[EndpointPort, ...] = ()

    @property
    def identity(self) -> str:
        """What a dual-stack pod's endpoints have in common."""
        return self.uid or self.pod or self.address

    def port_of(self, port: ServicePort) -> int | None:
        """Where this endpoint takes what comes to that port of the Service; None: nowhere."""
        found = [p.number for p in self.ports if (p.name, p.protocol) == (port.name, port.protocol)]
        return found[0] if found else None

    def is_other(self, uid: str) -> bool:
        """Whether it is a pod of the application that stays when the one with this uid goes."""
        return not self.terminating and not self.made_by_us and self.uid != uid


@dataclass(frozen=True)
class ServiceEndpoints:
    """All endpoints of one Service, over all its slices; `ports` are the numbers on which the pods take TCP.

    `uncounted` are their ports of a protocol without connections that could be counted, as `53/UDP`.
    """

    service: str
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[int, ...] = ()
    uncounted: tuple[str, ...] = ()

    def serves(self, uid: str) -> bool:
        return any(endpoint.uid == uid and endpoint.ready for endpoint in self.endpoints)

    def ready_others(self, uid: str) -> int:
        """How many other pods take new connections, copies left out; a dual-stack pod counts once."""
        return len({e.identity for e in self.endpoints if e.ready and e.is_other(uid)})

    def unready_others(self, uid: str) -> int:
        return len({e.identity for e in self.endpoints if not e.ready and e.is_other(uid)})


@dataclass(frozen=True)
class ServiceWithEndpoints(Service):
    """A Service as its clients meet it, with all that stands behind it."""

    endpoints: tuple[Endpoint, ...] = ()

    def number_at(self, endpoint: Endpoint | None, port: ServicePort) -> int | None:
        """Where this endpoint takes what comes to that port; nobody translates that of a headless Service."""
        if self.headless:
            return port.number
        return endpoint.port_of(port) if endpoint else None

    @property
    def serving(self) -> tuple[Endpoint, ...]:
        """The endpoints that get new connections."""
        return tuple(e for e in self.endpoints if (e.ready or self.publish_not_ready) and not e.terminating)
