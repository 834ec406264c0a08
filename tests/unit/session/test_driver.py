"""The loop against an API that undoes, refuses or fails: bounded writes, words, patience, and no wall clock."""

import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import partialmethod
from itertools import repeat
from types import SimpleNamespace
from typing import Any

import pytest

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.kubeconfig import Target
from kubectl_netshoot.model import Pod, Service, ServiceEndpoints
from kubectl_netshoot.rules.marks import is_joined, read_mark
from kubectl_netshoot.rules.steps import Abandon, Done, Goal, Intent, Stop
from kubectl_netshoot.session import driver as session_driver
from kubectl_netshoot.session import edges as session_edges
from kubectl_netshoot.session.closing import stopped
from kubectl_netshoot.session.driver import Driver
from kubectl_netshoot.session.edges import Edges, now
from kubectl_netshoot.session.inbox import Inbox, SecondInterrupt
from tests.unit.builders import COPY_UID, NOW, bare_copy, copy, endpoints, joined_copy, mark, service

TARGET = Target("prod", "cluster", "alice", "shop", "https://api")
QUICK = mark(settle=timedelta(), drain=timedelta())
SHORT = timedelta(seconds=0.05)
Change = Callable[[Pod], Pod]


@dataclass
class Cluster:
    """One pod; each change is answered by what `after` makes of it, or by the next of the `errors`."""

    pod: Pod | None
    after: dict[str, Change] = field(default_factory=dict)
    errors: list[ApiError] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    # None: they may not be listed.
    services: tuple[Any, ...] | None = (service(),)
    server_clock: datetime | None = NOW
    said: list[str] = field(default_factory=list)
    cannot_leave: str = ""
    # What has become of it when the trial is answered.
    since: Change = lambda pod: pod
    # What admission adds to the labels at any change.
    added: Mapping[str, str] = field(default_factory=dict)
    sockets: str = ""
    log: dict[str, tuple[str, ...]] = field(default_factory=dict)
    verbosity: int = 0
    # Of any Service that has it in a slice as it leaves.
    ports: tuple[int, ...] = ()
    # What each count says of the connections that were opened.
    counters: Iterator[str] = field(default_factory=lambda: repeat(""))

    def change(self, what: str) -> Callable[..., Pod | None]:
        def answer(*_: object) -> Pod | None:
            self.asked.append(what)
            if self.errors:
                raise self.errors.pop(0)
            if self.pod and what in self.after:
                self.pod = self.after[what](self.pod)
            elif what == "delete":
                self.pod = None
            return self.pod

        return answer

    def listed_services(self) -> tuple[Any, ...]:
        if self.services is None:
            raise ApiError("services is forbidden", 403)
        return self.services

    def all_endpoints(self, *_: object) -> tuple[tuple[ServiceEndpoints, ...], tuple[str, ...]]:
        return (endpoints(),), ()

    def counted(self) -> SimpleNamespace:
        return SimpleNamespace(status=0, stdout=f"{self.sockets}{next(self.counters)}all told\n", stderr="")

    def edges(self, inbox: Inbox | None = None) -> Edges:
        reads = SimpleNamespace(
            pod=lambda _: self.pod,
            endpoints=lambda _: (endpoints(),),
            all_endpoints=self.all_endpoints,
            missing_services=lambda _: frozenset(),
            ports_in_service=lambda _: (self.ports, ()),
            services=self.listed_services,
            selector_of=lambda _: None,
            now=lambda: self.server_clock or datetime.now(timezone.utc),
            log_since=lambda pod, *_: self.log.get(pod, ()),
            seconds_until_proxies_are_back=lambda: 0.0,
        )
        changes = SimpleNamespace(**{name: self.change(name) for name in ("mark", "join", "leave", "delete")})
        changes.try_update = lambda copy: {**copy.labels, **self.added}
        changes.try_leaving = lambda copy, *_: (self.since(copy), self.cannot_leave)
        kubectl = SimpleNamespace(ask=lambda *_, **__: self.counted())
        terminal = SimpleNamespace(
            detail=lambda *_: None,
            progress=self.said.append,
            warn=self.said.append,
            say=self.said.append,
            show=self.said.extend,
            quiet=False,
            verbosity=self.verbosity,
        )
        anything: Any = (reads, changes, kubectl, terminal, inbox or Inbox())
        return Edges(*anything)


