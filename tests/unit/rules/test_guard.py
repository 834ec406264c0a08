"""The guard as an attacker sees it: everything that is not known, not ours or not over yet must be a no."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kubectl_netshoot.model import (
    MANAGED_BY,
    MANAGED_BY_LABEL,
    Container,
    Endpoint,
    Owner,
    Pod,
    Requirement,
    Selector,
)
from kubectl_netshoot.rules import guard
from kubectl_netshoot.rules.guard import Observed, Say
from kubectl_netshoot.rules.marks import is_ours
from tests.unit.builders import (
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
    service,
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
    assert is_ours(copy())
    assert not is_ours(copy(), "another")


EXPORTED = {
    "an owner": bare_copy(owners=ADOPTED),
    "a mark of another session, and an owner": copy(
        containers=(debug_container("0123456789abcdef"),), owners=ADOPTED
    ),
    "a session that we never wrote": bare_copy(containers=(debug_container("yes"),)),
    "the containers in a Deployment": bare_copy(name="shop-6d9f-x2x4z"),
    "containers and annotations in a Deployment": joined_copy(name="shop-6d9f-x2x4z", owners=ADOPTED),
    "the same name again": copy(uid="uid-again", annotations=copy().annotations),
    "the same name a day later": bare_copy(created=NOW + timedelta(days=1)),
    "the same name a day earlier": bare_copy(created=NOW - timedelta(days=1)),
}


@pytest.mark.parametrize("thing", EXPORTED.values(), ids=EXPORTED)
def test_a_manifest_made_from_a_copy_is_not_ours(thing: Pod) -> None:
    assert not is_ours(thing)
    assert guard.may_delete(drained(thing), NOW, {"undrained", "fewer-endpoints"}).say is Say.REFUSE


ZONE_KEY = "topology.kubernetes.io/zone"
ZONE = {ZONE_KEY: "eu-1a", "cost-center": "shop"}
OURS = {
    "as it was made": bare_copy(),
    "with labels of admission and of its node": bare_copy(labels=ZONE),
    "by a clock that is a little off": bare_copy(created=NOW + timedelta(minutes=2)),
    "by a server that took its time": bare_copy(created=NOW + timedelta(minutes=10)),
    "by an older version": bare_copy(containers=(debug_container("0123456789abcdef"),)),
    "marked": copy(labels=ZONE),
    "marked and adopted": joined_copy(owners=ADOPTED),
}


@pytest.mark.parametrize("thing", OURS.values(), ids=OURS)
def test_labels_of_others_do_not_make_a_copy_somebody_elses(thing: Pod) -> None:
    assert is_ours(thing)


def removed(seen: Observed) -> list[str]:
    return [key for key, _ in guard.removable_labels(seen)]


def test_leaving_takes_off_what_the_join_added_and_what_anything_selects_by() -> None:
    inert = drained(copy(labels=ZONE), services=())
    assert removed(inert) == []
    assert guard.is_out(inert).allowed
    assert removed(drained(copy(labels={**ZONE, "app": "web"}))) == ["app"]
    by_zone = (service("zonal", {"topology.kubernetes.io/zone": "eu-1a"}),)
    assert removed(drained(copy(labels=ZONE), services=by_zone)) == ["topology.kubernetes.io/zone"]
    assert removed(drained(copy(labels=ZONE), services=(service(selector={"cost-center": "else"}),))) == []


def test_a_slice_that_nobody_can_explain_may_be_there_for_any_label() -> None:
    assert removed(drained(copy(labels=ZONE), held_by=("web",))) == sorted(ZONE)
    assert removed(drained(copy(labels=ZONE), held_by=("web",), services=())) == []


def test_an_adopter_lets_go_of_what_it_selects_by() -> None:
    adopted = copy(labels={**ZONE, "app": "web", "a": "1", "b": "2"}, owners=ADOPTED)
    selector = Selector({"a": "1"}, (Requirement("b", "Exists"), Requirement("c", "DoesNotExist")))
    assert removed(drained(adopted, services=(), adopter=selector)) == ["a", "app", "b"]
    assert removed(drained(adopted, services=())) == ["a", "app", "b", "cost-center", ZONE_KEY]


def test_our_own_label_stays_and_one_with_another_value_is_anybodys() -> None:
    ours = (service(selector={MANAGED_BY_LABEL: MANAGED_BY}),)
    assert removed(drained(copy(), services=ours)) == []
    helm = (service(selector={MANAGED_BY_LABEL: "Helm"}),)
    assert removed(drained(copy(labels={MANAGED_BY_LABEL: "Helm"}), services=helm)) == [MANAGED_BY_LABEL]


UNFIT_TO_JOIN = {
    "unmarked": bare_copy(),
    "marked without labels": copy(mark(labels={})),
    "marked without services": copy(mark(services=())),
    "marked by another session": copy(containers=(debug_container("0123456789abcdef"),)),
    "without a deadline": copy(active_deadline=None),
    "one that other copies take for the application's": copy(labels={MANAGED_BY_LABEL: "Helm"}),
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
    "a label of a Service that was not asked for": drained(
        copy(labels={"version": "2"}), services=(service("v2", {"version": "2"}),)
    ),
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


def test_copies_never_count_for_each_other() -> None:
    both = (Endpoint(COPY_UID, "a"), Endpoint("uid-b", "b", made_by_us=True))
    seen = Observed(joined_copy(), (replace(endpoints(), endpoints=both),))
    assert guard.may_leave(seen).finding == "sole-endpoint"
    one_more = replace(endpoints(), endpoints=(*both, Endpoint("uid-c", "c")))
    assert guard.may_leave(replace(seen, endpoints=(one_more,))).allowed
    assert not guard.are_others_healthy(
        drained(endpoints=(replace(endpoints(), endpoints=both),)), mark()
    ).allowed


YOUNG = timedelta(seconds=2)
UNMARKED: dict[str, tuple[Pod, timedelta | None, bool]] = {
    "somebody's, just made": (bare_copy(), YOUNG, False),
    "somebody's, long since": (bare_copy(), timedelta(minutes=2), True),
    "of nobody who is known, just made": (
        bare_copy(containers=(debug_container("0123456789abcdef"),)),
        YOUNG,
        False,
    ),
    "somebody's, for as long as it may take": (bare_copy(), guard.UNMARKED, True),
    "somebody's, nobody knows since when": (bare_copy(), None, True),
    "marked": (copy(), YOUNG, True),
    "robbed of its marks": (bare_copy(owns_itself=True), YOUNG, True),
}


@pytest.mark.parametrize("case", UNMARKED.values(), ids=UNMARKED)
def test_a_session_is_given_the_time_to_mark_its_copy(case: tuple[Pod, timedelta | None, bool]) -> None:
    thing, age, allowed = case
    assert guard.may_be_marked_yet(Observed(thing, age=age), "bob@laptop").allowed is allowed


def test_ones_own_needs_no_time() -> None:
    assert guard.may_be_marked_yet(Observed(bare_copy(), age=YOUNG), "ann@desk").allowed
    for thing, _, _ in (UNMARKED["somebody's, just made"], UNMARKED["of nobody who is known, just made"]):
        assert not guard.may_be_marked_yet(Observed(thing, age=YOUNG), "").allowed
    assert guard.may_be_marked_yet(Observed(None), "").allowed
