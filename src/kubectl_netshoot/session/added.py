"""One container in one running pod, from the request to its end, which we bring about: it can never be taken out."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from kubectl_netshoot.errors import ApiError, ExitStatus, NetshootError
from kubectl_netshoot.model import Container, Pod
from kubectl_netshoot.rules.next_step import HOPELESS
from kubectl_netshoot.rules.pods import pull_hint
from kubectl_netshoot.session.added_plan import Candidate
from kubectl_netshoot.session.edges import Edges
from kubectl_netshoot.session.inbox import Inbox, SecondInterrupt
from kubectl_netshoot.terminal import one_line

LOOK_SECONDS = 0.3
# Where the image is there already, it runs after half a second.
SOON_SECONDS, QUICK_LOOK_SECONDS = 2.0, 0.1
TRIES = 5
# Its log is there a moment after it runs.
LOG_SECONDS = 0.05, 0.1, 0.2, 0.4, 0.8
# Without a network each question takes its time, and somebody waits for us to leave.
END_SECONDS = 10.0
END = ("sh", "-c", 'kill "$1"', "sh")


class Interrupted(Exception):
    """A signal came before the container was there."""


@dataclass
class AddedContainer:
    """`sleeper` is its first process, in the numbers of its pod or target; 0 where that is not known. `trouble` is why
    it does not run, where the work goes on without it. `lent` is the name of one that runs already, which is used and
    left as it is. `goes_on`: it could not be ended.
    """

    edges: Edges
    candidate: Candidate
    lent: str = ""
    sleeper: int = 0
    was_added: bool = False
    goes_on: bool = False
    trouble: str = ""
    _told_of_no_end: bool = False
    _ending: threading.Thread | None = None

    @property
    def name(self) -> str:
        """The container's."""
        return self.lent or self.candidate.container.name

    @property
    def pod(self) -> str:
        """The name of the pod that it is in."""
        return self.candidate.pod.name

    @property
    def own_end(self) -> str:
        """When it ends though nobody ends it."""
        return f"{round(self.candidate.container.life.total_seconds())} seconds after its start"

    def add(self) -> None:
        """Returns once the API server has it, and it can only be ended. Raises NetshootError, Interrupted."""
        self.stop_for_signal()
        if self.lent:
            return
        Inbox.may_have_changed = True
        try:
            self.edges.kubectl.add_ephemeral(self.candidate.container)
        except NetshootError as error:
            # The request may have been carried out all the same, and only its answer was lost.
            if not self._is_in_pod(error):
                raise
        self.was_added = True

    def wait_until_it_runs(self, seconds: float) -> None:
        """Raises NetshootError where it does not within these `seconds`, or never will; Interrupted."""
        began = time.monotonic()
        while True:
            self.stop_for_signal()
            state = self._state()
            if state.running:
                break
            why = f"{state.waiting} {state.waiting_message}".strip()
            if state.exit_code is not None:
                raise NetshootError(f"container {self.name} ended with status {state.exit_code}")
            if state.waiting in HOPELESS or time.monotonic() >= began + seconds:
                hint = pull_hint(state, self.candidate.pod.pull_secrets, is_ours=False)
                look = f"see `kubectl describe pod {self.pod}`; its record stays there"
                raise NetshootError(
                    f"container {self.name} in pod {self.pod} did not start: {why or 'no reason given'}",
                    "\n".join(line for line in (hint, look) if line),
                )
            self.edges.terminal.progress(f"{self.pod}: container {self.name} {why or 'is starting'}")
            is_soon = time.monotonic() < began + SOON_SECONDS
            self.edges.inbox.wait(QUICK_LOOK_SECONDS if is_soon else LOOK_SECONDS)
        if self.lent:
            self._check_that_it_lives()
        else:
            self.sleeper = self._first_process()

    def was_taken_away(self) -> bool:
        """Whether it was lent, and is of no use since whoever added it has ended it."""
        if not self.lent or self.trouble:
            return bool(self.lent)
        try:
            pod = self.edges.reads.pod(self.pod)
        except ApiError:
            return False
        return pod is not None and self.has_ended(pod)

    def has_ended(self, pod: Pod) -> bool:
        """Whether it has, in the pod as it is now."""
        return any(c.name == self.name and c.exit_code is not None for c in pod.ephemeral)

    def begin_end(self) -> None:
        """Nothing needs it any more: it ends while others do. `end` waits for that."""
        if self.was_added and self._ending is None:
            self._ending = threading.Thread(target=self._end, name="end", daemon=True)
            self._ending.start()

    def end(self) -> None:
        """It ends now. One that cannot be reached has its own time, which is said."""
        if self._ending is None:
            self._end()
        else:
            self._ending.join()

    def _end(self) -> None:
        until = time.monotonic() + END_SECONDS
        trouble = self._trouble_of_ending()
        if not trouble:
            return
        if self._told_of_no_end:
            self.goes_on = True
            return
        for _ in range(TRIES):
            state = self._state_if_it_goes_on()
            if state is None:
                return
            if state.waiting:
                trouble = "it has not started yet, and nobody can keep it from that"
                break
            self.edges.inbox.wait(LOOK_SECONDS)
            if time.monotonic() >= until:
                break
            # One that had just begun may not have said its process when it was asked for first.
            trouble = self._trouble_of_ending()
            if not trouble:
                return
        self.goes_on = True
        self.edges.terminal.warn(
            f"container {self.name} in pod {self.pod} was not ended: {one_line(trouble)}; "
            f"it ends by itself {self.own_end}"
        )

    def _is_in_pod(self, error: NetshootError) -> bool:
        """Whether it came into the pod though there was this error; one that says so where that cannot be known."""
        try:
            pod = self.edges.reads.pod(self.pod)
        except ApiError:
            raise NetshootError(
                error.message,
                f"perhaps container {self.name} was added to pod {self.pod} anyway: then it ends by itself "
                f"{self.own_end}",
            ) from error
        return pod is not None and self._came_into(pod)

    def _came_into(self, pod: Pod) -> bool:
        """Whether it is there; kubectl goes by name, and so it may be in another pod of that name."""
        return any(container.name == self.name for container in pod.ephemeral)

    def _trouble_of_ending(self) -> str:
        try:
            sleeper = self.sleeper or self.edges.reads.process_id(self.pod, self.name)
            if not sleeper:
                return "its log does not tell its process"
            done = self.edges.kubectl.ask(self.pod, (*END, str(sleeper)), container=self.name)
        except NetshootError as error:
            return error.message
        # The end of its first process may well be that of this command, too: then kubectl says 137.
        return done.stderr if done.status == 1 else ""

    def _state_if_it_goes_on(self) -> Container | None:
        """None once it has ended, or its pod; a container of which nothing is known goes on."""
        try:
            pod = self.edges.reads.pod(self.pod)
        except ApiError:
            return Container(self.name)
        if pod is None or pod.finished or self.has_ended(pod):
            return None
        if pod.uid != self.candidate.pod.uid and not self._came_into(pod):
            return None
        return self._state_in(pod)

    def _state(self) -> Container:
        try:
            pod = self.edges.reads.pod(self.pod)
        except ApiError as error:
            if not error.transient:
                raise
            return Container(self.name)
        if pod is None or pod.uid != self.candidate.pod.uid or pod.finished or pod.terminating:
            raise NetshootError(f"pod {self.pod} has ended meanwhile")
        return self._state_in(pod)

    def _state_in(self, pod: Pod) -> Container:
        return next((c for c in pod.ephemeral if c.name == self.name), Container(self.name))

    def _first_process(self) -> int:
        """By its log; where that is not to be had it ends only when its time is over."""
        for pause in LOG_SECONDS:
            found = self.edges.reads.process_id(self.pod, self.name)
            if found is not None:
                return found
            self.edges.inbox.wait(pause)
        self._told_of_no_end = True
        self.edges.terminal.warn(
            f"the log of container {self.name} cannot be read: it ends when its time is over, and not before"
        )
        return 0

    def _check_that_it_lives(self) -> None:
        """The kubelet tells of an end a second or two late."""
        done = self.edges.kubectl.ask(self.pod, ("true",), container=self.name)
        if done.status:
            raise NetshootError(
                f"container {self.name} in pod {self.pod} does not run any more: {done.stderr}"
            )

    def stop_for_signal(self) -> None:
        """Raises Interrupted where one came."""
        if self.edges.inbox.signal:
            raise Interrupted


