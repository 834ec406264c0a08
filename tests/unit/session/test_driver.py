"""The loop against an API that undoes, refuses or fails: bounded writes, words, patience, and no wall clock."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.model import Pod, ServiceEndpoints
from kubectl_netshoot.rules.steps import Abandon, Done, Goal, Intent, Stop
from kubectl_netshoot.session import driver as session_driver
from kubectl_netshoot.session.driver import Driver, Edges, now
from kubectl_netshoot.session.inbox import Inbox
from tests.unit.builders import COPY_UID, NOW, bare_copy, copy, endpoints, joined_copy, mark, service

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
    services: tuple[Any, ...] = (service(),)
    server_clock: datetime | None = NOW
    said: list[str] = field(default_factory=list)
    cannot_leave: str = ""

    def change(self, what: str) -> Callable[..., Pod | None]:
        def answer(*_: object) -> Pod | None:
            self.asked.append(what)
            if self.errors:
                raise self.errors.pop(0)
            if what == "delete":
                self.pod = None
            elif self.pod and what in self.after:
                self.pod = self.after[what](self.pod)
            return self.pod

        return answer

    def all_endpoints(self, *_: object) -> tuple[tuple[ServiceEndpoints, ...], tuple[str, ...]]:
        return (endpoints(),), ()

    def edges(self, inbox: Inbox | None = None) -> Edges:
        reads = SimpleNamespace(
            pod=lambda _: self.pod,
            endpoints=lambda _: (endpoints(),),
            all_endpoints=self.all_endpoints,
            missing_services=lambda _: frozenset(),
            services=lambda: self.services,
            selector_of=lambda _: None,
            server_time=lambda: self.server_clock,
            last_log_lines=lambda *_: (),
            seconds_until_proxies_are_back=lambda: 0.0,
        )
        changes = SimpleNamespace(**{name: self.change(name) for name in ("mark", "join", "leave", "delete")})
        changes.try_leaving = lambda *_: self.cannot_leave
        ended = SimpleNamespace(status=0, stdout="all told\n", stderr="")
        kubectl = SimpleNamespace(ask=lambda *_, **__: ended)
        terminal = SimpleNamespace(
            detail=lambda *_: None,
            progress=self.said.append,
            warn=self.said.append,
            say=self.said.append,
            quiet=True,
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


def test_a_signal_in_teardown_is_answered() -> None:
    inbox = Inbox()
    inbox.signals_heard, inbox.signal = 1, 2
    cluster = Cluster(joined_copy(QUICK), {"leave": left})
    assert drive(cluster, Goal.GONE, timedelta(seconds=30), inbox) == Done(exists=False)
    assert [line for line in cluster.said if "Ctrl-C again stops at once" in line]


@pytest.mark.parametrize("step", [timedelta(seconds=70), timedelta(hours=-1)])
def test_a_step_of_the_wall_clock_is_no_time(step: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stepped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Stepped":
            return cls.fromtimestamp(datetime.now(timezone.utc).timestamp(), tz) + step

    before = now()
    monkeypatch.setattr(session_driver, "datetime", Stepped)
    assert timedelta() <= now() - before < timedelta(seconds=30)


def test_what_is_left_is_by_the_servers_clock() -> None:
    cluster = Cluster(copy(started=NOW - timedelta(hours=1)), server_clock=NOW)
    ending = drive(cluster, Goal.SERVING)
    assert isinstance(ending, Abandon)
    assert "ends the copy in 0s" in ending.reason
    # The same copy, and an hour less by the server's clock, whatever ours says.
    earlier = Cluster(copy(started=NOW - timedelta(hours=1)), server_clock=NOW - timedelta(hours=1))
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
