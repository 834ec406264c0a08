"""The safety guard: from what was observed to allow, wait or refuse, with the reason. What is not known is a no.

Pure predicates; each public function answers one question that stands before one change. They are asked on what
was read from the API server just now, never on what a watch said earlier.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

from kubectl_netshoot.model import MANAGED_BY, MANAGED_BY_LABEL, Pod, Selector, Service, ServiceEndpoints
from kubectl_netshoot.rules.listing import number
from kubectl_netshoot.rules.marks import RUN, Mark, is_ours, mark_of, read_mark

# A request takes at most half of that.
UNMARKED = timedelta(seconds=30)
LEAST_QUIET = timedelta(seconds=1)
LONGEST_QUIET = timedelta(seconds=5)
# So much of the settle time nobody skips: whoever has not heard of the leave would be sent to a pod that is gone.
HURRIED_SETTLE = timedelta(seconds=5)


class Say(Enum):
    """WAIT may become ALLOW by itself, REFUSE will not."""

    ALLOW = "allow"
    WAIT = "wait"
    REFUSE = "refuse"


@dataclass(frozen=True)
class GuardVerdict:
    """`finding` is the id that `--allow` takes where the refusal can be lifted, else empty. `over` is for people: when
    this wait ends by itself, where it does.
    """

    say: Say
    reason: str = ""
    finding: str = ""
    over: datetime | None = field(default=None, compare=False)

    @property
    def allowed(self) -> bool:
        return self.say is Say.ALLOW


ALLOW = GuardVerdict(Say.ALLOW)
NOT_OURS = "the pod is not one of ours"


@dataclass(frozen=True)
class Observed:
    """One look at the cluster.

    `copy` is None when the API server says there is no such pod. `endpoints` are those of the mark's Services that
    exist; `gone_services` those that do not. `held_by` names every Service of the namespace, asked for or not, that
    has the copy in a slice; None: nobody looked at all slices. `services` are all of the namespace; None: not known.
    `adopter` is the selector of the controller that owns the copy, where known; `left` the time until the cluster ends
    the copy and `age` since it was made, by the server's clock. `out_since`: since when this process
    has seen the copy in none. `connections`: how many of the Services' clients are in the middle of something; None:
    unknown. `counted_at`: when the last count was asked for. `quiet_since`: the answer to the first of the counts
    between which nobody came; None: they were not compared. `came_at`: the answer to the last of those that found
    somebody new on the Services' ports. `proxies_by`: when proxies that lost
    the API server as we did should have it back. `session` is that of a
    process that made the copy itself. `ending_since`, `ready_since`: since when this process has seen it being deleted,
    and all of its containers ready without a break.
    """

    copy: Pod | None
    endpoints: tuple[ServiceEndpoints, ...] = ()
    gone_services: frozenset[str] = frozenset()
    held_by: tuple[str, ...] | None = None
    services: tuple[Service, ...] | None = None
    adopter: Selector | None = None
    left: timedelta | None = None
    age: timedelta | None = None
    out_since: datetime | None = None
    connections: int | None = None
    counted_at: datetime | None = None
    count_error: str = ""
    quiet_since: datetime | None = None
    came_at: datetime | None = None
    proxies_by: datetime | None = None
    session: str = ""
    ending_since: datetime | None = None
    ready_since: datetime | None = None


def worded_count(connections: int) -> str:
    """How many clients there still are, for people."""
    return number(connections, "connection")


def ready_endpoints(count: int) -> str:
    """How many endpoints take new connections, for people."""
    return number(count, "ready endpoint")


def known_ports(mark: Mark, now: Iterable[ServiceEndpoints]) -> tuple[frozenset[int], frozenset[str]]:
    """The ports on which the copy may have clients, TCP's and others: as they were at the join, and as they are now."""
    services = tuple(now)
    tcp = frozenset(mark.ports).union(*(service.ports for service in services))
    return tcp, frozenset(mark.uncounted).union(*(service.uncounted for service in services))


def wait(reason: str, finding: str = "", over: datetime | None = None) -> GuardVerdict:
    """Not yet; at the latest when it is `over`, where that is known."""
    return GuardVerdict(Say.WAIT, reason, finding, over)


def refuse(reason: str, finding: str = "") -> GuardVerdict:
    """No."""
    return GuardVerdict(Say.REFUSE, reason, finding)


def selecting_labels(seen: Observed) -> tuple[tuple[str, str], ...]:
    """The labels by which anything selects the copy: Services, the controller that adopted it.

    Where that cannot be read it may be any of them. A label that nobody selects by is none of ours to touch.
    """
    copy = seen.copy
    if copy is None:
        return ()
    keys = {key for s in seen.services or () if s.selects(copy.labels) for key in s.selector}
    if seen.services is None:
        keys |= set(copy.labels if seen.held_by else mark_of(copy).labels)
    if copy.owners:
        keys |= set(copy.labels) if seen.adopter is None else seen.adopter.keys
    return _but_ours(copy, keys)


