"""What must hold after every session, whatever happened to it; judged by what the API server and the clients saw."""

import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fakecluster.nodes import REGION, ZONE
from tests.system.chaos.evidence import Ending, Evidence
from tests.system.chaos.excuses import is_drain_over, is_excused, was_settled
from tests.system.chaos.life import Life, is_deletion, lives, lives_of
from tests.system.chaos.load import ClosedBy, Connection, Request
from tests.system.chaos.scene import COPY, LABELS
from tests.system.chaos.trouble import Hurts
from tests.system.e2e.api import is_ready, labels_of, owners_of

# The kubelet ends the containers with the pod's grace period (5 seconds here) before it says that the pod is not ready;
# it counts in whole seconds, and the EndpointSlice controller takes a moment.
LATE = timedelta(seconds=9)
# The server has closed its side when it has answered for the last time; a client on busy cores reads that later, and
# writes down the end when it has read. One that was really cut off is found by (b) too.
WRITTEN_LATE = timedelta(seconds=1)
# A session makes five (mark, join, leave, delete, one more for a lost race); a second beside it and cleanup do so too.
AT_ONCE, MOST_AT_ONCE = timedelta(seconds=1), 15
# Every two seconds, as long as waiting for the join and for the teardown may last.
MOST_WRITES = 150
EXPECTED_STATUSES = frozenset({0, 1, 4, 124, 129, 130, 143, 137, 141})
LEFT = re.compile(r"was left as it is|kubectl netshoot cleanup")
DELETING = re.compile(r"the cluster is deleting (copy|pod) ")


@dataclass(frozen=True)
class Broken:
    """One invariant that did not hold, by the letter that docs/reliability.md gives it, and how."""

    invariant: str
    how: str


def judge(seen: Evidence) -> list[Broken]:
    """All that did not hold."""
    return [Broken(letter, how) for letter, check in INVARIANTS.items() for how in check(seen)]


def others_untouched(seen: Evidence) -> Iterator[str]:
    """(a) Every pod that is not ours: never written by us, same labels and owners, not lost because of us."""
    for changes in seen.others().values():
        name = changes[0].object["metadata"]["name"]
        writes = [change.type for change in changes if change.user == seen.user]
        if writes:
            yield f"pod {name} was changed by the session: {', '.join(writes)}"
        identities = {str((_labels(c.object), owners_of(c.object))) for c in changes}
        if len(identities) > 1:
            yield f"labels or owners of pod {name} changed: {' / '.join(sorted(identities))}"
        is_lost = any(is_deletion(change) for change in changes)
        if is_lost and Hurts.PODS not in seen.hurts:
            yield f"pod {name} was lost"


def _labels(pod: dict[str, Any]) -> dict[str, str]:
    """But those that come with the binding to a node, PodTopologyLabels'."""
    return {key: value for key, value in labels_of(pod).items() if key not in (REGION, ZONE)}


def no_client_cut(seen: Evidence) -> Iterator[str]:
    """(b) No request failed, and no connection was cut, because of us."""
    for request in seen.load.failures():
        if not is_excused(seen, request):
            to = f"{request.backend or 'nobody'}{_whose(seen, request)}"
            when = f"{_seconds(seen, request.started)} to {_seconds(seen, request.ended)}"
            yield f"a {request.client.value} request to {to} ended as {request.outcome.value}, {when}"


def _whose(seen: Evidence, request: Request) -> str:
    """The pod that had this address, and when it left and was deleted: for whoever looks for the cause."""
    address = request.backend.rpartition(":")[0]
    life = next((life for life in lives_of(seen, seen.by_uid()) if address in life.addresses), None)
    if life is None:
        return ""
    left, deleted = life.left(request.ended), life.deleted
    out = f", out at {_seconds(seen, left)}" if left else ""
    return f" ({life.name}{out}{f', deleted at {_seconds(seen, deleted.at)}' if deleted else ''})"


def _seconds(seen: Evidence, at: datetime) -> str:
    """Since the trouble."""
    return f"{(at - seen.struck).total_seconds():+.1f} s"


