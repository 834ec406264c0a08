"""The steps of a session, and how to stop one there: between any two requests, or where it waits by itself."""

import signal
from collections.abc import Callable
from dataclasses import dataclass

from tests.system.e2e.api import Api, labels_of
from tests.system.e2e.caller import Caller
from tests.system.e2e.plugin import Plugin, Running
from tests.system.e2e.turnstile import Hold, Turnstile
from tests.waiting import until

NAME = "stepped"
# The patches that a session makes, in this order: between the first two it tries whether it could leave.
MARK, JOIN, LEAVE = 1, 3, 4
# The creation itself, not the trial that the plan makes.
CREATION = r"/pods(?!\S*dryRun)"
COMMAND = ("sh", "-c", "echo attached; cat")


@dataclass(frozen=True)
class Step:
    """`hold` stops the session there; without one it is there by itself, for the times given."""

    id: str
    hold: Hold | None = None
    settle: str = "0"
    drain: str = "8s"


STEPS = (
    Step("before-the-copy", Hold("POST", CREATION)),
    Step("copied", Hold("POST", CREATION, answer=True)),
    Step("unmarked", Hold("PATCH", nth=MARK)),
    Step("marked", Hold("PATCH", nth=MARK, answer=True)),
    Step("ready", Hold("PATCH", nth=JOIN)),
    Step("joined", Hold("PATCH", nth=JOIN, answer=True)),
    Step("attached"),
    Step("leaving", Hold("PATCH", nth=LEAVE)),
    Step("left", Hold("PATCH", nth=LEAVE, answer=True)),
    Step("settling", settle="3s"),
    Step("draining"),
    Step("deleting", Hold("DELETE")),
    Step("deleted", Hold("DELETE", answer=True)),
)
BY_ID = {step.id: step for step in STEPS}


@dataclass
class Stepper:
    """Starts a session that stops at a step. `opening` are its first words: they join a pod called NAME."""

    plugin: Plugin
    api: Api
    opening: tuple[str, ...]
    caller: Caller
    gate: Callable[[Hold | None], Turnstile]
    _turnstile: Turnstile | None = None

    def stop_at(self, step: Step) -> Running:
        """A session that has come to this step; it stays there until `go_on`, or for settle or drain time."""
        self._turnstile = self.gate(step.hold)
        times = (f"--settle={step.settle}", f"--drain={step.drain}")
        running = self.plugin.start(*self.opening, *times, "--", *COMMAND)
        if step.hold:
            running.close_stdin()
            self._until(self._turnstile.reached.is_set, step, running)
            return running
        running.says("attached\n")
        if step.id == "attached":
            return running
        if step.id == "draining":
            self.caller.connect(NAME)
        running.close_stdin()
        self._until(self._is_out, step, running)
        return running

    def kill_at(self, step: Step) -> None:
        """A session is killed in this step, and its client leaves."""
        running = self.stop_at(step)
        running.send(signal.SIGKILL)
        running.wait()
        self.go_on()
        self.caller.close()

    def go_on(self) -> None:
        """Let pass what is held."""
        assert self._turnstile
        self._turnstile.open()

    def _until(self, reached: Callable[[], bool], step: Step, running: Running) -> None:
        until(lambda: reached() or running.ended, f"step {step.id}", lambda: running.stderr)
        assert reached(), running.stderr

    def _is_out(self) -> bool:
        copy = self.api.pod(NAME)
        return copy is not None and "app" not in labels_of(copy)