def drive(cluster: Cluster, goal: Goal, patience: timedelta = SHORT, inbox: Inbox | None = None) -> Any:
    intent = Intent(goal, now() + patience, QUICK, uid=COPY_UID)
    driver = Driver(cluster.edges(inbox), "web-netshoot-abcde", intent)
    driver.interruptible = goal is Goal.SERVING
    return driver.drive()


ZONE = {"cost-center": "shop"}
UNDONE: dict[str, tuple[Pod, Goal, Any, str]] = {
    "mark": (bare_copy(), Goal.SERVING, Abandon, "did not stay as written"),
    "join": (copy(), Goal.SERVING, Abandon, "label app did not stay on the copy"),
    "leave": (joined_copy(), Goal.GONE, Stop, "label app came back after it was taken off the copy"),
}


@pytest.mark.parametrize("what", UNDONE)
def test_a_change_that_does_not_show_is_made_again_with_pauses_and_not_for_ever(what: str) -> None:
    pod, goal, end, words = UNDONE[what]
    cluster = Cluster(pod)
    ending = drive(cluster, goal)
    assert isinstance(ending, end)
    reason = ending.verdict.reason if isinstance(ending, Stop) else ending.reason
    assert words in reason
    assert "admission policy" in reason
    assert cluster.asked == [what]


@pytest.mark.parametrize(("goal", "pod"), [(Goal.SERVING, bare_copy()), (Goal.SERVING, copy(QUICK))])
def test_a_change_that_would_join_it_is_not_made(goal: Goal, pod: Pod) -> None:
    cluster = Cluster(
        pod, services=(service("far", {"added": "here"}), service("web")), added={"added": "here"}
    )
    ending = drive(cluster, goal)
    assert isinstance(ending, Abandon)
    assert "admission: a change of the copy puts the labels of Service far onto it" in ending.reason
    assert cluster.asked == []


@pytest.mark.parametrize("services", [None, (), (service("web", {"added": "before"}),)])
def test_a_change_that_joins_nothing_is_made(services: tuple[Service, ...] | None) -> None:
    """Also where Services may not be listed, and where it is in one by the labels that it was born with."""
    born = bare_copy(labels={"added": "before"})
    cluster = Cluster(born, services=services, added={"cost-center": "shop"})
    drive(cluster, Goal.SERVING)
    assert cluster.asked[0] == "mark"


def test_teardown_tries_no_change_before_it_makes_it() -> None:
    cluster = Cluster(
        joined_copy(QUICK), services=(service("far", {"added": "here"}),), added={"added": "here"}
    )
    drive(cluster, Goal.GONE)
    assert cluster.asked[0] == "leave"


def test_a_label_that_nobody_selects_by_is_in_nobodys_way() -> None:
    cluster = Cluster(copy(QUICK, {**QUICK.labels, **ZONE}), services=())
    assert drive(cluster, Goal.GONE) == Done(exists=False)
    assert cluster.asked == ["leave", "delete"]
    kept = Cluster(joined_copy(QUICK), services=())
    assert isinstance(drive(kept, Goal.OUT), Stop)


def test_a_plain_copy_with_labels_of_its_node_is_deleted_at_once() -> None:
    cluster = Cluster(copy(replace(QUICK, joined=False, services=(), labels={}), ZONE), services=())
    assert drive(cluster, Goal.GONE) == Done(exists=False)
    assert cluster.asked == ["delete"]


def left(_: Pod) -> Pod:
    return copy(QUICK)


LATE = [
    ApiError("RBAC: clusterrole not found", 403, "Forbidden"),
    ApiError("Unauthorized", 401, "Unauthorized"),
    ApiError("cannot be reached"),
    ApiError("overloaded", 503),
]


@pytest.mark.parametrize("error", LATE, ids=str)
def test_teardown_outlasts_errors(error: ApiError, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inbox, "wait", lambda *_: None)
    monkeypatch.setattr("kubectl_netshoot.rules.next_step.AGAIN", timedelta())
    cluster = Cluster(joined_copy(QUICK), {"leave": left}, [error, error])
    assert drive(cluster, Goal.GONE, timedelta(seconds=30)) == Done(exists=False)
    assert cluster.asked == ["leave", "leave", "leave", "delete"]
    assert any(error.message in line for line in cluster.said)