def deleted_only_when_drained(seen: Evidence) -> Iterator[str]:
    """(c) Never deleted by us in a slice, within --settle, or within --drain while a connection was open."""
    for life in lives(seen):
        ours = life.deleted_by(seen.user)
        if ours is None:
            continue
        if life.is_held(ours):
            yield f"copy {life.name} was deleted while a slice held it"
        if life.left(ours) is None or life.had_ended(ours):
            continue
        if not was_settled(seen, life, ours):
            yield f"copy {life.name} was deleted within the settle time"
        if not is_drain_over(seen, life, ours):
            yield from _cut_by(seen, life, ours)


def _cut_by(seen: Evidence, life: Life, deleted: datetime) -> Iterator[str]:
    for connection in seen.load.connections:
        if _address(connection.backend) in life.addresses and _is_open(connection, deleted):
            closed = f"closed {connection.closed - deleted} later" if connection.closed else "never closed"
            yield (
                f"copy {life.name} was deleted while connection {connection.id} ({connection.client.value}) was open: "
                f"opened {deleted - connection.opened} before, {closed} {connection.closed_by.value}".rstrip()
            )


def _is_open(connection: Connection, at: datetime) -> bool:
    if connection.closed is None:
        return connection.opened < at
    ended_well = connection.closed_by is ClosedBy.CLIENT
    return connection.opened < at <= connection.closed - (WRITTEN_LATE if ended_well else timedelta())


def out_of_service(seen: Evidence) -> Iterator[str]:
    """(d) After cleanup, or after the deadline alone, no copy is in service: none is a ready endpoint."""
    for uid, changes in seen.copies().items():
        held = list(seen.held(uid, ready=True))
        life = Life(tuple(changes), tuple(held))
        if held and held[-1][1]:
            yield f"copy {life.name} is in service at the end"
        if held and life.deadline and held[-1][0] > life.deadline + LATE and _is_up(seen):
            yield f"copy {life.name} was in service {held[-1][0] - life.deadline} after its deadline"
        if life.deadline and seen.hurts is Hurts.NOBODY and life.is_held(life.deadline):
            yield f"copy {life.name} was in service at its deadline, and its session was alive"
        if life.name == COPY and life.lasts > seen.draw.ttl:
            yield f"copy {life.name} was given {life.lasts:.0f} s, and --ttl is {seen.draw.ttl:.0f} s"
    if seen.cleaned and seen.cleaned.status not in (0, 1, 4):
        yield f"cleanup ended with {seen.cleaned.status}: {seen.cleaned.text[-300:]}"


def truth_told(seen: Evidence) -> Iterator[str]:
    """(e) Exit status and last words said what was true."""
    for ending in (*seen.endings, *([seen.cleaned] if seen.cleaned else [])):
        what = ending.words[0]
        if ending.status is None:
            yield f"{what} did not end"
        elif ending.status == -9 and seen.draw.trouble.kills and ending is seen.session:
            continue
        elif ending.status not in EXPECTED_STATUSES and ending.status != -2:
            yield f"{what} ended with status {ending.status}"
        if "Traceback" in ending.text or "this is a bug" in ending.text or ending.crash_files:
            yield f"{what} had a bug: {ending.text[-500:]}"
    yield from _claims(seen)


def _claims(seen: Evidence) -> Iterator[str]:
    ending = seen.session
    if ending.status is None or ending.status == -9:
        return
    there = [life for life in lives(seen) if life.name == COPY and life.exists(ending.at)]
    if DELETING.search(ending.text):
        # What the cluster is deleting, whoever asked for it, is the kubelet's, and was out of service before.
        there = [life for life in there if life.deleted is None or life.deleted.at > ending.at]
    said_deleted = "done: deleted " in ending.text
    if said_deleted and there:
        yield "it said that the copy was deleted, and it was not"
    if "is out of service and was kept" in ending.text:
        for life in there:
            if life.is_held(ending.at) or life.labelled_by(seen.user, LABELS, ending.at):
                yield "it said that the copy is out of service, and it was not"
    if there and not seen.draw.trouble.mutes and not LEFT.search(ending.text):
        yield f"a copy was left (status {ending.status}) and nothing said so: {ending.text[-300:]}"
    if there and ending.status == 0 and not seen.draw.keep:
        yield "status 0 though a copy was left"
    if there and ending.status == 1 and not seen.draw.keep:
        yield f"status 1 (nothing left behind) though a copy was left: {ending.text[-300:]}"


