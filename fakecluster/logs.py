"""A container's log: what it wrote, line by line with the time, as `kubectl logs` and attach ask for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone


@dataclass(frozen=True)
class Line:
    """`number` counts from the container's first line; `text` has its newline, if there was one."""

    number: int
    at: datetime
    text: bytes


@dataclass(frozen=True)
class LogOptions:
    """v1.PodLogOptions, as far as a container's log has to know them."""

    follow: bool = False
    tail_lines: int | None = None
    since: datetime | None = None
    timestamps: bool = False
    limit_bytes: int | None = None


@dataclass
class ContainerLog:
    """Keeps the last `capacity` lines. stdout and stderr are cut into lines separately."""

    capacity: int
    lines: deque[Line] = field(default_factory=deque)
    ended: bool = False
    _written: int = 0
    _partial: dict[str, bytes] = field(default_factory=dict)
    _waiting: set[asyncio.Event] = field(default_factory=set)
    _listeners: set[asyncio.Queue[tuple[str, bytes] | None]] = field(default_factory=set)

    def write(self, stream: str, data: bytes) -> None:
        """Take what the container wrote to `stream` (stdout or stderr)."""
        for listener in self._listeners:
            listener.put_nowait((stream, data))
        *whole, rest = (self._partial.pop(stream, b"") + data).split(b"\n")
        for text in whole:
            self._append(text + b"\n")
        if rest:
            self._partial[stream] = rest
        self._wake()

    def say(self, text: str) -> None:
        """One line on stdout."""
        self.write("stdout", text.encode() + b"\n")

    def end(self) -> None:
        """The container ended: followers and listeners are done when they have read the rest."""
        for rest in self._partial.values():
            self._append(rest)
        self._partial.clear()
        self.ended = True
        for listener in self._listeners:
            listener.put_nowait(None)
        self._wake()

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[tuple[str, bytes] | None]]:
        """Everything written from now on, unsplit; None at the end."""
        queue: asyncio.Queue[tuple[str, bytes] | None] = asyncio.Queue()
        if self.ended:
            queue.put_nowait(None)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    async def read(self, options: LogOptions) -> AsyncIterator[bytes]:
        """The lines asked for, until the present end, or with `follow` until the container's end."""
        left = options.limit_bytes
        async for line in self._selected(options):
            text = line.text
            if options.timestamps:
                text = _nanoseconds(line.at).encode() + b" " + text
            if left is not None:
                text = text[:left]
                left -= len(text)
            yield text
            if left == 0:
                return

    async def _selected(self, options: LogOptions) -> AsyncIterator[Line]:
        present = [line for line in self.lines if options.since is None or line.at >= options.since]
        if options.tail_lines is not None:
            present = present[len(present) - min(options.tail_lines, len(present)) :]
        seen = self._written
        for line in present:
            yield line
        while options.follow:
            fresh = [line for line in self.lines if line.number >= seen]
            seen = self._written
            for line in fresh:
                yield line
            if self.ended and seen == self._written:
                return
            await self._changed(seen)

    async def _changed(self, seen: int) -> None:
        if self._written > seen or self.ended:
            return
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            await event.wait()
        finally:
            self._waiting.discard(event)

    def _append(self, text: bytes) -> None:
        self.lines.append(Line(self._written, datetime.now(timezone.utc), text))
        self._written += 1
        if len(self.lines) > self.capacity:
            self.lines.popleft()

    def _wake(self) -> None:
        for event in self._waiting:
            event.set()


def _nanoseconds(moment: datetime) -> str:
    """RFC 3339 as `kubectl logs --timestamps` shows it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