def test_errors_that_do_not_end_are_the_closing_words() -> None:
    cluster = Cluster(joined_copy(), errors=[LATE[0]] * 50)
    ending = drive(cluster, Goal.GONE)
    assert isinstance(ending, Stop)
    assert "clusterrole not found" in ending.verdict.reason
    assert len(cluster.asked) < 5


def test_going_in_a_403_is_the_end() -> None:
    cluster = Cluster(bare_copy(), errors=[LATE[0]])
    assert drive(cluster, Goal.SERVING, timedelta(hours=1)) == Abandon(LATE[0].message)
    assert cluster.asked == ["mark"]


def test_a_lost_race_is_looked_at_again_at_once() -> None:
    cluster = Cluster(joined_copy(QUICK), {"leave": left}, [ApiError("test failed", 422, "Invalid")])
    assert drive(cluster, Goal.GONE, timedelta(seconds=30)) == Done(exists=False)
    assert cluster.asked == ["leave", "leave", "delete"]


@pytest.mark.parametrize(
    ("pod", "goal", "end"), [(copy(), Goal.SERVING, Abandon), (joined_copy(), Goal.GONE, Stop)]
)
def test_a_race_that_is_lost_when_patience_is_over_is_told_as_one(pod: Pod, goal: Goal, end: Any) -> None:
    """The API server's own words for a `test` that did not hold are no reason for anybody."""
    mute = ApiError("the server rejected our request due to an error in our request", 422, "Invalid")
    said = ApiError("label is not allowed", 422, "Invalid")
    for error, words in (
        (mute, "somebody else has changed web-netshoot-abcde meanwhile: the server"),
        (said, "label"),
    ):
        ending = drive(Cluster(pod, errors=[error] * 9), goal, timedelta())
        assert isinstance(ending, end)
        assert str(getattr(ending, "reason", None) or ending.verdict.reason).startswith(words)


def test_from_the_first_step_on_something_may_have_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inbox, "may_have_changed", False)
    drive(Cluster(copy()), Goal.SERVING)
    assert Inbox.may_have_changed


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> "Clock":
    """Time passes only where the driver waits."""
    clock = Clock()
    monkeypatch.setattr(session_edges, "_STARTED", NOW)
    monkeypatch.setattr(session_edges, "_TICKING", clock.seconds)
    for module in (session_edges, session_driver):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.seconds))
    monkeypatch.setattr(Inbox, "wait", partialmethod(_wait, clock))
    return clock


@dataclass
class Clock:
    """`presses` are the seconds at which somebody presses Ctrl-C."""

    seconds: float = 0.0
    presses: list[float] = field(default_factory=list)

    def wait(self, inbox: Inbox, seconds: float) -> bool:
        pressed = bool(self.presses) and self.presses[0] <= self.seconds + seconds
        self.seconds = max(self.seconds, self.presses.pop(0)) if pressed else self.seconds + seconds
        if pressed:
            inbox._on_signal(signal.SIGINT, None)
        return pressed


def _wait(inbox: Inbox, clock: Clock, seconds: float) -> bool:
    return clock.wait(inbox, seconds)


CLIENT = "ESTAB 0 0 10.0.0.5:8080 10.0.0.9:51234\n"


def teardown(cluster: Cluster, settle: float, drain: float, wait: bool = False) -> Driver:
    """Take out a copy with these seconds; the API server's clock goes with ours."""
    carried = mark(settle=timedelta(seconds=settle), drain=timedelta(seconds=drain))
    cluster.pod = joined_copy(carried)
    cluster.after.setdefault("leave", lambda _: copy(carried))
    intent = Intent(Goal.GONE, now() + timedelta(seconds=300), uid=COPY_UID, to_the_end=wait)
    return Driver(cluster.edges(), "web-netshoot-abcde", intent, interruptible=False)


