"""How a session says that it ended: by a lost connection, a killed container, a node that is gone, or by itself."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from kubectl_netshoot.errors import ApiError, NetshootError, RefusedError
from kubectl_netshoot.model import Container, Pod
from kubectl_netshoot.rules.guard import refuse
from kubectl_netshoot.rules.manifest import PodRequest
from kubectl_netshoot.rules.marks import COPY, RUN
from kubectl_netshoot.rules.steps import Goal, Intent, Stop
from kubectl_netshoot.session import session as sessions
from kubectl_netshoot.session.closing import done, ended_as, left_behind, way_out
from kubectl_netshoot.session.driver import Driver
from kubectl_netshoot.session.edges import Edges, now
from kubectl_netshoot.session.session import Session
from kubectl_netshoot.session.shell import Ended
from tests.unit.builders import NOW, around, copy, debug_container, joined_copy, mark
from tests.unit.session.plans import throwaway_plan
from tests.unit.session.test_driver import Cluster

NOW_OUT = {"settle": timedelta(), "drain": timedelta(), "joined": False}
PLAIN = mark(services=(), labels={}, ports=(), ready_before={}, **NOW_OUT)
KILLED = {"ready": False, "exit_code": 137, "last_end": "OOMKilled, status 137"}
RESTARTED = {"restarts": 1, "last_end": "OOMKilled, status 137"}
LOST = Ended(1, lost=True)


@dataclass
class Work:
    """What is done in the pod: something becomes of its cluster meanwhile, and it ends like this."""

    cluster: "Scene"
    ended: Ended
    meanwhile: Callable[["Scene"], None]

    def before_join(self, pod: Pod) -> None:
        """There is none."""

    def run(self, _: Pod) -> Ended:
        self.meanwhile(self.cluster)
        return self.ended


@dataclass
class Scene(Cluster):
    """One pod; what the looks at it find next (an error is raised), before what it stays."""

    looks: list[Pod | ApiError] = field(default_factory=list)

    def edges(self, *_: object) -> Edges:
        made = super().edges()
        reads: Any = made.reads
        reads.pod = self.look
        return made

    def look(self, _: str) -> Pod | None:
        found = self.looks.pop(0) if self.looks else self.pod
        if isinstance(found, ApiError):
            raise found
        return found

    def become(self, **of_tools: Any) -> None:
        """The debug container as the kubelet says that it is from now on."""
        assert self.pod is not None
        self.pod = with_tools(self.pod, **of_tools)


def with_tools(pod: Pod, **changes: Any) -> Pod:
    return replace(pod, containers=(Container("app", ready=True), debug_container(**changes)))


def nothing(_: Scene) -> None:
    """It ends by itself."""


def session(
    ended: Ended, meanwhile: Callable[[Scene], None] = nothing, kind: str = COPY, pod: Pod | None = None
) -> tuple[Scene, Session]:
    carried = replace(PLAIN, kind=kind)
    scene = Scene(pod or copy(carried))
    plan = throwaway_plan(around(), name="web-netshoot-abcde", mark=carried)
    plan = replace(plan, join=replace(plan.join, services=(), labels=()))
    request = PodRequest(timeout=timedelta(seconds=0.2))
    return scene, Session(request, plan, scene.edges(), Work(scene, ended, meanwhile))


@pytest.fixture(autouse=True)
def kubelet_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits here for what does not come."""
    if "later" not in request.node.name:
        monkeypatch.setattr(sessions, "LATE_SECONDS", 0.0)


@pytest.mark.parametrize("status", [0, 7, 130, 137])
def test_a_command_that_ended_by_itself_has_its_own_status(status: int) -> None:
    scene, made = session(Ended(status))
    assert made.run() == status
    assert not [text for text in scene.said if "ended" in text or "lost" in text]


@pytest.mark.parametrize("kind", [COPY, RUN])
@pytest.mark.parametrize("cut", [False, True])
def test_a_lost_connection_is_no_status_of_the_command(kind: str, cut: bool) -> None:
    _, made = session(replace(LOST, cut=cut), kind=kind)
    with pytest.raises(NetshootError) as raised:
        made.run()
    noun, end = "copy" if kind == COPY else "pod", ", and the command's output is cut" if cut else ""
    assert raised.value.message == f"the connection to the {noun} was lost{end}"


@pytest.mark.parametrize("became", [KILLED, RESTARTED])
def test_a_killed_container_says_why(became: dict[str, Any]) -> None:
    scene, made = session(Ended(137), lambda scene: scene.become(**became))
    assert made.run() == 137
    assert "container netshoot was ended (OOMKilled, status 137)" in scene.said


def test_a_connection_lost_with_its_container_is_told_as_that() -> None:
    _, made = session(LOST, lambda scene: scene.become(**KILLED))
    with pytest.raises(NetshootError, match=r"container netshoot was ended \(OOMKilled, status 137\)"):
        made.run()


def test_how_a_container_ended_before_is_not_told_again() -> None:
    before = with_tools(copy(PLAIN), restarts=1, last_end="Error, status 1")
    scene, made = session(Ended(137), pod=before)
    assert made.run() == 137
    assert not [text for text in scene.said if "was ended" in text]


def test_the_kubelet_says_it_a_moment_later() -> None:
    """It asks its runtime once a second; the connection is closed at once."""

    def late(scene: Scene) -> None:
        assert scene.pod is not None
        scene.looks = [scene.pod, scene.pod]
        scene.become(**KILLED)

    scene, made = session(Ended(137), late)
    assert made.run() == 137
    assert "container netshoot was ended (OOMKilled, status 137)" in scene.said


