"""The source pod: what its copy inherits that two pods must not share, what keeps a copy from working, its priority."""

from collections.abc import Mapping, Sequence

from kubectl_netshoot.model import PREEMPTS, NetworkPolicy, Pod
from kubectl_netshoot.rules.hazards.hazard import UNCHANGED, Changed, Hazard, Severity

# What their injectors call the containers that they add.
MESHES = {
    "istio-proxy": "Istio",
    "linkerd-proxy": "Linkerd",
    "consul-dataplane": "Consul",
    "kuma-sidecar": "Kuma",
    "daprd": "Dapr",
}


def unhealthy(source: Pod, severity: Severity, changed: Changed = UNCHANGED) -> tuple[Hazard, ...]:
    """The source is not ready, terminating or has ended: its copy may fail as it does.

    What is changed in the copy may be why, so then it is no reason to refuse: the join waits for the copy's own
    readiness in any case.
    """
    if source.ready and not source.terminating and not source.finished:
        return ()
    state = "is terminating" if source.terminating else "has ended" if source.finished else "is not ready"
    is_excused = bool(changed.names) and not source.terminating
    then = "joins only once it is ready itself" if severity is Severity.REFUSE else "may fail as it does"
    return (
        Hazard(
            "source-unhealthy",
            Severity.WARN if is_excused else severity,
            f"pod {source.name} {state}: "
            + (
                f"a copy that differs from it ({changed}) is made anyway, and {then}"
                if is_excused
                else "its copy may fail as it does"
            ),
            "check that the difference is what it lacks"
            if is_excused
            else "take a ready pod of the same workload, or --allow source-unhealthy",
        ),
    )


def starting(containers: Sequence[str]) -> tuple[Hazard, ...]:
    """Containers whose startup probe the copy does not keep: it would be ready before its application listens.

    Until a startup probe passes, no other probe is asked and the container is not ready; without one, a container
    without a readiness probe is ready as soon as it runs (core/v1 Container.startupProbe; seen on 1.36: 5 of 472
    requests failed).
    """
    if not containers:
        return ()
    return (
        Hazard(
            "starting",
            Severity.REFUSE,
            f"the copy would lose the startup probe of container {', '.join(containers)}: it could get traffic before "
            "its application has started",
            "use kubectl 1.31 or newer, which keeps it (--keep-startup), or --allow starting",
        ),
    )


def readiness_gate(source: Pod, noun: str = "copy") -> tuple[Hazard, ...]:
    """The copy keeps the gates, and the controller that opens them knows nothing of it."""
    return tuple(
        Hazard(
            "readiness-gate",
            Severity.REFUSE,
            f"the {noun} keeps the readiness gate {gate}, which nobody opens for it: "
            "it will never be Ready and no traffic will come",
            "--allow readiness-gate joins it anyway",
        )
        for gate in source.readiness_gates[:1]
    )


def shared_volume(source: Pod, noun: str = "copy") -> tuple[Hazard, ...]:
    """Two writers on one claim, or one that a single pod may mount; read-only mounts share nothing that changes."""
    alone = [claim.name for claim in source.claims if claim.exclusive]
    shared = [claim.name for claim in source.claims if claim.writable and not claim.exclusive]
    ends = ((shared, "two writers on one volume"), (alone, "ReadWriteOncePod, so it would stay Pending"))
    return tuple(
        Hazard(
            "shared-volume",
            Severity.REFUSE,
            f"the {noun} would mount {_claims(names)} too: {end}",
            "take a pod without a writable claim, or --allow shared-volume",
        )
        for names, end in ends
        if names
    )


def one_node_volume(source: Pod, noun: str = "copy") -> tuple[Hazard, ...]:
    """A ReadWriteOnce volume that is only read: no harm is done, but another node cannot attach it."""
    names = [c.name for c in source.claims if c.one_node and not c.writable]
    if not names:
        return ()
    return (
        Hazard(
            "one-node-volume",
            Severity.WARN,
            f"the {noun} mounts {_claims(names)} too, which is ReadWriteOnce: on another node it may never start",
            "--same-node puts the copy beside the pod",
        ),
    )


def _claims(names: Sequence[str]) -> str:
    return f"volume claim {', '.join(dict.fromkeys(names))}"


def host_port(source: Pod) -> tuple[Hazard, ...]:
    """Ports of the node: a copy cannot run beside the pod, and on another node it opens them there."""
    if not source.host_network and not source.host_ports:
        return ()
    what = (
        "the node's network"
        if source.host_network
        else f"host ports {', '.join(map(str, source.host_ports))}"
    )
    return (
        Hazard(
            "host-port",
            Severity.REFUSE,
            f"the pod uses {what}, and so would the copy: it cannot run on the same node, "
            "and takes the same ports on another",
            "--allow host-port copies it anyway",
        ),
    )