def test_waits_are_counted_down(clock: Clock) -> None:
    cluster = Cluster(None, sockets=CLIENT)
    teardown(cluster, 4, 6).drive()
    named = [line.removeprefix("web-netshoot-abcde: ") for line in cluster.said]
    settling = [line for line in named if line.startswith("settle time")]
    assert settling == [f"settle time, {left} s left" for left in (4, 3, 2, 1)]
    draining = [line for line in named if line.startswith("1 connection")]
    assert draining[0] == "1 connection, 6 s left (Ctrl-C: stop waiting and finish)"
    assert draining[-1] == "1 connection, 1 s left (Ctrl-C: stop waiting and finish)"
    assert cluster.asked[-1] == "delete"
    assert clock.seconds == 10


def slow_counts(clock: Clock, *seconds: float) -> Iterator[str]:
    """Counts that take so long each, the last again and again. Sockets are listed at their end, and nobody comes."""
    for number in range(100):
        clock.seconds += seconds[min(number, len(seconds) - 1)]
        yield "counters\nTcp: ActiveOpens PassiveOpens\nTcp: 0 7\n"


@pytest.mark.parametrize("settle", [2, 4])
def test_a_count_that_takes_long_is_no_time_without_clients(clock: Clock, settle: int) -> None:
    cluster = Cluster(None)
    # The first is asked for in the middle of the settle time.
    took = settle / 2 + 0.5
    cluster.counters = slow_counts(clock, took, 0)
    teardown(cluster, settle, 60).drive()
    assert cluster.asked[-1] == "delete"
    assert clock.seconds >= settle / 2 + took + settle / 2


@pytest.mark.parametrize(("ports", "waited"), [((9090,), True), ((), False)])
def test_clients_of_a_service_that_came_after_the_join_are_waited_for(
    clock: Clock, ports: tuple[int, ...], waited: bool
) -> None:
    cluster = Cluster(None, sockets="ESTAB 0 0 10.0.0.5:9090 10.0.0.9:51234\n", ports=ports)
    teardown(cluster, 4, 6).drive()
    assert clock.seconds == (10 if waited else 4)
    assert ("--drain is over: deleting web-netshoot-abcde cuts 1 connection" in cluster.said) is waited


def test_of_a_copy_that_somebody_else_deleted_no_service_is_said_to_be_as_before() -> None:
    cluster = Cluster(joined_copy(QUICK))
    intent = Intent(Goal.SERVING, now() + SHORT, QUICK, uid=COPY_UID)
    driver = Driver(cluster.edges(), "web-netshoot-abcde", intent)
    driver.drive()
    assert driver.was_joined
    assert driver.endpoints
    cluster.pod = None
    driver.aim(Goal.GONE, SHORT)
    assert driver.drive() == Done(exists=False)
    assert driver.endpoints == ()


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(minutes=-5), timedelta()], ids=str)
def test_its_deadline_is_by_the_clock_of_its_node(clock: Clock, ahead: timedelta) -> None:
    """It was made now and starts now, by the API server's clock."""
    cluster = Cluster(None)
    driver = teardown(cluster, 4, 6)
    assert cluster.pod
    cluster.pod = replace(cluster.pod, created=NOW, started=NOW + ahead)
    cluster.after["leave"] = lambda pod: replace(copy(read_mark(pod)), created=NOW, started=NOW + ahead)
    driver.drive()
    assert clock.seconds == 4
    assert driver.copy
    assert driver.copy.deadline == NOW + timedelta(hours=1)


def test_ctrl_c_ends_the_wait_for_clients_and_says_so(clock: Clock) -> None:
    cluster, clock.presses = Cluster(None, sockets=CLIENT), [6.5]
    driver = teardown(cluster, 4, 60)
    assert driver.drive() == Done(exists=False)
    assert clock.seconds == 6.5
    (answer,) = [line for line in cluster.said if line.startswith("Ctrl-C")]
    assert "1 connection not waited for any more, web-netshoot-abcde is deleted now" in answer
    assert "deleting web-netshoot-abcde cuts 1 connection" in cluster.said


def test_ctrl_c_in_the_settle_time_skips_only_what_comes_after_it(clock: Clock) -> None:
    """Whoever has not heard of the leave would be sent to a pod that is gone."""
    cluster, clock.presses = Cluster(None, sockets=CLIENT), [1.0]
    driver = teardown(cluster, 4, 60)
    assert driver.drive() == Done(exists=False)
    assert clock.seconds == 4
    (answer,) = [line for line in cluster.said if line.startswith("Ctrl-C")]
    assert "is deleted after the settle time" in answer


