"""Single decisions, on the way in and out, that the walk through all states takes for granted."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kubectl_netshoot.model import Container, Owner, Pod
from kubectl_netshoot.rules import guard
from kubectl_netshoot.rules.guard import Observed
from kubectl_netshoot.rules.next_step import HOPELESS, PROMPT, next_step
from kubectl_netshoot.rules.steps import (
    Abandon,
    Attach,
    CountConnections,
    Create,
    Delete,
    Done,
    Goal,
    Intent,
    Join,
    Leave,
    LookEverywhere,
    MarkCopy,
    Stop,
    Wait,
    Written,
)
from tests.unit.builders import (
    COPY_UID,
    NOW,
    bare_copy,
    copy,
    debug_container,
    drained,
    endpoints,
    intent,
    joined_copy,
    mark,
    pod,
)

LATE = NOW + timedelta(hours=1)
READY = intent(Goal.READY, mark=mark(services=(), labels={}))
SERVING = intent(Goal.SERVING, mark=mark())
UNREADY: dict[str, Any] = {
    "ready": False,
    "containers_ready": False,
    "containers": (Container("app"), debug_container(ready=False)),
}
OWNED = (Owner("ReplicaSet", "web", True),)


def test_nothing_there_yet() -> None:
    assert next_step(Observed(None), replace(SERVING, uid=""), NOW) == Create()


def test_a_copy_that_was_seen_once_is_never_made_again() -> None:
    assert isinstance(next_step(Observed(None), SERVING, NOW), Abandon)


def test_the_marks_come_before_the_labels() -> None:
    assert next_step(Observed(bare_copy()), SERVING, NOW) == MarkCopy(COPY_UID)
    assert next_step(Observed(copy(active_deadline=None)), SERVING, NOW) == MarkCopy(COPY_UID)
    assert next_step(Observed(copy(annotations={})), SERVING, NOW) == MarkCopy(COPY_UID)
    for uid in ("", COPY_UID):
        join = next_step(Observed(copy()), replace(SERVING, uid=uid), NOW)
        assert join == Join(COPY_UID, (("app", "web"),))


def test_only_missing_labels_are_added() -> None:
    both = mark(labels={"app": "web", "tier": "front"})
    half = copy(both, {"app": "web"})
    assert next_step(Observed(half), replace(SERVING, mark=both), NOW) == Join(COPY_UID, (("tier", "front"),))


def test_the_shell_comes_once_every_service_has_the_copy_as_ready() -> None:
    both = mark(services=("web", "api"))
    seen = Observed(
        joined_copy(both), (endpoints(ready=[COPY_UID]), endpoints("api", ready=[], unready=[COPY_UID]))
    )
    wanted = replace(SERVING, mark=both)
    assert isinstance(next_step(seen, wanted, NOW), Wait)
    assert isinstance(next_step(seen, wanted, LATE), Abandon)
    serving = replace(seen, endpoints=(seen.endpoints[0], endpoints("api", ready=[COPY_UID])))
    assert next_step(serving, wanted, NOW) == Attach()


def test_a_plain_copy_needs_only_the_debug_container() -> None:
    unready = copy(
        mark(services=(), labels={}), ready=False, containers=(Container("app"), debug_container())
    )
    assert next_step(Observed(unready), READY, NOW) == Attach()
    without = replace(unready, containers=(Container("app", ready=True), debug_container(ready=False)))
    assert isinstance(next_step(Observed(without), READY, NOW), Wait)


def test_a_joining_copy_is_waited_for_and_then_given_up() -> None:
    assert isinstance(next_step(Observed(copy(**UNREADY)), SERVING, NOW), Wait)
    assert isinstance(next_step(Observed(copy(**UNREADY)), SERVING, LATE), Abandon)


@pytest.mark.parametrize("reason", sorted(HOPELESS))
def test_what_no_waiting_mends_is_given_up_at_once(reason: str) -> None:
    waiting = debug_container(ready=False, waiting=reason)
    stuck = copy(**{**UNREADY, "containers": (Container("app", ready=True), waiting)})
    assert isinstance(next_step(Observed(stuck), SERVING, NOW), Abandon)


def test_ready_containers_are_enough_where_a_readiness_gate_was_accepted() -> None:
    gated = copy(ready=False, readiness_gates=("example.com/lb",))
    assert isinstance(next_step(Observed(gated), SERVING, NOW), Wait)
    accepted = replace(SERVING, allow=frozenset({"readiness-gate"}))
    assert isinstance(next_step(Observed(gated), accepted, NOW), Join)
    joined = replace(gated, labels=joined_copy().labels)
    assert next_step(Observed(joined), accepted, NOW) == Attach()
    for waiting in (replace(joined, ready=True), copy(ready=False), replace(gated, containers_ready=False)):
        assert isinstance(next_step(Observed(waiting), accepted, NOW), Wait)


def test_a_copy_that_somebody_made_an_orphan_is_marked_again() -> None:
    assert next_step(Observed(copy(owns_itself=False)), SERVING, NOW) == MarkCopy(COPY_UID)


WAYS_OUT = {
    "adopted": joined_copy(owners=OWNED),
    "deleted": joined_copy(terminating=True),
    "failed": joined_copy(phase="Failed"),
    "replaced": joined_copy(uid="uid-new"),
    "of another session": joined_copy(
        mark(session="0123456789abcdef"), containers=(debug_container("0123456789abcdef"),)
    ),
    "a production pod": pod(uid=COPY_UID),
}


@pytest.mark.parametrize("thing", WAYS_OUT.values(), ids=WAYS_OUT)
def test_going_in_ends_where_the_copy_is_not_as_it_should_be(thing: Pod) -> None:
    seen = Observed(thing, (endpoints(ready=[COPY_UID, "a"]),))
    assert isinstance(next_step(seen, SERVING, NOW), Abandon)


@pytest.mark.parametrize(
    ("ended", "how"),
    [
        ({"reason": "Evicted", "message": "low on memory"}, "Evicted (low on memory)"),
        ({}, "Failed"),
    ],
)
def test_how_the_copy_ended_is_said(ended: dict[str, Any], how: str) -> None:
    thing = copy(phase="Failed", **ended)
    assert next_step(Observed(thing), SERVING, NOW) == Abandon(f"the copy has ended: {how}")


def test_going_in_without_a_plan_is_no_going_in() -> None:
    assert isinstance(next_step(Observed(None), replace(SERVING, mark=None, uid=""), NOW), Abandon)


def test_the_way_out_in_order() -> None:
    serving = drained(joined_copy(), endpoints=(endpoints(ready=[COPY_UID, "a", "b"]),), held_by=None)
    assert next_step(serving, intent(), NOW) == Leave(COPY_UID, (("app", "web"),))
    assert next_step(drained(held_by=None), intent(), NOW) == LookEverywhere()
    assert isinstance(next_step(drained(held_by=("web",)), intent(), NOW), Wait)
    assert next_step(drained(out_since=NOW, counted_at=None), intent(), NOW) == Wait(
        "settle time", NOW + mark().settle / 2
    )
    half = NOW - mark().settle / 2
    assert next_step(drained(out_since=half, counted_at=None), intent(), NOW) == CountConnections()
    assert next_step(drained(out_since=half), intent(), NOW) == Wait("settle time", NOW + mark().settle / 2)
    assert next_step(drained(counted_at=None), intent(), NOW) == CountConnections()
    assert isinstance(
        next_step(drained(out_since=NOW - timedelta(seconds=9), connections=2), intent(), NOW), Wait
    )
    assert next_step(drained(), intent(), NOW) == Delete(COPY_UID)
    assert next_step(Observed(None), intent(), NOW) == Done(exists=False)


def test_before_the_settle_time_is_over_it_counts_at_its_half_and_at_its_end() -> None:
    settle = mark().settle
    at_half = drained(out_since=NOW - settle / 2, counted_at=NOW - timedelta(seconds=0.4))
    assert next_step(at_half, intent(), NOW) == CountConnections()
    at_end = drained(out_since=NOW - settle, connections=2, counted_at=NOW - timedelta(seconds=0.4))
    assert next_step(at_end, intent(), NOW) == CountConnections()


def test_a_count_stops_the_way_out_only_after_it_failed_for_all_of_the_drain_time() -> None:
    late = intent(until=NOW)
    for going_on in (
        drained(counted_at=None, connections=None),
        drained(out_since=NOW - mark().settle, connections=None),
        drained(connections=1, came_at=NOW),
    ):
        assert isinstance(next_step(going_on, late, NOW), (CountConnections, Wait))


def test_the_end_of_the_pod_is_waited_for_as_long_as_was_asked() -> None:
    ending, reason = drained(copy(terminating=True), ending_since=NOW), "the cluster is deleting the copy"
    assert next_step(ending, intent(), NOW) == Wait(reason, NOW + PROMPT)
    assert next_step(ending, intent(to_the_end=True), NOW) == Wait(reason, intent().until)
    soon = NOW + PROMPT / 2
    assert next_step(ending, intent(until=soon), NOW) == Wait(reason, soon)


def test_only_a_label_that_was_tried_to_be_taken_off_may_stay() -> None:
    harmless, leave = drained(joined_copy(), services=()), Leave(COPY_UID, (("app", "web"),))
    assert next_step(harmless, intent(), NOW) == leave
    assert next_step(harmless, intent(), NOW, Written(Join(COPY_UID, ()), NOW)) == leave
    assert next_step(harmless, intent(), NOW, Written(leave, NOW)) == Delete(COPY_UID)
    assert isinstance(next_step(harmless, intent(Goal.OUT), NOW, Written(leave, NOW)), Wait)


def test_who_has_not_seen_the_copy_before_takes_the_one_that_is_there() -> None:
    assert next_step(drained(), intent(uid=""), NOW) == Delete(COPY_UID)
    assert next_step(drained(), intent(uid="another"), NOW) == Done(exists=False)


def test_what_is_not_marked_yet_is_looked_at_again_when_it_should_be() -> None:
    step = next_step(Observed(bare_copy(), age=timedelta()), intent(), NOW)
    assert isinstance(step, Wait)
    assert step.until == NOW + guard.UNMARKED


def test_leaving_alone_ends_before_the_deletion() -> None:
    assert next_step(drained(), intent(Goal.OUT), NOW) == Done(exists=True)


def test_connections_are_counted_again_every_second() -> None:
    open_ = drained(
        out_since=NOW - timedelta(seconds=9), connections=2, counted_at=NOW - timedelta(seconds=1)
    )
    assert next_step(open_, intent(), NOW) == CountConnections()
    just_now = replace(open_, counted_at=NOW - timedelta(seconds=0.4))
    assert next_step(just_now, intent(), NOW) == Wait("2 connections", NOW + timedelta(seconds=0.6))


WAITING = Container("app", waiting="ErrImagePull", waiting_message="no such host")
NOT_READY: list[tuple[Pod, str]] = [
    (copy(**UNREADY), "container app is not ready"),
    (copy(**{**UNREADY, "phase": "Pending", "node": ""}), "the pod is Pending, no node yet"),
    (copy(**{**UNREADY, "phase": "Pending"}), "the pod is Pending"),
    (copy(**{**UNREADY, "phase": ""}), "the pod is unknown"),
    (copy(**{**UNREADY, "phase": "Pending", "readiness_gates": ("a.b/c",)}), "the pod is Pending"),
    (
        copy(**{**UNREADY, "containers": (debug_container(), WAITING)}),
        "container app is waiting, ErrImagePull: no such host",
    ),
    (
        copy(**{**UNREADY, "containers": (Container("app", exit_code=0), debug_container())}),
        "container app ended with status 0",
    ),
    (
        copy(ready=False, readiness_gates=("example.com/lb",)),
        "readiness gate example.com/lb is not open, and nothing will open it for a copy",
    ),
    (copy(ready=False, phase="Running"), "the pod is Running"),
]


@pytest.mark.parametrize(("unready", "reason"), NOT_READY, ids=[reason for _, reason in NOT_READY])
def test_who_waits_is_told_for_what(unready: Pod, reason: str) -> None:
    assert next_step(Observed(unready), SERVING, NOW) == Wait(reason, SERVING.until)


NEVER_MADE, NOT_SERVING = replace(SERVING, uid=""), Observed(joined_copy(), (endpoints(ready=["a"]),))
HELD = drained(held_by=("web",))
UNCOUNTABLE = drained(out_since=NOW - mark().settle - mark().drain, connections=None)
# Each at the very instant at which its patience, settle or drain time is over.
OVER: dict[str, tuple[Observed, Intent, Any]] = {
    "the making": (Observed(None), NEVER_MADE, Abandon),
    "the copy's start": (Observed(copy(**UNREADY)), SERVING, Abandon),
    "the join": (NOT_SERVING, SERVING, Abandon),
    "the leave": (HELD, intent(), Stop),
    "the count": (UNCOUNTABLE, intent(), Stop),
    "the deletion": (drained(copy(terminating=True), ending_since=NOW - PROMPT), intent(), Done),
}


@pytest.mark.parametrize(("seen", "wanted", "end"), OVER.values(), ids=OVER)
def test_what_is_over_is_over_at_that_instant(seen: Observed, wanted: Intent, end: Any) -> None:
    assert isinstance(next_step(seen, replace(wanted, until=NOW), NOW), end)


def test_the_patience_does_not_shorten_settling_and_draining() -> None:
    impatient = intent(until=NOW - timedelta(hours=1))
    assert isinstance(next_step(drained(out_since=NOW), impatient, NOW), Wait)
    open_ = drained(out_since=NOW - timedelta(seconds=9), connections=2)
    assert isinstance(next_step(open_, impatient, NOW), Wait)


NO_END = {
    "held": drained(held_by=("web",)),
    "the only endpoint": drained(joined_copy(), endpoints=(endpoints(ready=[COPY_UID]),)),
    "others not ready": drained(endpoints=(endpoints(ready=[], unready=["a"]),)),
    "owned": drained(copy(owners=OWNED)),
    "terminating": drained(copy(terminating=True)),
}


@pytest.mark.parametrize("seen", NO_END.values(), ids=NO_END)
def test_what_does_not_end_is_left_as_it_is_and_said(seen: Observed) -> None:
    assert isinstance(next_step(seen, intent(), NOW), Wait)
    assert isinstance(next_step(seen, intent(), LATE), Stop)


NOT_OURS = {
    "a production pod": pod(uid=COPY_UID),
    "made of a copy's containers": bare_copy(name="shop-x2x4z"),
}


@pytest.mark.parametrize("thing", NOT_OURS.values(), ids=NOT_OURS)
def test_a_cleanup_of_what_is_not_ours_stops(thing: Pod) -> None:
    everything = frozenset({"sole-endpoint", "fewer-endpoints", "undrained"})
    assert isinstance(next_step(drained(thing), intent(allow=everything), NOW), Stop)


def test_another_pod_of_the_name_means_that_ours_is_gone() -> None:
    assert next_step(drained(copy(uid="uid-new")), intent(), NOW) == Done(exists=False)
    assert next_step(drained(pod()), Intent(Goal.GONE, LATE, mark()), NOW) == Done(exists=False)


def test_a_count_that_fails_has_the_whole_patience_of_teardown() -> None:
    over = NOW + mark().settle + mark().drain + timedelta(seconds=1)
    failing = drained(out_since=NOW, counted_at=over, connections=None, count_error="no kubelet")
    assert isinstance(next_step(failing, intent(until=LATE), over), Wait)
    assert next_step(failing, intent(until=LATE), over + timedelta(seconds=1)) == CountConnections()
    step = next_step(failing, intent(until=over), over)
    assert isinstance(step, Stop)
    assert step.verdict.finding == "undrained"


def test_a_join_needs_the_time_to_leave_again() -> None:
    needed = mark().settle + mark().drain
    assert next_step(Observed(copy(), left=timedelta(hours=1)), SERVING, NOW) == Join(
        COPY_UID, (("app", "web"),)
    )
    for left in (timedelta(seconds=1), needed, needed + timedelta(seconds=2)):
        assert isinstance(next_step(Observed(copy(), left=left), SERVING, NOW), Abandon)
        assert not guard.may_join(Observed(copy(), left=left)).allowed


def test_a_plain_copy_needs_no_time_to_leave_services() -> None:
    plain = copy(mark(services=(), labels={}))
    assert next_step(Observed(plain, left=timedelta(seconds=5)), READY, NOW) == Attach()
    assert isinstance(next_step(Observed(plain, left=timedelta(seconds=2)), READY, NOW), Abandon)


def test_a_copy_that_may_be_marked_any_moment_is_waited_for() -> None:
    young = Observed(bare_copy(), held_by=(), age=timedelta(seconds=1))
    assert isinstance(next_step(young, intent(owner="bob@laptop"), NOW), Wait)
    assert next_step(young, intent(owner="ann@desk"), NOW) == Delete(COPY_UID)
    assert next_step(young, intent(mark=mark()), NOW) == Delete(COPY_UID)
