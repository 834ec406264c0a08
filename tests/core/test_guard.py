"""The guard as an attacker sees it: everything that is not known, not ours or not over yet must be a no."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kubectl_netshoot import guard
from kubectl_netshoot.guard import Observed, Say
from kubectl_netshoot.marks import JOINED, to_annotations
from kubectl_netshoot.model import MANAGED_BY, MANAGED_BY_LABEL, Container, Endpoint, Owner, Pod
from tests.builders import (
    COPY_UID,
    NOW,
    bare_copy,
    copy,
    debug_container,
    drained,
    endpoints,
    joined_copy,
    mark,
    pod,
)

ADOPTED = (Owner("ReplicaSet", "web", controller=True),)
IMPOSTORS = {
    "a production pod": pod(),
    "one that has only our label": pod(labels={MANAGED_BY_LABEL: MANAGED_BY}),
    "one that has only our annotations": pod(annotations=copy().annotations),
    "one with the variable in another container": pod(containers=(debug_container(name="app"),)),
    "one with an empty session": pod(containers=(debug_container(""),)),
    "one with a container of our name": pod(containers=(Container("netshoot"),)),
}
impostor = pytest.mark.parametrize("thing", IMPOSTORS.values(), ids=IMPOSTORS)


@impostor
def test_nothing_but_our_copies_is_joined_left_or_deleted(thing: Pod) -> None:
    seen = drained(thing)
    assert guard.may_join(seen).say is Say.REFUSE
    assert guard.may_leave(seen, {"sole-endpoint"}).say is Say.REFUSE
    assert guard.may_delete(seen, NOW, {"undrained", "fewer-endpoints"}).say is Say.REFUSE


def test_no_pod_is_no_copy() -> None:
    assert guard.may_join(Observed(None)).say is Say.REFUSE
    assert guard.may_leave(Observed(None)).say is Say.REFUSE
    assert guard.may_delete(Observed(None), NOW).say is Say.REFUSE


def test_a_copy_of_another_session_is_not_this_sessions() -> None:
    assert guard.is_ours(copy())
    assert not guard.is_ours(copy(), "another")


EXPORTED = {
    "a label": bare_copy(labels={"app": "web"}),
    "an owner": bare_copy(owners=ADOPTED),
    "a mark of another session": copy(containers=(debug_container("0123456789abcdef"),)),
    "a session that we never wrote": bare_copy(containers=(debug_container("yes"),)),
}


@pytest.mark.parametrize("thing", EXPORTED.values(), ids=EXPORTED)
def test_a_manifest_made_from_a_copy_is_not_ours(thing: Pod) -> None:
    assert not guard.is_ours(thing)
    assert guard.may_delete(drained(thing), NOW, {"undrained", "fewer-endpoints"}).say is Say.REFUSE


def test_a_copy_that_was_never_marked_is_ours_as_it_was_born() -> None:
    assert guard.is_ours(bare_copy())


def test_our_label_with_another_value_is_foreign() -> None:
    assert guard.foreign_labels(copy()) == ()
    assert guard.foreign_labels(copy(labels={"b": "1", "a": "2"})) == ("a", "b")
    assert guard.foreign_labels(copy(labels={MANAGED_BY_LABEL: "Helm"})) == (MANAGED_BY_LABEL,)


UNFIT_TO_JOIN = {
    "unmarked": bare_copy(),
    "marked without labels": copy(mark(labels={})),
    "marked without services": copy(mark(services=())),
    "marked by another session": copy(containers=(debug_container("0123456789abcdef"),)),
    "without a deadline": copy(active_deadline=None),
    "terminating": copy(terminating=True),
    "failed": copy(phase="Failed"),
    "succeeded": copy(phase="Succeeded"),
    "adopted": copy(owners=ADOPTED),
}


@pytest.mark.parametrize("thing", UNFIT_TO_JOIN.values(), ids=UNFIT_TO_JOIN)
def test_an_unfit_copy_never_joins(thing: Pod) -> None:
    assert guard.may_join(Observed(thing)).say is Say.REFUSE


def test_a_marked_copy_with_a_deadline_may_join() -> None:
    assert guard.may_join(Observed(copy())).allowed


def test_the_only_ready_endpoint_waits_for_another() -> None:
    alone = Observed(joined_copy(), (endpoints(ready=[COPY_UID], unready=["a"]),))
    verdict = guard.may_leave(alone)
    assert (verdict.say, verdict.finding) == (Say.WAIT, "sole-endpoint")
    assert guard.may_leave(alone, {"sole-endpoint"}).allowed


def test_an_endpoint_that_is_terminating_does_not_take_over() -> None:
    going = replace(
        endpoints(ready=[COPY_UID]), endpoints=(Endpoint(COPY_UID, "c"), Endpoint("a", "a", True, True))
    )
    assert guard.may_leave(Observed(joined_copy(), (going,))).say is Say.WAIT


def test_every_service_needs_somebody_else() -> None:
    one_alone = (endpoints("a", ready=[COPY_UID, "x"]), endpoints("b", ready=[COPY_UID]))
    assert guard.may_leave(Observed(joined_copy(), one_alone)).say is Say.WAIT


MAY_LEAVE_AT_ONCE = {
    "adopted": joined_copy(owners=ADOPTED),
    "finished": joined_copy(phase="Failed"),
    "terminating": joined_copy(terminating=True),
}


@pytest.mark.parametrize("thing", MAY_LEAVE_AT_ONCE.values(), ids=MAY_LEAVE_AT_ONCE)
def test_who_serves_nobody_or_is_adopted_leaves_at_once(thing: Pod) -> None:
    assert guard.may_leave(Observed(thing, (endpoints(ready=[COPY_UID]),))).allowed


def test_a_copy_that_serves_nothing_itself_may_leave_an_empty_service() -> None:
    assert guard.may_leave(Observed(joined_copy(), (endpoints(ready=[], unready=[COPY_UID]),))).allowed


STILL_IN = {
    "labels still on": drained(joined_copy()),
    "a label that is none of the mark's": drained(copy(labels={"version": "2"})),
    "slices not read": drained(held_by=None),
    "a slice of a Service that was not asked for": drained(held_by=("other",)),
    "an adopter that has not let go": drained(copy(owners=ADOPTED)),
}


@pytest.mark.parametrize("seen", STILL_IN.values(), ids=STILL_IN)
def test_not_out_means_not_deleted_whatever_is_allowed(seen: Observed) -> None:
    assert guard.is_out(seen).say is Say.WAIT
    assert not guard.may_delete(seen, NOW, {"undrained", "fewer-endpoints", "sole-endpoint"}).allowed


def test_what_is_gone_is_out() -> None:
    assert guard.is_out(Observed(None)).allowed


SETTLED_AT = NOW
OUT_SINCE = NOW - mark().settle
NOT_DRAINED = {
    "never seen out": drained(out_since=None),
    "settle time": drained(out_since=NOW - mark().settle + timedelta(seconds=1)),
    "not counted": drained(out_since=OUT_SINCE, counted_at=None),
    "counted before the settle time was over": drained(
        out_since=OUT_SINCE, counted_at=SETTLED_AT - timedelta(seconds=1)
    ),
    "an open connection": drained(out_since=OUT_SINCE, connections=1),
    "open connections": drained(out_since=OUT_SINCE, connections=70),
    "uncountable connections": drained(out_since=OUT_SINCE, connections=None),
}


@pytest.mark.parametrize("seen", NOT_DRAINED.values(), ids=NOT_DRAINED)
def test_clients_are_waited_for(seen: Observed) -> None:
    assert guard.is_drained(seen, mark(), NOW).say is Say.WAIT
    assert guard.may_delete(seen, NOW).say is Say.WAIT


def test_open_connections_are_waited_for_up_to_the_drain_time() -> None:
    seen = drained(out_since=OUT_SINCE, connections=3)
    assert guard.is_drained(seen, mark(), SETTLED_AT + mark().drain - timedelta(seconds=1)).say is Say.WAIT
    assert guard.is_drained(seen, mark(), SETTLED_AT + mark().drain).allowed


def test_what_could_never_be_counted_is_refused_in_the_end_and_can_be_lifted() -> None:
    seen = drained(connections=None, count_error="no ss")
    verdict = guard.is_drained(seen, mark(), NOW)
    assert (verdict.say, verdict.finding) == (Say.REFUSE, "undrained")
    assert "no ss" in verdict.reason
    assert guard.may_delete(seen, NOW, {"undrained"}).allowed


NOBODY_CONNECTED = {
    "gone": Observed(None),
    "finished": Observed(copy(phase="Failed")),
}


@pytest.mark.parametrize("seen", NOBODY_CONNECTED.values(), ids=NOBODY_CONNECTED)
def test_what_does_not_run_has_no_clients(seen: Observed) -> None:
    assert guard.is_drained(seen, mark(), NOW).allowed


def test_a_copy_that_never_had_the_labels_has_no_clients_and_owes_nobody() -> None:
    never = mark(joined=False)
    assert guard.may_delete(Observed(copy(never), held_by=()), NOW).allowed
    assert guard.may_delete(Observed(copy(never), held_by=("web",)), NOW).say is Say.WAIT


def test_a_copy_of_which_nobody_knows_had_them() -> None:
    annotations = {key: value for key, value in to_annotations(mark()).items() if key != JOINED}
    assert guard.may_delete(Observed(copy(annotations=annotations), held_by=()), NOW).say is Say.WAIT


OTHERS = [
    (["a", "b"], [], True),
    (["a", "b", "c"], ["d"], True),
    (["a"], [], True),
    (["a"], ["b"], False),
    ([], ["a"], False),
    ([], [], False),
    ([COPY_UID], ["a", "b"], False),
    (["a", COPY_UID], ["b"], False),
]


@pytest.mark.parametrize(("ready", "unready", "well"), OTHERS)
def test_the_others_are_as_many_as_before_or_fewer_and_all_ready(
    ready: list[str], unready: list[str], well: bool
) -> None:
    seen = drained(endpoints=(endpoints(ready=ready, unready=unready),))
    verdict = guard.are_others_well(seen, mark())
    assert verdict.allowed is well
    assert well or (verdict.say, verdict.finding) == (Say.WAIT, "fewer-endpoints")
    assert guard.are_others_well(seen, mark(), {"fewer-endpoints"}).allowed


def test_endpoints_that_were_not_read_are_not_well() -> None:
    assert guard.are_others_well(drained(endpoints=()), mark()).say is Say.WAIT
    assert not guard.may_delete(drained(endpoints=()), NOW).allowed


def test_a_count_from_before_that_is_missing_means_at_least_one() -> None:
    forgotten = mark(ready_before={})
    assert not guard.are_others_well(drained(endpoints=(endpoints(ready=[]),)), forgotten).allowed
    assert guard.are_others_well(drained(endpoints=(endpoints(ready=["a"]),)), forgotten).allowed


def test_a_service_that_was_deleted_has_no_others() -> None:
    seen = drained(endpoints=(), gone_services=frozenset({"web"}))
    assert guard.may_delete(seen, NOW).allowed


def test_all_in_order_may_be_deleted() -> None:
    assert guard.may_delete(drained(), NOW).allowed


def test_an_unmarked_copy_may_be_deleted_once_it_was_looked_for_everywhere() -> None:
    assert guard.may_delete(Observed(bare_copy(), held_by=()), NOW).allowed
    assert not guard.may_delete(Observed(bare_copy()), NOW).allowed