def test_of_a_long_settle_time_ctrl_c_leaves_a_part(clock: Clock) -> None:
    cluster, clock.presses = Cluster(None), [1.0]
    teardown(cluster, 60, 60).drive()
    assert clock.seconds == 5
    assert [line for line in cluster.said if "settle time, 4 s left" in line]


def test_ctrl_c_before_the_leave_cuts_nobody(clock: Clock) -> None:
    """Who presses it twice to end a command does not mean its clients."""
    cluster, clock.presses = Cluster(None, sockets=CLIENT, errors=[ApiError("cannot be reached")]), [0.1]
    teardown(cluster, 4, 6).drive()
    (answer,) = [line for line in cluster.said if line.startswith("Ctrl-C")]
    assert "clients are waited for" in answer
    assert [line for line in cluster.said if "1 connection, 1 s left" in line]
    assert clock.seconds >= 10


def test_one_more_ctrl_c_stops_and_what_is_left_is_out_of_service(clock: Clock) -> None:
    refused = ApiError("cannot be reached")
    cluster, clock.presses = Cluster(None, errors=[refused]), [0.1, 0.15, 0.2]
    driver = teardown(cluster, 4, 60)
    with pytest.raises(SecondInterrupt):
        driver.drive()
    assert cluster.asked == ["leave"]
    driver.step_aside()
    assert cluster.asked == ["leave", "leave"]
    assert driver.copy
    assert not is_joined(driver.copy)
    error = stopped(driver.name, TARGET, driver)
    assert error.message.startswith(
        "stopped by Ctrl-C; pod web-netshoot-abcde is still there, out of service"
    )
    assert error.hint == f"try: kubectl netshoot cleanup web-netshoot-abcde {TARGET.words}"


def slow_to_end(pod: Pod) -> Pod:
    return replace(pod, terminating=True)


def test_nobody_waits_for_an_application_that_does_not_end(clock: Clock) -> None:
    cluster = Cluster(None, {"delete": slow_to_end})
    driver = teardown(cluster, 0, 0)
    assert driver.drive() == Done(exists=True, deleting=True)
    assert clock.seconds == 2


def test_who_wants_to_wait_for_the_end_does(clock: Clock) -> None:
    cluster = Cluster(None, {"delete": slow_to_end})
    driver = teardown(cluster, 0, 0, wait=True)
    assert isinstance(driver.drive(), Stop)
    assert clock.seconds >= 30


LOGS = {"pod-a": ("all fine", "ERROR: no database"), "pod-b": ('"GET /errors HTTP/1.1" 200 5',)}


@pytest.mark.usefixtures("clock")
def test_what_the_others_logged_since_the_leave_is_answered_in_a_line() -> None:
    cluster = Cluster(None, log=LOGS)
    teardown(cluster, 0, 0).drive()
    at = cluster.said.index("log of the other 2 pods since the leave: 3 lines, 1 looks like an error:")
    assert cluster.said[at + 1] == "  pod-a | ERROR: no database"
    assert not [line for line in cluster.said if "all fine" in line]


@pytest.mark.usefixtures("clock")
def test_all_of_it_is_shown_where_more_is_wanted() -> None:
    cluster = Cluster(None, log=LOGS, verbosity=1)
    teardown(cluster, 0, 0).drive()
    assert "  pod-a | all fine" in cluster.said


@pytest.mark.usefixtures("clock")
def test_no_word_of_an_error_where_there_is_none() -> None:
    cluster = Cluster(None, log={"pod-a": ("one",)})
    teardown(cluster, 0, 0).drive()
    assert "log of the other 2 pods since the leave: 1 line, none looks like an error" in cluster.said


OTHERS = {(1, 1): "the other pod", (2, 2): "the other 2 pods", (3, 9): "the other 3 of 9 pods"}


@pytest.mark.parametrize(("read", "all_of_them"), OTHERS)
def test_how_many_others_there_are(read: int, all_of_them: int) -> None:
    cluster = Cluster(None)
    driver = teardown(cluster, 0, 0)
    driver._tell_of_lines({f"pod-{number}": () for number in range(read)}, all_of_them)
    assert cluster.said == [f"log of {OTHERS[read, all_of_them]} since the leave: nothing"]


