"""The guard as an attacker sees it: everything that is not known, not ours or not over yet must be a no."""

from dataclasses import replace

import pytest

from kubectl_netshoot import guard
from kubectl_netshoot.guard import Observed, Say
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
    "an orphan that any controller could adopt": copy(owns_itself=False),
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
