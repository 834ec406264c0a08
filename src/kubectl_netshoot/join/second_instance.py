"""A second instance of the application: what runs once by intention, and what it does for others by itself.

A copy starts all of it, whether it is joined or not.
"""

import re
from collections.abc import Iterator, Sequence

from kubectl_netshoot.join import signs
from kubectl_netshoot.join.hazard import Hazard, Severity, Surroundings
from kubectl_netshoot.model import Lease, Pod, Workload

SINGLE = ("StatefulSet", "Job")


def second_instance(source: Pod, around: Surroundings) -> tuple[Hazard, ...]:
    """A warning for each thing that two instances may not share; what is not known here is not said."""
    return tuple(
        Hazard("second-instance", Severity.WARN, what, instead)
        for what, instead in (
            *_work(source),
            *_alone(source, around),
            *_election(source, around.leases),
            *_registration(source),
        )
    )


def _work(source: Pod) -> Iterator[tuple[str, str]]:
    owner = next((o for o in source.owners if o.kind in SINGLE), None)
    reasons = [f"its init containers ({', '.join(source.init_containers)})"] if source.init_containers else []
    reasons += [f"the work of {owner}"] if owner else []
    reasons += [f"its background work ({', '.join(found)})"] if (found := signs.workers(source)) else []
    if reasons:
        yield (
            f"the copy runs the application again, with {' and '.join(reasons)}: migrations, consumers and timers too",
            "be sure that the application bears a second instance",
        )


def _alone(source: Pod, around: Surroundings) -> Iterator[tuple[str, str]]:
    """One replica, or Recreate: whoever wrote that may have meant that there are never two.

    One that an autoscaler has chosen was not meant so.
    """
    single = next(_workloads(source, around), None)
    if single is None:
        return
    scaled = any((a.target.kind, a.target.name) == single.key for a in around.autoscalers)
    said = ["one replica"] if single.replicas == 1 and not scaled else []
    said += ["strategy Recreate"] if single.recreate else []
    if said:
        yield (
            f"{single.owner} has {' and '.join(said)}, and the copy runs beside "
            + ("its pod: it may be meant to run once" if single.replicas == 1 else "all of its pods"),
            "be sure that the application bears a second instance",
        )


def _workloads(source: Pod, around: Surroundings) -> Iterator[Workload]:
    if around.workload:
        yield around.workload
    for owner in source.owners:
        for c in around.controllers:
            named = (c.kind, c.name) == (owner.kind, owner.name)
            if named and c.replicas is not None and owner.controller and owner.kind not in SINGLE:
                yield Workload(owner, c.replicas)


def _election(source: Pod, leases: Sequence[Lease]) -> Iterator[tuple[str, str]]:
    held = [lease for lease in leases if _holds(source, lease.holder)]
    sign = signs.election(source)
    if not held and not sign:
        return
    said = [f"lease {lease.name} is held by {lease.holder}" for lease in held[:1]] or [sign]
    yield (
        f"the application elects a leader ({said[0]}): the copy is a candidate, and does the leader's work if it wins",
        "look who holds the lease before the session, and after it",
    )


def _holds(source: Pod, holder: str) -> bool:
    """Whether it is held by this pod or another one of its controller.

    client-go's usual identity is the host's name, which is the pod's, and behind a _ something random.
    """
    names = [re.escape(source.name)]
    names += [f"{re.escape(o.name)}-(?:[a-z0-9]{{5}}|[0-9]+)" for o in source.owners if o.controller]
    return bool(re.search(f"(?<![a-z0-9.-])(?:{'|'.join(names)})(?![a-z0-9.-])", holder))


def _registration(source: Pod) -> Iterator[tuple[str, str]]:
    found = signs.registries(source)
    if not found:
        return
    which = " and ".join(f"{name} ({sign})" for name, sign in found)
    what = (
        f"the application seems to register itself in {which}: clients that ask there are sent to the copy, "
        "joined or not, and leaving the Service does not stop them"
    )
    yield (
        what,
        "see in the registry that the copy is not listed, or take it out there before the session ends",
    )