def removable_labels(seen: Observed) -> tuple[tuple[str, str], ...]:
    """What leaving takes off: the labels by which anything selects the copy, and those that the join added."""
    copy = seen.copy
    if copy is None:
        return ()
    return _but_ours(copy, {key for key, _ in selecting_labels(seen)} | set(mark_of(copy).labels))


def _but_ours(copy: Pod, keys: Collection[str]) -> tuple[tuple[str, str], ...]:
    own = (MANAGED_BY_LABEL, MANAGED_BY)
    return tuple(label for label in sorted(copy.labels.items()) if label[0] in keys and label != own)


def too_late(left: timedelta, mark: Mark) -> str:
    """Why a copy with so much time left is not worked in any more."""
    seconds, needed = max(0, int(left.total_seconds())), int(mark.teardown.total_seconds())
    return f"the cluster ends the {mark.noun} in {seconds}s (--ttl), and a safe teardown may take {needed}s"


def may_join(seen: Observed) -> GuardVerdict:
    """Before the labels of the Services are added: marked, with a deadline on the server, ready, and nobody's."""
    copy = seen.copy
    if copy is None or not is_ours(copy):
        return refuse(NOT_OURS)
    mark, noun = read_mark(copy), mark_of(copy).noun
    # A throwaway pod may be labelled for a NetworkPolicy's sake, and join nothing.
    if mark is None or not mark.labels or not (mark.services or mark.kind == RUN):
        return refuse(f"the {noun} does not carry what is needed to undo the join")
    if copy.active_deadline is None:
        return refuse(f"the {noun} has no deadline on the server")
    if copy.terminating or copy.finished:
        return refuse(f"the {noun} is ending")
    if copy.labels.get(MANAGED_BY_LABEL) != MANAGED_BY:
        # By it other copies know that this one will leave, too: each would take the other for the application's.
        return refuse(f"label {MANAGED_BY_LABEL} does not stay on the {noun} as it is written", "admission")
    if seen.left is not None and seen.left <= mark.teardown:
        return refuse(too_late(seen.left, mark))
    if copy.owners or not copy.owns_itself:
        owner = copy.owners[0] if copy.owners else "nobody, and any controller could adopt it"
        return refuse(f"the {noun} belongs to {owner}", "adoption")
    return ALLOW


def may_be_marked_yet(seen: Observed, owner: str) -> GuardVerdict:
    """Before somebody's copy that carries no marks is touched: a living session marks its own within seconds."""
    copy = seen.copy
    if copy is None or read_mark(copy) is not None or copy.owns_itself or (owner and _made_by(copy) == owner):
        return ALLOW
    if seen.age is None or seen.age >= UNMARKED:
        return ALLOW
    return wait(f"the {mark_of(copy).noun} is not marked yet: its session may be about to do that")


def _made_by(copy: Pod) -> str:
    return copy.birth.owner if copy.birth else ""


def may_leave(seen: Observed, allow: Collection[str] = ()) -> GuardVerdict:
    """Before the labels are taken off: is anybody else there to take the copy's share of new connections?

    A copy that a controller has adopted, or that serves nothing itself, leaves at once whatever the others do.
    """
    copy = seen.copy
    if copy is None or not is_ours(copy, seen.session):
        return refuse(NOT_OURS)
    if copy.owners or copy.finished or copy.terminating or "sole-endpoint" in allow:
        return ALLOW
    for service in seen.endpoints:
        if service.serves(copy.uid) and not service.ready_others(copy.uid):
            reason = f"the {mark_of(copy).noun} is the only ready endpoint of service {service.service}"
            return wait(reason, "sole-endpoint")
    return ALLOW


def is_out(seen: Observed) -> GuardVerdict:
    """Selected by nothing: absent from every EndpointSlice of the namespace, and released by its adopter."""
    copy = seen.copy
    if copy is None:
        return ALLOW
    labels, noun = selecting_labels(seen), mark_of(copy).noun
    if labels:
        return wait(f"the {noun} still has the labels {', '.join(key for key, _ in labels)}")
    if seen.held_by is None:
        return wait("the EndpointSlices could not be read")
    if seen.held_by:
        return wait(f"the endpoints of {', '.join(seen.held_by)} still hold the {noun}")
    if copy.owners:
        return wait(f"{copy.owners[0]} has not released the {noun} yet")
    return ALLOW