T = TypeVar("T")


def work_in(
    every: Sequence[AddedContainer],
    seconds: float,
    work: Callable[[], T],
    all_needed: bool = True,
    at_each: Callable[[AddedContainer], None] | None = None,
) -> T | None:
    """Add each, wait until it runs (`seconds` at most), work in them, end them; None where a signal came before that.

    `at_each` is what can be done in one that runs while others start, from a thread of its own.

    Raises NetshootError where it does not come to work, or after a second Ctrl-C, and what `work` raises: all of them
    end, by us or by their own time. Unless they are `all_needed`, the work begins without those in `trouble`.
    """
    try:
        return _work_in(every, lambda: _start(every, seconds, all_needed, at_each), work)
    except SecondInterrupt:
        raise _stopped(every) from None


def _work_in(every: Sequence[AddedContainer], start: Callable[[], None], work: Callable[[], T]) -> T | None:
    try:
        start()
        for one in every:
            one.stop_for_signal()
        found = work()
    except Interrupted:
        found = None
    except SecondInterrupt:
        raise
    except BaseException:
        _end(every)
        raise
    _end(every)
    return found


def _start(
    every: Sequence[AddedContainer],
    seconds: float,
    all_needed: bool,
    at_each: Callable[[AddedContainer], None] | None,
) -> None:
    """Add them at once, and wait until each runs."""

    def begin(one: AddedContainer) -> None:
        one.add()
        one.wait_until_it_runs(seconds)
        if at_each:
            at_each(one)

    for one, error in zip(every, at_once([partial(begin, one) for one in every]), strict=True):
        if isinstance(error, NetshootError) and not all_needed:
            one.trouble = error.message
        elif error is not None:
            raise error


def _end(every: Sequence[AddedContainer]) -> None:
    """End those that were added, at once."""
    at_once([one.end for one in every if one.was_added])


def at_once(every: Sequence[Callable[[], None]]) -> list[Exception | None]:
    """Do all of these side by side; what went wrong with each. A second Ctrl-C waits for none of them."""
    errors: list[Exception | None] = [None] * len(every)

    def do(index: int) -> None:
        try:
            every[index]()
        except Exception as error:  # noqa: BLE001 (whoever asked decides)
            errors[index] = error

    others = [threading.Thread(target=do, args=(index,), daemon=True) for index in range(1, len(every))]
    for thread in others:
        thread.start()
    if every:
        do(0)
    for thread in others:
        thread.join()
    return errors


def _stopped(every: Sequence[AddedContainer]) -> NetshootError:
    ours = [one for one in every if not one.lent]
    names = ", ".join(f"container {one.name} in pod {one.pod}" for one in ours)
    error = NetshootError(
        "stopped by a second Ctrl-C" + (f"; {names} may still run" if ours else ""),
        f"{'it' if len(ours) == 1 else 'each'} ends by itself, {ours[0].own_end}" if ours else "",
    )
    error.status = ExitStatus.INTERRUPTED
    return error