def mesh(source: Pod) -> tuple[Hazard, ...]:
    """An injected sidecar: the copy is no injected pod of the mesh, or has the sidecar without its set-up."""
    found = [
        (name, MESHES[name])
        for name in (c.name for c in (*source.containers, *source.sidecars))
        if name in MESHES
    ]
    return tuple(
        Hazard(
            "mesh",
            Severity.WARN,
            f"the pod has the {title} sidecar {name}: the copy is made without labels, and mostly without "
            "annotations, so the mesh may inject it twice, not know it, or refuse its traffic",
            "check that requests come through before you trust what you see",
        )
        for name, title in found
    )


def network_policy(
    source: Pod, labels: Mapping[str, str], policies: Sequence[NetworkPolicy]
) -> tuple[Hazard, ...]:
    """Policies select by label: those that hold for the source and not for the copy, or the other way around.

    So do their rules: a database may let in what is labelled as its client, and the copy has fewer labels.
    """
    of_source = {p.name for p in policies if p.selector.matches(source.labels)}
    before = {p.name for p in policies if p.selector.matches({})}
    after = {p.name for p in policies if p.selector.matches(labels)}
    peers = sorted(p.name for p in policies if _is_peer(p, source.labels) != _is_peer(p, labels))
    if of_source == after and not peers:
        return ()
    lost, more = sorted(of_source - after), sorted(after - of_source)
    parts = [f"{', '.join(lost)} hold for the pod and not for the copy"] if lost else []
    parts += [f"{', '.join(more)} hold for the copy and not for the pod"] if more else []
    parts += (
        [f"{', '.join(peers)} name the pod as the other side and not the copy, or the reverse"]
        if peers
        else []
    )
    return (
        Hazard(
            "network-policy",
            Severity.WARN,
            f"NetworkPolicies: {'; '.join(parts)} ({len(before)} before the join, {len(after)} after): "
            "connections that the pod takes may be refused by the copy, or the other way around",
            "compare the policies' podSelectors with the labels in this plan",
        ),
    )


def _is_peer(policy: NetworkPolicy, labels: Mapping[str, str]) -> bool:
    return any(peer.matches(labels) for peer in policy.peers)


def anti_affinity(source: Pod, placed: bool) -> tuple[Hazard, ...]:
    """A warning where the copy takes room from whom its rule is against; `placed`: it is where the pod does so already.

    The scheduler holds incoming pods to the rules of those that run, whatever labels these have.
    """
    if placed or not source.anti_affinity:
        return ()
    what = (
        f"the copy keeps the pod's required podAntiAffinity ({', '.join(source.anti_affinity)}): where it runs, no pod "
        "is scheduled that the rule is against, and a roll-out may find no room"
    )
    instead = (
        "--same-node puts the copy beside the pod, where that is so already; else keep the session short"
    )
    return (Hazard("anti-affinity", Severity.WARN, what, instead),)


# SystemCriticalPriority of the scheduling API: from there on the kubelet makes room, too.
CRITICAL = 2_000_000_000


def preemption(source: Pod, placed: bool) -> tuple[Hazard, ...]:
    """A warning with class, value and policy; `placed`: the copy names its node, and the scheduler is not asked."""
    evicts = _evictions(source, placed)
    if not evicts:
        return ()
    name = f"PriorityClass {source.priority_class}, " if source.priority_class else ""
    policy = source.preemption_policy or PREEMPTS
    what = f"the copy keeps the pod's priority ({name}value {source.priority}, {policy}): {evicts}"
    instead = "look for room first, with kubectl describe nodes"
    if not placed and source.priority < CRITICAL:
        instead += "; --same-node starts the copy beside the pod or not at all"
    return (Hazard("preemption", Severity.WARN, what, instead),)


def _evictions(source: Pod, placed: bool) -> str:
    """Who evicts whom, and when; empty where the pod's policy is that nobody has to go.

    Sources: the scheduler's preemption; the kubelet's CriticalPodAdmissionHandler, which asks for no policy; its rank
    of pods for node-pressure eviction.
    """
    if source.priority <= 0:
        return ""
    if placed and source.priority >= CRITICAL:
        return "where its node has no room, the kubelet evicts pods of lower priority for it"
    if not source.preempts:
        return ""
    if placed:
        return "when its node runs short of memory, the kubelet evicts pods of lower priority before it"
    return "where no node has room, the scheduler evicts pods of lower priority for it"
