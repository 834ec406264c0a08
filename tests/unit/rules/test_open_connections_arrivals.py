"""Who still comes to a copy that has left: by new peers, by the pod's counters, less probes and the pod's own calls."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kubectl_netshoot.rules import guard
from kubectl_netshoot.rules.guard import Observed, Say
from kubectl_netshoot.rules.next_step import next_step
from kubectl_netshoot.rules.open_connections import COUNTERS, END, Accepted, Count, Counters, by_proc, by_ss
from kubectl_netshoot.rules.steps import CountConnections, Delete, Wait
from tests.unit.builders import COPY_UID, NOW, copy, drained, intent, mark

# Of a real pod: /proc/net/snmp, /proc/net/dev.
REST = """Ip: Forwarding DefaultTTL InReceives
Ip: 1 64 1
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab
Tcp: 1 200 120000 -1 86 745 1 8 134
Udp: InDatagrams NoPorts
Udp: 1 2
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls
    lo:  561    11885    0    0    0     0          0         0 561299851 1188536    0    0    0     0
  eth0: 1 2 0 0 0 0 0 0 1 2 0 0 0 0"""
LISTENING = "LISTEN 0 128 0.0.0.0:8080 0.0.0.0:*"
ENDED = "TIME-WAIT 0 0 10.0.0.5:8080 10.0.0.9:51234"


def by(*lines: str, rest: str = REST) -> Count:
    found = by_ss(0, "\n".join([*lines, COUNTERS, *rest.splitlines(), END]), [8080])
    assert found
    return found


def test_what_a_look_tells() -> None:
    found = by(
        LISTENING, ENDED, "ESTAB 0 0 10.0.0.5:8080 10.0.0.9:51235", "ESTAB 0 0 10.0.0.5:44444 10.0.0.7:5432"
    )
    assert found == Count(
        1, frozenset({"10.0.0.9:51234", "10.0.0.9:51235"}), Counters(745, 86, 11885), is_all=True
    )


def test_the_same_by_proc() -> None:
    tables = [
        "  sl  local_address rem_address   st tx_queue",
        "   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000",
        "   1: 0500000A:1F90 0900000A:C822 06 00000000:00000000 00:00000000",
        COUNTERS,
        REST,
        END,
    ]
    found = by_proc("\n".join(tables), [8080])
    assert found == Count(0, frozenset({"0900000A:C822"}), Counters(745, 86, 11885), is_all=True)


@pytest.mark.parametrize(
    "rest", ["", "Tcp: PassiveOpens\nTcp: x", "Tcp: ActiveOpens\nTcp: 1", "Tcp: 1", "cat: no such"]
)
def test_counters_that_are_not_there_are_none(rest: str) -> None:
    assert by(LISTENING, rest=rest).counters is None


OTHERS = {
    "LISTEN 0 128 0.0.0.0:9090 0.0.0.0:*": False,
    "LISTEN 0 128 [::]:9090 [::]:*": False,
    "LISTEN 0 128 10.0.0.5:9090 0.0.0.0:*": False,
    "LISTEN 0 128 127.0.0.1:9090 0.0.0.0:*": True,
    "LISTEN 0 128 *:8080 *:*": True,
}


@pytest.mark.parametrize("other", OTHERS)
def test_whether_whoever_comes_comes_to_the_service(other: str) -> None:
    assert by(LISTENING, other).is_all is OTHERS[other]
    assert not by(ENDED).is_all


BEFORE = Count(1, frozenset({"a:1"}), Counters(100, 50, 1000), is_all=True)


def later(passive: int = 0, active: int = 0, loopback: int = 0, **changes: Any) -> Count:
    return replace(BEFORE, counters=Counters(100 + passive, 50 + active, 1000 + loopback), **changes)


ARRIVALS: dict[str, tuple[Count, tuple[float, ...], int, bool]] = {
    "nobody": (later(), (), 0, False),
    "who was there has gone": (later(peers=frozenset()), (), 0, False),
    "a new peer": (later(1, peers=frozenset({"a:1", "b:2"})), (), 1, True),
    "one who has come and gone": (later(1), (), 1, True),
    "perhaps to another port": (later(1, is_all=False), (), 1, False),
    "a new peer, whatever else listens": (later(0, peers=frozenset({"b:2"}), is_all=False), (), 1, True),
    "a sidecar that calls its application": (later(5, active=5, loopback=50), (), 0, False),
    "the same beside a client": (later(6, active=5, loopback=50), (), 1, True),
    "a proxy: each client is one upstream": (later(5, active=5), (), 5, True),
    "a talkative loopback explains no client": (later(5, active=1, loopback=5000), (), 4, True),
    "probes of 10 s": (later(1), (10,), 0, False),
    "probes of 1 s": (later(3), (1,), 0, False),
    "clients beside probes": (later(9), (1,), 6, True),
    "two probes": (later(2), (10, 10), 0, False),
    "counters that were not there": (replace(BEFORE, counters=None), (), 0, False),
}


@pytest.mark.parametrize("name", ARRIVALS)
def test_who_has_come(name: str) -> None:
    now, probes, number, is_known = ARRIVALS[name]
    found = now.arrived_since(BEFORE, 2.5, probes)
    assert (found.number, found.is_known) == (number, is_known)


ACCEPTED: dict[str, tuple[Counters | None, float, tuple[float, ...], Accepted | None]] = {
    "not counted": (None, 60, (1,), None),
    "nobody": (Counters(0, 5, 90), 60, (), Accepted(0)),
    "clients and probes": (Counters(214, 5, 0), 60, (10, 30), Accepted(214, probes=10)),
    "probes alone, and one late": (Counters(5, 0, 0), 60, (10,), Accepted(5, probes=5)),
    "calls within the pod": (Counters(214, 14, 4000), 60, (), Accepted(200, or_more=True)),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_a_pod_has_accepted(name: str) -> None:
    counters, age, probes, expected = ACCEPTED[name]
    assert Count(0, counters=counters).accepted(age, probes) == expected


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


# Settled for 20 of 60 seconds of drain; 2.5 seconds without anybody are wanted.
OUT = ago(25)
SEEN: dict[str, tuple[dict[str, Any], Say]] = {
    "never compared": ({}, Say.ALLOW),
    "quiet for long enough": ({"quiet_since": ago(2.5)}, Say.ALLOW),
    "not yet": ({"quiet_since": ago(2.4)}, Say.WAIT),
    "somebody came a moment ago": ({"quiet_since": NOW, "came_at": NOW}, Say.WAIT),
    "and nobody since": ({"quiet_since": ago(3), "came_at": ago(3)}, Say.ALLOW),
}


@pytest.mark.parametrize("name", SEEN)
def test_nobody_may_have_come_for_half_of_the_settle_time(name: str) -> None:
    changes, say = SEEN[name]
    assert guard.is_drained(drained(out_since=OUT, **changes), mark(), NOW).say is say


LATE = ago(3600)


def test_known_clients_are_waited_for_beyond_drain_and_others_are_not() -> None:
    """Up to the cluster's own end of the copy, which has no clients then."""
    known = drained(out_since=LATE, quiet_since=NOW, came_at=NOW)
    assert guard.is_drained(known, mark(), NOW).say is Say.WAIT
    assert guard.is_drained(drained(out_since=LATE, quiet_since=NOW), mark(), NOW).allowed
    # Also where drain is over sooner than it is known that nobody comes any more.
    hasty = replace(known, copy=copy(mark(drain=timedelta())))
    assert guard.is_drained(hasty, mark(drain=timedelta()), NOW).say is Say.WAIT
    ended = replace(known, copy=copy(phase="Failed"))
    assert guard.is_drained(ended, mark(), NOW).allowed


