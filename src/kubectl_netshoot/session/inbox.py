"""One queue for all that happens while we wait: signals, changes in the cluster, the end of the attached child."""

import queue
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import ClassVar

from kubectl_netshoot.errors import NetshootError

# Windows knows neither HUP nor QUIT, which is Ctrl-\ at the keyboard.
NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
HANDLED = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))


@dataclass(frozen=True)
class Update:
    """Something that we watch has changed: look."""


@dataclass(frozen=True)
class ChildEnded:
    """The attached kubectl ended; a negative `status` is the signal that ended it."""

    status: int


@dataclass(frozen=True)
class Signalled:
    """One of HANDLED came."""

    number: int


Event = Update | ChildEnded | Signalled


class SecondInterrupt(KeyboardInterrupt):
    """Ctrl-C once more: stop at once and say what is unfinished."""


class Inbox:
    """Events in order of arrival. SimpleQueue, since its put is safe in a signal handler.

    `may_have_changed`: this process has begun to change something in the cluster.
    """

    may_have_changed: ClassVar[bool] = False

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.signal: int = 0
        # Called from the signal's handler with its number, in the place of what a second INT does.
        self.answer: Callable[[int], None] | None = None

    def put(self, event: Event) -> None:
        self._queue.put(event)

    def wake(self) -> None:
        self._queue.put(Update())

    def get(self, seconds: float) -> Event | None:
        """The next event, or None after `seconds`."""
        try:
            return self._queue.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return None

    def wait(self, seconds: float) -> bool:
        """Return when something happened, at the latest after `seconds`; whether it did. A burst counts as one."""
        event = self.get(seconds)
        happened = event is not None
        while event is not None:
            event = self.get(0)
        return happened

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Turn HANDLED into events; the first is kept in `signal`. A second INT raises SecondInterrupt.

        Raises NetshootError where the system has not all of them: nothing may be changed that cannot be taken back.
        """
        if len(HANDLED) < len(NAMES):
            raise NetshootError(
                "nothing was changed: cleaning up needs signals that Windows does not have",
                "use WSL, which is Linux",
            )
        before = {number: signal.getsignal(number) for number in HANDLED}
        for number, handler in before.items():
            # nohup and shell scripts that ignore a signal mean it.
            if handler is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT and self.signal and self.answer is None:
            raise SecondInterrupt
        self.signal = self.signal or number
        self._queue.put(Signalled(number))
        if self.answer is not None:
            self.answer(number)