def terminal_restored(seen: Evidence) -> Iterator[str]:
    """(f) The terminal's settings are as before."""
    if not seen.session.restored_terminal and not seen.draw.trouble.kills:
        yield "the terminal was left in other modes"


def no_child_left(seen: Evidence) -> Iterator[str]:
    """(g) No child of ours is left."""
    for ending in seen.endings:
        for process in ending.left_processes:
            yield f"left running: {process}"


def joined_when_ready(seen: Evidence) -> Iterator[str]:
    """(h) A copy gets the labels of a Service from us only when it is ready and has a deadline."""
    if Hurts.COPY in seen.hurts:
        # It may strike while the join is on its way.
        return
    for life in lives(seen):
        for change in life.labelled(seen.user, LABELS):
            if not is_ready(change.object):
                yield f"copy {life.name} was joined while it was not ready"
            if "activeDeadlineSeconds" not in change.object["spec"]:
                yield f"copy {life.name} was joined without a deadline"


def writes_bounded(seen: Evidence) -> Iterator[str]:
    """(i) What is tried again is tried after a pause, and not for ever."""
    times = sorted(write.at for write in seen.writes)
    for first, last in zip(times, times[MOST_AT_ONCE:], strict=False):
        if last - first < AT_ONCE:
            yield f"more than {MOST_AT_ONCE} writes within {AT_ONCE.total_seconds():.0f} s, {len(times)} in all"
            return
    if len(times) > MOST_WRITES:
        yield f"{len(times)} writes"


def set_as_asked(seen: Evidence) -> Iterator[str]:
    """(j) A copy with something set in it is held by a slice only as its flags said, and not where it cannot come up.

    We create it ourselves: it has mark and deadline from birth.
    """
    variant = seen.draw.variant
    if variant is None:
        return
    for life in lives(seen):
        served = [change.object for change in life.while_held()]
        for how in sorted({how for pod in served for how in variant.otherwise(pod)}):
            yield f"copy {life.name} was in a slice with what nobody had asked for: {how}"
        if not variant.comes_up and (any(map(is_ready, served)) or any(life.labelled(seen.user, LABELS))):
            yield f"copy {life.name} cannot come up, and was joined"
        if not life.is_complete(life.changes[0]):
            yield f"copy {life.name} was born without mark or deadline"
    yield from _told_that_it_fails(seen)


def _told_that_it_fails(seen: Evidence) -> Iterator[str]:
    status, draw = seen.session.status, seen.draw
    if draw.variant is None or draw.variant.comes_up or not draw.join:
        return
    is_undisturbed = not seen.reached or seen.missed
    if status == 0 or (is_undisturbed and status != 1):
        yield f"status {status} though the copy cannot come up"


INVARIANTS: dict[str, Callable[[Evidence], Iterator[str]]] = {
    "a": others_untouched,
    "b": no_client_cut,
    "c": deleted_only_when_drained,
    "d": out_of_service,
    "e": truth_told,
    "f": terminal_restored,
    "g": no_child_left,
    "h": joined_when_ready,
    "i": writes_bounded,
    "j": set_as_asked,
}


def _is_up(seen: Evidence) -> bool:
    return seen.draw.trouble.id != "node-lost"


def _address(backend: str) -> str:
    return backend.rpartition(":")[0]


def exit_to_out_of_service(seen: Evidence, ending: Ending) -> timedelta:
    """How long a copy that was in service when the session ended stayed so."""
    longest = timedelta()
    for uid in seen.copies():
        held = list(seen.held(uid, ready=True))
        was_held = [is_held for at, is_held in held if at <= ending.at][-1:] == [True]
        if was_held and not held[-1][1]:
            longest = max(longest, held[-1][0] - ending.at)
    return longest


@dataclass(frozen=True)
class Orphan:
    """A copy whose session was killed with -9 between its creation and its mark; who made it, and what it had then."""

    by_kubectl: bool
    has_deadline: bool


def orphans(seen: Evidence) -> Iterator[Orphan]:
    """Those of this session: none where it was killed at another moment, or not at all."""
    killed = seen.session
    if killed.status != -signal.SIGKILL:
        return
    for life in lives(seen):
        before = [c for c in life.changes[1:] if c.user == seen.user and c.at <= killed.at]
        if life.name == COPY and not before:
            by_kubectl = seen.draw.variant is None
            yield Orphan(by_kubectl, life.is_complete(life.changes[0]))
