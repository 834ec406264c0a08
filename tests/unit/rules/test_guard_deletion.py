"""The guard before a deletion: clients are waited for, the others are well, and what cannot be known is a no."""

from datetime import timedelta

import pytest

from kubectl_netshoot.rules import guard
from kubectl_netshoot.rules.guard import Observed, Say
from kubectl_netshoot.rules.marks import JOINED, to_annotations
from tests.unit.builders import COPY_UID, NOW, bare_copy, copy, drained, endpoints, mark

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


def test_what_cannot_be_counted_is_waited_for_and_can_be_lifted() -> None:
    seen = drained(connections=None, count_error="no ss")
    verdict = guard.is_drained(seen, mark(), NOW)
    assert (verdict.say, verdict.finding) == (Say.WAIT, "undrained")
    assert "no ss" in verdict.reason
    assert "unknown reason" in guard.is_drained(drained(connections=None), mark(), NOW).reason
    assert guard.may_delete(seen, NOW, {"undrained"}).allowed


def test_clients_are_looked_for_on_the_ports_of_the_join_and_on_those_of_now() -> None:
    """A targetPort may have been changed while the copy was in service."""
    now = [endpoints(ports=(9090,)), endpoints("dns", ports=(), uncounted=("53/UDP",))]
    tcp, others = guard.known_ports(mark(ports=(8080,), uncounted=("1/SCTP",)), now)
    assert (sorted(tcp), sorted(others)) == ([8080, 9090], ["1/SCTP", "53/UDP"])


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


def test_a_plain_copy_that_somebody_put_into_service_has_clients() -> None:
    plain = mark(services=(), labels={}, ports=())
    seen = drained(copy(plain), connections=1, out_since=OUT_SINCE)
    assert guard.may_delete(seen, SETTLED_AT).say is Say.WAIT


def test_a_copy_of_which_nobody_knows_had_them() -> None:
    annotations = {key: value for key, value in to_annotations(mark()).items() if key != JOINED}
    assert guard.may_delete(Observed(copy(annotations=annotations), held_by=()), NOW).say is Say.WAIT


OTHERS = [
    (["a", "b"], [], True),
    (["a", "b", "c"], ["d"], True),
    (["a", "b"], ["c"], True),
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
    verdict = guard.are_others_healthy(seen, mark())
    assert verdict.allowed is well
    assert well or (verdict.say, verdict.finding) == (Say.WAIT, "fewer-endpoints")
    assert guard.are_others_healthy(seen, mark(), {"fewer-endpoints"}).allowed


def test_endpoints_that_were_not_read_are_not_well() -> None:
    assert guard.are_others_healthy(drained(endpoints=()), mark()).say is Say.WAIT
    assert not guard.may_delete(drained(endpoints=()), NOW).allowed


def test_a_count_from_before_that_is_missing_means_at_least_one() -> None:
    forgotten = mark(ready_before={})
    assert not guard.are_others_healthy(drained(endpoints=(endpoints(ready=[]),)), forgotten).allowed
    assert guard.are_others_healthy(drained(endpoints=(endpoints(ready=["a"]),)), forgotten).allowed


def test_a_service_that_was_deleted_has_no_others() -> None:
    seen = drained(endpoints=(), gone_services=frozenset({"web"}))
    assert guard.may_delete(seen, NOW).allowed


def test_a_copy_that_has_ended_owes_its_services_no_others() -> None:
    fewer = (endpoints(ready=["a"], unready=["b"]),)
    assert guard.are_others_healthy(Observed(copy(phase="Failed"), fewer), mark()).allowed
    assert not guard.are_others_healthy(Observed(copy(), fewer), mark()).allowed
    assert guard.are_others_healthy(Observed(None, (endpoints(),)), mark()).allowed


def test_all_in_order_may_be_deleted() -> None:
    assert guard.may_delete(drained(), NOW).allowed


def test_an_unmarked_copy_may_be_deleted_once_it_was_looked_for_everywhere() -> None:
    assert guard.may_delete(Observed(bare_copy(), held_by=()), NOW).allowed
    assert not guard.may_delete(Observed(bare_copy()), NOW).allowed


def test_counts_are_told_as_people_say_them() -> None:
    assert [guard.worded_count(n) for n in (0, 1, 2)] == ["0 connections", "1 connection", "2 connections"]
    assert guard.ready_endpoints(1) == "1 ready endpoint"
    assert guard.ready_endpoints(3) == "3 ready endpoints"
