"""A process's standard streams, seen from outside: three pipes, or one terminal.

Hides non-blocking descriptors, the terminal's end (EIO is its end of file) and whose ends are whose.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import struct
import termios
from collections.abc import Awaitable, Callable

#: Gets what came out: the stream's name (stdout or stderr) and the bytes.
Sink = Callable[[str, bytes], Awaitable[None]]
_CHUNK = 32 * 1024


class Stdio:
    """`child` are the process's ends; `started` closes them here once it has them."""

    def __init__(self, child: tuple[int, int, int], outputs: dict[str, int], stdin: int | None) -> None:
        self.child = child
        self._outputs = outputs
        self._stdin = stdin
        self._writer: asyncio.StreamWriter | None = None
        self._readers: list[asyncio.ReadTransport] = []

    @classmethod
    def pipes(cls, *, stdin: bool) -> Stdio:
        """Without `stdin` the process reads an empty one."""
        child_in, ours_in = os.pipe() if stdin else (os.open(os.devnull, os.O_RDONLY), None)
        ours_out, child_out = os.pipe()
        ours_err, child_err = os.pipe()
        return cls((child_in, child_out, child_err), {"stdout": ours_out, "stderr": ours_err}, ours_in)

    @classmethod
    def terminal(cls) -> Terminal:
        ours, child = os.openpty()
        return Terminal((child, child, child), {"stdout": ours}, os.dup(ours))

    def started(self) -> None:
        """The process has its ends."""
        for descriptor in set(self.child):
            os.close(descriptor)

    async def copy_output(self, sink: Sink) -> None:
        """Hand everything to `sink`, until every holder of the other end closed it."""
        await asyncio.gather(*(self._copy(name, end, sink) for name, end in self._outputs.items()))

    async def _copy(self, name: str, descriptor: int, sink: Sink) -> None:
        reader = asyncio.StreamReader(limit=_CHUNK)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
        )
        self._readers.append(transport)
        # A terminal whose other end is closed answers EIO.
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                await sink(name, data)

    async def write(self, data: bytes) -> None:
        """Type into it; what nobody reads any more is dropped."""
        if self._stdin is None:
            return
        if self._writer is None:
            self._writer = await _writer(self._stdin)
        if not self._writer.is_closing():
            self._writer.write(data)
            with contextlib.suppress(OSError):
                await self._writer.drain()

    def close_input(self) -> None:
        """End of file on its stdin."""
        if self._stdin is None:
            return
        if self._writer is not None:
            self._writer.close()
        else:
            os.close(self._stdin)
        self._stdin = None

    def resize(self, columns: int, rows: int) -> None:
        """Pipes have no size."""

    def close(self) -> None:
        """Nobody listens any more. Comes after `copy_output` has ended or was cancelled."""
        self.close_input()
        for transport in self._readers:
            transport.close()


class Terminal(Stdio):
    """One pseudo-terminal for all three."""

    def resize(self, columns: int, rows: int) -> None:
        """The kernel tells the foreground process by SIGWINCH."""
        if self._stdin is not None:
            fcntl.ioctl(self._stdin, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


async def _writer(descriptor: int) -> asyncio.StreamWriter:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.streams.FlowControlMixin(loop), os.fdopen(descriptor, "wb", buffering=0)
    )
    return asyncio.StreamWriter(transport, protocol, None, loop)