@pytest.mark.usefixtures("clock")
def test_no_log_is_told_of_a_copy_that_only_tried_whether_it_could_leave() -> None:
    """The labels of its Services are there with a value by which nothing selects."""
    cluster = Cluster(None, log=LOGS)
    driver = teardown(cluster, 0, 0)
    carried = mark(settle=timedelta(), drain=timedelta(), joined=False)
    cluster.pod = copy(carried, dict.fromkeys(carried.labels, "trial"))
    cluster.after["leave"] = lambda _: copy(carried)
    driver.drive()
    assert cluster.asked == ["leave", "delete"]
    assert not [line for line in cluster.said if line.startswith("log of")]


@pytest.mark.parametrize("step", [timedelta(seconds=70), timedelta(hours=-1)])
def test_a_step_of_the_wall_clock_is_no_time(step: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stepped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Stepped":
            return cls.fromtimestamp(datetime.now(timezone.utc).timestamp(), tz) + step

    before = now()
    monkeypatch.setattr(session_edges, "datetime", Stepped)
    assert timedelta() <= now() - before < timedelta(seconds=30)


def test_what_is_left_is_by_the_servers_clock() -> None:
    made = NOW - timedelta(hours=1)
    cluster = Cluster(copy(created=made, started=made), server_clock=NOW)
    ending = drive(cluster, Goal.SERVING)
    assert isinstance(ending, Abandon)
    assert "ends the copy in 0s" in ending.reason
    # The same copy, and an hour less by the server's clock, whatever ours says.
    earlier = Cluster(copy(created=made, started=made), server_clock=made)
    ending = drive(earlier, Goal.SERVING)
    assert earlier.asked == ["join"]


def test_a_label_that_may_not_be_taken_off_and_selects_nothing_is_deleted_with_the_copy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Inbox, "wait", lambda *_: None)
    refusal = ApiError("denied by policy", 422, "Invalid")
    cluster = Cluster(joined_copy(QUICK), services=(), errors=[refusal, refusal])
    assert drive(cluster, Goal.GONE, timedelta(seconds=30)) == Done(exists=False)
    assert cluster.asked == ["leave", "leave", "delete"]


def test_who_could_not_leave_does_not_join() -> None:
    cluster = Cluster(copy(), cannot_leave="label app may not be taken off again: no")
    ending = drive(cluster, Goal.SERVING)
    assert isinstance(ending, Abandon)
    assert ending.reason.startswith("admission: label app may not be taken off again")
    assert cluster.asked == []


def test_a_copy_that_has_ended_since_it_was_looked_at_is_not_joined() -> None:
    """As after a suspended laptop: the answer that says it was ready may be minutes old."""
    cluster = Cluster(copy(), since=lambda pod: replace(pod, phase="Failed", reason="DeadlineExceeded"))
    assert drive(cluster, Goal.SERVING) == Abandon("the copy has ended: DeadlineExceeded")
    assert cluster.asked == []


@pytest.mark.usefixtures("clock")
def test_who_wants_to_look_back_is_told_once_of_the_pod_as_it_served() -> None:
    seen: list[tuple[Pod, Any, list[str]]] = []
    cluster = Cluster(None)
    driver = teardown(cluster, 0, 0)
    driver.has_left = lambda pod, services: seen.append((pod, services, list(cluster.asked)))
    driver.drive()
    ((pod, services, asked),) = seen
    assert is_joined(pod)
    assert services == (endpoints(),)
    assert asked == ["leave"]


def test_a_break_in_readiness_begins_its_time_anew() -> None:
    cluster = Cluster(copy(QUICK))
    driver = Driver(cluster.edges(), "web-netshoot-abcde", Intent(Goal.SERVING, now() + SHORT, QUICK))
    first = driver._observe().ready_since
    assert first
    assert driver._observe().ready_since == first
    cluster.pod = copy(QUICK, containers_ready=False)
    assert driver._observe().ready_since is None
    cluster.pod = copy(QUICK)
    again = driver._observe().ready_since
    assert again
    assert again > first
