"""One tcpdump's way to us: kubectl exec is read on a thread of its own; records are counted, bounded and written.

Whatever ends it, the end is the same: its stdin is closed, which ends tcpdump in good order; what still comes is read
to its end; and what was written are whole records.
"""

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.process.pipes import Producer
from kubectl_netshoot.session.tools.records import Output
from kubectl_netshoot.session.tools.tcpdump import Bounds, TcpdumpStderr


class Why(Enum):
    """What ended a capture; BY_ITSELF is tcpdump's own end, at the other end's bounds or for a reason that it said."""

    DURATION = "the time was over (--duration)"
    COUNT = "the number of packets was reached (--count)"
    SIZE = "the size was reached (--max-size)"
    SIGNAL = "interrupted"
    READER = "the reader has closed"
    GONE = "the pod has ended"
    BROKEN = "it could not be written"
    BY_ITSELF = "tcpdump has ended"


# Reasons that leave no place for what still comes.
FULL = (Why.COUNT, Why.SIZE, Why.READER, Why.BROKEN)


class Cutter(Protocol):
    """Whole packets out of what arrives: records.Records or lines.Lines."""

    @property
    def preamble(self) -> bytes | None:
        """What goes before the first packet; None until it is known."""

    @property
    def rest(self) -> int:
        """Bytes of what did not arrive whole."""

    def feed(self, data: bytes) -> None:
        """Raises NetshootError for what cannot be."""

    def next_size(self) -> int:
        """Bytes of the next whole one; 0 where there is none."""

    def take(self, room: int, packets: int) -> tuple[memoryview, int]:
        """What fits, and the number of packets in it."""


@dataclass
class Taken:
    """What was written so far; `since` is the time.monotonic() of the last byte."""

    packets: int = 0
    bytes: int = 0
    cut_bytes: int = 0
    since: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class StreamEnd:
    """How far what a stream does not hold was not there: it was listened to until `at`, by time.monotonic() (0: not
    known); `dropped` packets were lost by the kernel (None: not said).
    """

    at: float
    dropped: int | None


class Stream:
    """Runs as soon as it is made; `on_end` is called once, from another thread, when nothing more comes."""

    def __init__(
        self,
        child: Callable[[Callable[[str], None]], Producer],
        cutter: Cutter,
        output: Output,
        bounds: Bounds,
        on_end: Callable[[], None],
    ) -> None:
        """`child` starts kubectl; it is given what hears its stderr. Raises NetshootError where that fails."""
        self.said, self.taken = TcpdumpStderr(), Taken()
        self.why: Why | None = None
        self.error: NetshootError | None = None
        self.ended = False
        self.stopped_at = 0.0
        self._cutter, self.output, self._bounds, self._on_end = cutter, output, bounds, on_end
        self._begun = False
        self._child = child(self.said.hear)
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> bool:
        """Whether it ended without tcpdump's end: the connection, the pod or kubectl went before it."""
        return self.ended and self.said.status is None

    @property
    def end(self) -> StreamEnd:
        """What its end says of what was captured."""
        final = None if self.lost else self.said.final
        return StreamEnd(0.0 if self.lost else self.stopped_at, final.dropped if final else None)

    def stop(self, why: Why) -> None:
        """End it in good order; the first reason is the one that counts, unless nothing more can be written."""
        if self.why is None or (why in FULL and self.why not in FULL):
            self.why = why
        self.stopped_at = self.stopped_at or time.monotonic()
        self._child.close_stdin()

    def kill(self) -> None:
        """End our side at once: good order was not to be had."""
        self._child.kill()

    def abandon(self) -> None:
        """Not even that was to be had, since whoever reads what we write does not read on."""
        self.error = self.error or NetshootError("the capture could not be written to its end")
        self.ended = True

    def ask_for_counts(self) -> None:
        """Have tcpdump say how many packets it has dropped so far.

        It is asked by USR1, which it dies of until it listens (tcpdump.c: the handler is set just before it says so).
        """
        if self.said.listening and self.why is None and not self.ended:
            self._child.poke()

    def _run(self) -> None:
        try:
            while chunk := self._child.read():
                self.taken.since = time.monotonic()
                if self.why not in FULL:
                    self._take(chunk)
        except OSError as error:
            self._break(f"its output could not be read: {error.strerror}")
        finally:
            self._child.wait()
            self.taken.cut_bytes = 0 if self.why in FULL else self._cutter.rest
            self.why = self.why or Why.BY_ITSELF
            self.ended = True
            self._on_end()

    def _take(self, chunk: bytes) -> None:
        try:
            self._cutter.feed(chunk)
            if not self._begun and self._cutter.preamble is not None:
                self._begun = True
                self.output.begin(self._cutter.preamble)
                self.taken.bytes = len(self._cutter.preamble)
            while size := self._cutter.next_size():
                if not self._fits(size):
                    return
                self._hand_on(size)
        except BrokenPipeError:
            self.stop(Why.READER)
        except OSError as error:
            self._break(f"the capture cannot be written: {error.strerror}")
        except NetshootError as error:
            self.error = error
            self.stop(Why.BROKEN)

    def _fits(self, size: int) -> bool:
        if self._bounds.count and self.taken.packets >= self._bounds.count:
            self.stop(Why.COUNT)
        elif self.taken.bytes + size > self._bounds.max_size:
            self.stop(Why.SIZE)
        return self.why not in FULL

    def _hand_on(self, size: int) -> None:
        room = self.output.room
        if room < size:
            self.output.rotate()
            room = max(size, self.output.room)
        left = self._bounds.count - self.taken.packets if self._bounds.count else sys.maxsize
        records, packets = self._cutter.take(min(room, self._bounds.max_size - self.taken.bytes), left)
        self.output.write(records)
        self.taken.bytes += len(records)
        self.taken.packets += packets

    def _break(self, message: str) -> None:
        self.error = NetshootError(message)
        self.stop(Why.BROKEN)