def test_who_came_last_has_the_whole_drain_time() -> None:
    came = drained(out_since=LATE, quiet_since=ago(30), came_at=ago(30), connections=1)
    assert guard.is_drained(came, mark(), NOW).say is Say.WAIT
    assert guard.is_drained(replace(came, came_at=ago(60), quiet_since=ago(60)), mark(), NOW).allowed


def test_no_settle_time_asks_for_no_quiet_and_a_long_one_for_no_more_than_five_seconds() -> None:
    hasty = mark(settle=timedelta())
    assert guard.is_drained(drained(out_since=OUT, quiet_since=NOW, came_at=NOW), hasty, NOW).allowed
    assert guard.quiet_time(mark(settle=timedelta(minutes=2))) == timedelta(seconds=5)


@pytest.mark.parametrize(("settle", "quiet"), [(0.5, 0.5), (1, 1), (1.5, 1), (4, 2)])
def test_a_short_settle_time_asks_for_a_whole_second_of_quiet(settle: float, quiet: float) -> None:
    assert guard.quiet_time(mark(settle=timedelta(seconds=settle))) == timedelta(seconds=quiet)


def step(**changes: Any) -> object:
    return next_step(drained(copy(mark()), **changes), intent(), NOW)


def test_the_first_look_is_in_the_middle_of_the_settle_time() -> None:
    assert step(out_since=NOW, counted_at=None) == Wait("settle time", NOW + timedelta(seconds=2.5))
    assert step(out_since=ago(2.5), counted_at=None) == CountConnections()
    assert step(out_since=ago(2.5)) == Wait("settle time", NOW + timedelta(seconds=2.5))
    assert step(out_since=ago(5), counted_at=ago(2.5), quiet_since=ago(2.5)) == CountConnections()
    assert step(out_since=ago(5), quiet_since=ago(2.5)) == Delete(COPY_UID)
    assert isinstance(step(out_since=ago(5), quiet_since=NOW, came_at=NOW), Wait)


def test_after_a_break_of_the_api_server_the_settle_time_is_longer() -> None:
    back = NOW + timedelta(seconds=20)
    seen = drained(out_since=ago(60), proxies_by=back)
    assert guard.is_drained(seen, mark(), NOW).say is Say.WAIT
    assert step(out_since=ago(60), proxies_by=back) == Wait("settle time", back - timedelta(seconds=2.5))
    assert guard.is_drained(drained(out_since=ago(60), proxies_by=ago(1)), mark(), NOW).allowed


def test_what_cannot_be_counted_is_said_while_it_is_waited_for() -> None:
    dns = mark(uncounted=("53/UDP",))
    seen: Observed = drained(copy(dns), out_since=NOW)
    assert guard.is_drained(seen, dns, NOW).reason == "settle time: clients on 53/UDP cannot be counted"
