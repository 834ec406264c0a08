"""The source pod: what its copy inherits that two pods must not share, and what keeps a copy from working."""

from collections.abc import Sequence

from kubectl_netshoot.join.hazard import Hazard, Severity
from kubectl_netshoot.model import NetworkPolicy, Pod

MESHES = {"istio-proxy": "Istio", "linkerd-proxy": "Linkerd"}
SINGLE = ("StatefulSet", "Job")


def unhealthy(source: Pod, severity: Severity) -> tuple[Hazard, ...]:
    """The source is not ready, terminating or has ended: its copy may be just as ill."""
    if source.ready and not source.terminating and not source.finished:
        return ()
    state = "is terminating" if source.terminating else "has ended" if source.finished else "is not ready"
    return (
        Hazard(
            "source-unhealthy",
            severity,
            f"pod {source.name} {state}: its copy may be just as ill",
            "take a ready pod of the same workload, or --allow source-unhealthy",
        ),
    )


def readiness_gate(source: Pod) -> tuple[Hazard, ...]:
    """The copy keeps the gates, and the controller that opens them knows nothing of it."""
    return tuple(
        Hazard(
            "readiness-gate",
            Severity.REFUSE,
            f"the copy keeps the readiness gate {gate}, which nobody opens for it: "
            "it will never be Ready and no traffic will come",
            "--allow readiness-gate joins it all the same",
        )
        for gate in source.readiness_gates[:1]
    )


def shared_volume(source: Pod) -> tuple[Hazard, ...]:
    """A claim that containers mount writable would have two writers; read-only mounts share nothing that changes."""
    claims = [claim for claim in source.claims if claim.writable]
    if not claims:
        return ()
    names = ", ".join(claim.name for claim in claims)
    alone = any(claim.exclusive for claim in claims)
    return (
        Hazard(
            "shared-volume",
            Severity.REFUSE,
            f"the copy would mount the volume claims {names} too"
            + (
                ": they are ReadWriteOncePod, so it would stay Pending"
                if alone
                else ": two writers on one volume"
            ),
            "take a pod without a writable claim, or --allow shared-volume",
        ),
    )


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
            f"the pod uses {what}, and so would the copy: it cannot run on the same node, and opens them on another",
            "--allow host-port copies it all the same",
        ),
    )


def mesh(source: Pod) -> tuple[Hazard, ...]:
    """An injected sidecar: the copy is no injected pod of the mesh, or has the sidecar without its set-up."""
    found = [
        (name, MESHES[name])
        for name in (*(c.name for c in source.containers), *source.sidecars)
        if name in MESHES
    ]
    return tuple(
        Hazard(
            "mesh",
            Severity.WARN,
            f"the pod has the {title} sidecar {name}: the copy has no labels and annotations when it is made, so the "
            "mesh may inject it twice, not know it, or refuse its traffic",
            "look whether requests come through before you trust what you see",
        )
        for name, title in found
    )


def second_instance(source: Pod) -> tuple[Hazard, ...]:
    """What runs once by intention would run twice: init containers, a StatefulSet's member, a Job."""
    owner = next((o for o in source.owners if o.kind in SINGLE), None)
    reasons = [f"its init containers ({', '.join(source.init_containers)})"] if source.init_containers else []
    reasons += [f"the work of {owner}"] if owner else []
    if not reasons:
        return ()
    return (
        Hazard(
            "second-instance",
            Severity.WARN,
            f"the copy runs the application again, with {' and '.join(reasons)}: migrations, consumers and timers too",
            "be sure that the application bears a second instance",
        ),
    )


def network_policy(
    source: Pod, labels: dict[str, str], policies: Sequence[NetworkPolicy]
) -> tuple[Hazard, ...]:
    """Policies select by label: those that hold for the source and not for the copy, or the other way around."""
    of_source = {p.name for p in policies if p.selector.matches(source.labels)}
    before = {p.name for p in policies if p.selector.matches({})}
    after = {p.name for p in policies if p.selector.matches(labels)}
    if of_source == after:
        return ()
    lost, more = sorted(of_source - after), sorted(after - of_source)
    parts = [f"{', '.join(lost)} hold for the pod and not for the copy"] if lost else []
    parts += [f"{', '.join(more)} hold for the copy and not for the pod"] if more else []
    return (
        Hazard(
            "network-policy",
            Severity.WARN,
            f"NetworkPolicies: {'; '.join(parts)} ({len(before)} before the join, {len(after)} after): "
            "connections that the pod takes may be refused by the copy, or the other way around",
            "compare the policies' podSelectors with the labels in this plan",
        ),
    )