def test_who_cannot_look_says_what_is_known() -> None:
    def silent(scene: Scene) -> None:
        scene.looks = [ApiError("no answer", 0)]

    _, made = session(LOST, silent)
    with pytest.raises(NetshootError, match="the connection to the copy was lost"):
        made.run()


def test_a_node_that_is_gone_does_not_end_what_is_deleted() -> None:
    def dead(scene: Scene) -> None:
        """Deleted in the API, and nobody is there to end it."""
        assert scene.pod is not None
        scene.pod = replace(scene.pod, terminating=True)

    _, made = session(LOST, dead)
    with pytest.raises(RefusedError) as raised:
        made.run()
    assert "before that: the connection to the copy was lost" in raised.value.hint
    assert "is being deleted, and its node has not ended it: is the node there?" in raised.value.hint
    assert "was left as it is" not in raised.value.hint


OVER = NOW + timedelta(hours=2)
STOP = Stop(refuse("the copy's open connections cannot be counted: no route to host", "undrained"))


@pytest.mark.parametrize(
    ("there", "clock", "what"),
    [
        (copy(), NOW, "pod web was left as it is; the cluster ends it when its --ttl is over"),
        (copy(), OVER, "its --ttl is over, and its node has not ended it: is the node there?"),
        (copy(started=None), NOW, "it has not started on a node"),
        (copy(active_deadline=None), NOW, "it has no deadline yet"),
        (copy(phase="Failed"), OVER, "look whether it still exists"),
        (None, NOW, "look whether it still exists"),
    ],
)
def test_what_becomes_of_one_that_is_left(there: Pod | None, clock: Any, what: str) -> None:
    error = left_behind(
        "web", throwaway_plan(around()).target, STOP, there, clock, ("the command had ended",)
    )
    assert what in error.hint
    assert error.hint.startswith("before that: the command had ended\n")
    assert "no route to host" in error.message
    again = "try: kubectl netshoot cleanup web -n shop --context prod"
    *_, known, accepted = error.hint.splitlines()
    assert (known, accepted) == (again, f"or, if that is known and accepted, {again} --allow undrained")


@pytest.mark.parametrize(
    ("ended", "killed", "said"),
    [
        (Ended(0), "", "the command had ended with status 0"),
        (Ended(1, lost=True), "", "the connection to the pod was lost"),
        (Ended(1, lost=True), "Error, status 1", "container netshoot was ended (Error, status 1)"),
        (Ended(137), "OOMKilled, status 137", "container netshoot was ended (OOMKilled, status 137)"),
        (Ended(137, expired=True), "Error, status 137", "the time of the pod (--ttl) was nearly over"),
    ],
)
def test_one_sentence_for_how_it_ended(ended: Ended, killed: str, said: str) -> None:
    assert ended_as(ended, "pod", "netshoot", killed).startswith(said)


SKIPS = "skips the wait for clients"


def driver(seen: Pod, answered: Pod | None = None, joined: bool = False) -> Driver:
    """One that has `seen` this, then had this answer to a change, and has seen it joined before or has not."""
    made = Driver(Cluster(seen).edges(), seen.name, Intent(Goal.GONE, now()), copy=seen)
    made._answered, made._joined = answered, joined
    return made


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (driver(copy()), "deleting the copy"),
        (
            driver(joined_copy(), joined=True),
            f"leaving Service web, then deleting the copy; after that Ctrl-C {SKIPS}",
        ),
        (
            driver(copy(), joined_copy()),
            f"leaving Service web, then deleting the copy; after that Ctrl-C {SKIPS}",
        ),
        (driver(joined_copy(), copy(), joined=True), f"deleting the copy; Ctrl-C again {SKIPS}"),
        (driver(copy(), joined=True), f"deleting the copy; Ctrl-C again {SKIPS}"),
    ],
    ids=["never-joined", "joined", "joined-just-now", "left-just-now", "taken-out-by-somebody"],
)
def test_the_first_ctrl_c_is_told_what_the_next_one_skips(made: Driver, said: str) -> None:
    """Before the leave it skips nothing yet, and of a copy that never served there is nothing to skip."""
    assert way_out(mark(), made, Goal.GONE) == f"interrupted: {said}"


def test_what_is_kept_is_not_said_to_be_deleted() -> None:
    assert way_out(mark(), driver(copy()), Goal.OUT) == "interrupted: keeping the copy"


def test_labels_of_no_service_are_taken_off() -> None:
    alone = mark(services=(), kind=RUN)
    said = way_out(alone, driver(joined_copy(alone)), Goal.GONE)
    assert said.startswith("interrupted: taking its labels off, then deleting the pod; ")


def test_the_answer_to_a_signal_goes_by_how_the_pod_is_left() -> None:
    def interrupt(_: Scene) -> None:
        made._edges.inbox._on_signal(signal.SIGTERM, None)

    scene, made = session(Ended(143), interrupt)
    assert made.run() == 143
    assert "interrupted: deleting the copy" in scene.said
    scene, made = session(Ended(143), interrupt)
    made._request = replace(made._request, keep=True)
    assert made.run() == 143
    assert "interrupted: keeping the copy" in scene.said


@pytest.mark.parametrize("deleting", [True, False])
def test_who_else_holds_a_copy_that_is_being_deleted_is_said(deleting: bool) -> None:
    held = replace(copy(), finalizers=("example.com/audit",))
    said = done("web-copy", held, (), mark(), deleting)
    assert ("held by example.com/audit" in said) is deleting
    assert "held" not in done("web-copy", copy(), (), mark(), deleting)
