"""The way in: from nothing to a copy that is marked, ready and, where wanted, an endpoint of its Services."""

from collections.abc import Sequence
from datetime import datetime

from kubectl_netshoot import guard
from kubectl_netshoot.guard import Observed
from kubectl_netshoot.marks import Mark, read_mark
from kubectl_netshoot.model import Container, Pod

from .steps import Abandon, Attach, Create, Goal, Intent, Join, MarkCopy, Step, Wait

# What no waiting mends. ErrImagePull and CrashLoopBackOff are not here: both may pass.
HOPELESS = frozenset({"InvalidImageName", "ErrImageNeverPull", "ImagePullBackOff"})


def going_in(seen: Observed, intent: Intent, now: datetime) -> Step:
    """The next step towards a copy that is READY, or SERVING."""
    copy, mark = seen.copy, intent.mark
    if mark is None:
        return Abandon("there is no plan for this copy")
    if copy is None:
        if intent.uid:
            return Abandon("the copy was deleted by somebody else")
        return Create() if now < intent.until else Abandon("the copy never came to be")
    lost = _lost(copy, mark, intent)
    if lost is not None:
        return lost
    if read_mark(copy) is None or copy.active_deadline is None or not copy.owns_itself:
        return MarkCopy(copy.uid)
    if seen.left is not None and seen.left <= mark.teardown:
        return Abandon(guard.too_late(seen.left, mark))
    # A plain copy is often made because the application is ill: the debug container is all it needs.
    vital = [c for c in copy.containers if c.name == copy.tools or intent.goal is Goal.SERVING]
    ready = is_ready(copy, intent.allow) if intent.goal is Goal.SERVING else all(c.ready for c in vital)
    if not ready:
        return _not_ready(copy, vital, intent, now)
    if intent.goal is Goal.READY:
        return Attach()
    return _joining(seen, copy, mark, intent, now)


def _lost(copy: Pod, mark: Mark, intent: Intent) -> Abandon | None:
    """Why this pod cannot (any more) become what was wanted."""
    if not guard.is_ours(copy, mark.session) or (intent.uid and copy.uid != intent.uid):
        return Abandon(f"pod {copy.name} is not the copy of this session")
    if copy.terminating:
        return Abandon("the copy is being deleted by somebody else")
    if copy.finished:
        return Abandon(
            f"the copy has ended: {copy.reason or copy.phase}{f' ({copy.message})' if copy.message else ''}"
        )
    if copy.owners:
        return Abandon(f"{copy.owners[0]} has adopted the copy", "adoption")
    return None


def _joining(seen: Observed, copy: Pod, mark: Mark, intent: Intent, now: datetime) -> Step:
    missing = tuple(
        (key, value) for key, value in sorted(mark.labels.items()) if copy.labels.get(key) != value
    )
    if missing:
        verdict = guard.may_join(seen)
        return Join(copy.uid, missing) if verdict.allowed else Abandon(verdict.reason, verdict.finding)
    if "readiness-gate" in intent.allow and copy.readiness_gates and not copy.ready:
        return Attach()
    serving = {service.service for service in seen.endpoints if service.serves(copy.uid)}
    absent = [name for name in mark.services if name not in serving]
    if not absent:
        return Attach()
    reason = f"the endpoints of {', '.join(absent)} do not hold the copy as ready"
    return Wait(reason, intent.until) if now < intent.until else Abandon(reason)


def _not_ready(copy: Pod, vital: Sequence[Container], intent: Intent, now: datetime) -> Step:
    reason = why_not_ready(copy, vital)
    hopeless = any(container.waiting in HOPELESS for container in vital)
    if hopeless or now >= intent.until:
        return Abandon(f"the copy did not become ready: {reason}")
    return Wait(reason, intent.until)


def is_ready(copy: Pod, allow: frozenset[str]) -> bool:
    """Whether the copy can serve. With a readiness gate that nobody will open, ready containers are all there is."""
    return copy.ready or ("readiness-gate" in allow and bool(copy.readiness_gates) and copy.containers_ready)


def why_not_ready(copy: Pod, vital: Sequence[Container]) -> str:
    """One line for the person who waits: the first of these containers that is not ready, and why."""
    for container in vital:
        if container.ready:
            continue
        if container.waiting:
            detail = f": {container.waiting_message}" if container.waiting_message else ""
            return f"container {container.name} is waiting, {container.waiting}{detail}"
        if container.exit_code is not None:
            return f"container {container.name} ended with status {container.exit_code}"
        if copy.phase == "Running":
            return f"container {container.name} is not ready"
    if copy.readiness_gates and copy.containers_ready:
        return f"readiness gate {copy.readiness_gates[0]} is not open, and nothing will open it for a copy"
    return f"the pod is {copy.phase or 'unknown'}{', no node yet' if not copy.node else ''}"