def is_drained(seen: Observed, mark: Mark, now: datetime) -> GuardVerdict:
    """Out of the slices: settle time passed, and no client is connected any more or `drain` is over.

    The settle time is for kube-proxy and load balancers, which hear of the slice later than we do. Connections
    that were open stay open after the labels are off, so they are counted, not assumed away. Also on a
    plain copy that somebody else put behind a Service.

    A proxy may hear later than that by far. While new clients come to the Services' ports the copy lives on, if need be
    until the cluster ends it; `drain` is for those who came last. Connections that may be somebody else's, to another
    port, are waited for no longer than open ones are.
    """
    if seen.copy is None or seen.copy.finished or not mark.joined:
        return ALLOW
    if seen.out_since is None:
        return wait(f"the {mark.noun} has not been seen out of service yet")
    settled = settled_at(seen, mark, now)
    if now < settled:
        unknown = f": clients on {', '.join(mark.uncounted)} cannot be counted" if mark.uncounted else ""
        return wait(f"settle time{unknown}", over=settled)
    if seen.counted_at is None or seen.counted_at < settled:
        return wait("connections not counted yet")
    end = max(settled, seen.came_at or settled) + mark.drain
    over = now >= end
    if seen.connections is None:
        reason = (
            f"the {mark.noun}'s open connections cannot be counted: {seen.count_error or 'unknown reason'}"
        )
        return wait(reason, "undrained")
    if _is_too_short(seen.came_at, seen.counted_at, mark):
        return wait("clients still come: not every proxy has heard of the leave")
    if seen.connections and not over:
        return wait(worded_count(seen.connections), over=end)
    if _is_too_short(seen.quiet_since, seen.counted_at, mark) and not over:
        return wait("whether anybody still comes is watched", over=end)
    return ALLOW


def are_others_healthy(seen: Observed, mark: Mark, allow: Collection[str] = ()) -> GuardVerdict:
    """Whether each Service is left with at least as many ready endpoints as before, or with fewer and all ready.

    Fewer and all of them ready is what a scale-down or the end of a rollout during the session looks like.
    """
    if "fewer-endpoints" in allow or not mark.joined or (seen.copy and seen.copy.finished):
        return ALLOW
    uid = seen.copy.uid if seen.copy else ""
    known = {service.service: service for service in seen.endpoints}
    for name in mark.services:
        if name in seen.gone_services:
            continue
        if name not in known:
            return wait(f"the endpoints of {name} could not be read", "fewer-endpoints")
        service, before = known[name], mark.ready_before.get(name, 1)
        ready, unready = service.ready_others(uid), service.unready_others(uid)
        if ready >= before or (ready and not unready):
            continue
        return wait(f"service {name} has {ready} ready endpoints, it had {before} before", "fewer-endpoints")
    return ALLOW


def settled_at(seen: Observed, mark: Mark, now: datetime) -> datetime:
    """When whoever sends clients should have heard that the copy has left."""
    settled = (seen.out_since or now) + mark.settle
    return max(settled, seen.proxies_by) if seen.proxies_by else settled


def may_hurry(seen: Observed, mark: Mark, now: datetime) -> bool:
    """Whether a person who does not want to wait for the clients need not: out of service, and the rest has heard."""
    if not mark.joined:
        return True
    return seen.out_since is not None and now >= settled_at(seen, hurried(mark), now)


def hurried(mark: Mark) -> Mark:
    """The mark with what a person in a hurry leaves of its settle time."""
    return replace(mark, settle=min(mark.settle, HURRIED_SETTLE))


def quiet_time(mark: Mark) -> timedelta:
    """How long nobody may have come: the second half of the settle time, of which the first is for proxies to hear.

    Of a short settle time it is a whole second, where there is one: clients that share one proxy pause that long.
    """
    return min(max(mark.settle / 2, LEAST_QUIET), mark.settle, LONGEST_QUIET)


def _is_too_short(since: datetime | None, until: datetime, mark: Mark) -> bool:
    """Whether a quiet since a count was answered, until another was asked for, is not long enough."""
    return since is not None and max(until - since, timedelta()) < quiet_time(mark)


def may_delete(seen: Observed, now: datetime, allow: Collection[str] = ()) -> GuardVerdict:
    """Before the copy is deleted: ours, out of every slice, nobody's, drained, and the others are well."""
    copy = seen.copy
    if copy is None or not is_ours(copy, seen.session):
        return refuse(NOT_OURS)
    verdict = is_out(seen)
    if not verdict.allowed:
        return verdict
    mark = mark_of(copy)
    if "undrained" not in allow:
        verdict = is_drained(seen, mark, now)
        if not verdict.allowed:
            return verdict
    return are_others_healthy(seen, mark, allow)
