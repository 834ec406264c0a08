"""One direction of an HTTP/1 connection: where messages begin and end in a stream of bytes.

Hides framing: Content-Length, chunks, bodies that end with the connection; and how it finds the next message when
bytes are missing. It says what it finds to a Listener.
"""

from enum import Enum
from typing import Protocol

from kubectl_netshoot.packets.http.head import Head, read_head

LONGEST_HEAD = 65_536
_CHUNK_LINE = 4096
LONGEST_LINE = 2048


class Listener(Protocol):
    """Hears of messages; `at` is packet number and time of the bytes."""

    def head(self, head: Head, at: tuple[int, int], size: int | None) -> int | None:
        """A head of `size` bytes (None: not captured whole). Gives the length of the body: 0 for none, -1 for until
        the connection ends, -2 for chunks, -3 for no HTTP any more, None when there is no telling.
        """

    def body(self, at: tuple[int, int], size: int) -> None:
        """Some bytes of the body."""

    def end(self, at: tuple[int, int]) -> None:
        """The message is complete."""

    def unreadable(self, at: tuple[int, int]) -> None:
        """What comes now is not HTTP."""


class Reading(Enum):
    """What the next bytes belong to."""

    HEAD = 0
    SIZED = 1
    CHUNK_LINE = 2
    CHUNK = 3
    TRAILER = 4
    UNTIL_CLOSE = 5
    LOST = 6
    DONE = 7


UNTIL_CLOSE, CHUNKED, NO_HTTP = -1, -2, -3


class MessageStream:
    """Feed it bytes in order; see the module."""

    __slots__ = ("_buffer", "_listener", "_reading", "left")

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._reading = Reading.HEAD
        self._buffer = b""
        self.left = 0

    @property
    def inside(self) -> bool:
        """Whether a message has begun and is not complete."""
        return bool(self._buffer) or self._reading not in (Reading.HEAD, Reading.LOST, Reading.DONE)

    def skip(self, length: int) -> bool:
        """Pass over so many bytes in the middle of a body, or of a chunk; False when that is not where we are."""
        # The last two bytes of a chunk are its line end.
        if length + 2 >= self.left:
            return False
        self.left -= length
        return True

    def feed(self, at: tuple[int, int], data: bytes, start: int, end: int, length: int) -> None:
        """`length` bytes, of which `data[start:end]` are known."""
        if self._reading is Reading.SIZED and length < self.left:
            self.left -= length
            self._listener.body(at, length)
            return
        if self._reading is Reading.LOST and not begins_message(data[start : min(end, start + LONGEST_LINE)]):
            self._listener.body(at, length)
            return
        missing = length - (end - start)
        while start < end and self._reading is not Reading.DONE:
            start = self._step(at, data, start, end)
        if missing > 0:
            self.gap(at, missing)

    def gap(self, at: tuple[int, int], missing: int) -> None:
        """Bytes that nobody captured."""
        if self._reading is Reading.SIZED and missing <= self.left:
            self._body(at, missing)
        elif self._reading is Reading.UNTIL_CLOSE:
            self._listener.body(at, missing)
        elif self._reading is not Reading.DONE:
            whole_lines = self._buffer[: self._buffer.rfind(b"\n") + 1]
            head = read_head(whole_lines + b"\r\n") if self._reading is Reading.HEAD and whole_lines else None
            self._buffer, self._reading, self.left = b"", Reading.LOST, 0
            if head is not None:
                self._listener.head(head, at, None)

    def closed(self, at: tuple[int, int]) -> None:
        """The connection ended in this direction."""
        if self._reading is Reading.UNTIL_CLOSE:
            self._reading = Reading.DONE
            self._listener.end(at)

    def _step(self, at: tuple[int, int], data: bytes, start: int, end: int) -> int:
        if self._reading is Reading.HEAD:
            return self._head(at, data[start:end], end)
        if self._reading is Reading.SIZED:
            size = min(self.left, end - start)
            self._body(at, size)
            return start + size
        if self._reading is Reading.UNTIL_CLOSE:
            self._listener.body(at, end - start)
            return end
        if self._reading is Reading.LOST:
            self._reading = Reading.HEAD
            return start
        return self._chunked(at, data, start, end)

    def _body(self, at: tuple[int, int], size: int) -> None:
        self.left -= size
        if size:
            self._listener.body(at, size)
        if not self.left:
            self._complete(at)

    def _complete(self, at: tuple[int, int]) -> None:
        self._reading = Reading.HEAD
        self._listener.end(at)

    def _head(self, at: tuple[int, int], piece: bytes, end: int) -> int:
        buffer = self._buffer + piece if self._buffer else piece.lstrip(b"\r\n")
        size = end_of_head(buffer)
        if size < 0:
            self._buffer = buffer
            if len(buffer) > LONGEST_HEAD:
                self._give_up(at)
            return end
        self._buffer = b""
        head = read_head(buffer[:size])
        if head is None:
            self._give_up(at)
            return end
        self._begin(self._listener.head(head, at, size), at)
        return end - (len(buffer) - size)

    def _begin(self, length: int | None, at: tuple[int, int]) -> None:
        if length is None:
            self._reading = Reading.LOST
        elif length == NO_HTTP:
            self._reading = Reading.DONE
        elif length == CHUNKED:
            self._reading = Reading.CHUNK_LINE
        elif length == UNTIL_CLOSE:
            self._reading = Reading.UNTIL_CLOSE
        elif length == 0:
            self._complete(at)
        else:
            self._reading, self.left = Reading.SIZED, length

    def _chunked(self, at: tuple[int, int], data: bytes, start: int, end: int) -> int:
        if self._reading is Reading.CHUNK:
            size = min(self.left, end - start)
            self.left -= size
            # The two last bytes are the chunk's line end.
            self._listener.body(at, size - max(0, min(size, 2 - self.left)))
            if not self.left:
                self._reading = Reading.CHUNK_LINE
            return start + size
        line_end = data.find(b"\n", start, end)
        if line_end < 0:
            self._buffer += data[start:end]
            if len(self._buffer) > _CHUNK_LINE:
                self._give_up(at)
            return end
        line, self._buffer = (self._buffer + data[start:line_end]).strip(), b""
        self._chunk_line(at, line)
        return line_end + 1

    def _chunk_line(self, at: tuple[int, int], line: bytes) -> None:
        if self._reading is Reading.TRAILER:
            if not line:
                self._complete(at)
            return
        try:
            size = int(line.split(b";", 1)[0], 16)
        except ValueError:
            self._give_up(at)
            return
        if size > 0:
            self._reading, self.left = Reading.CHUNK, size + 2
        else:
            self._reading = Reading.TRAILER

    def _give_up(self, at: tuple[int, int]) -> None:
        self._reading, self._buffer, self.left = Reading.DONE, b"", 0
        self._listener.unreadable(at)


def begins_message(piece: bytes) -> bool:
    """Whether a segment begins with a message: after a hole, messages are looked for nowhere else."""
    line = piece.split(b"\r\n", 1)[0]
    return line.startswith(b"HTTP/1.") or line.endswith((b" HTTP/1.1", b" HTTP/1.0"))


def end_of_head(buffer: bytes) -> int:
    """Where a head ends, behind its empty line; -1 when it does not yet."""
    strict = buffer.find(b"\r\n\r\n")
    lax = buffer.find(b"\n\n")
    if strict >= 0 and (lax < 0 or strict < lax):
        return strict + 4
    return lax + 2 if lax >= 0 else -1
