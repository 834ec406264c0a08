"""How much of an answer is taken, whoever gives it: so many bytes, and an end in time, headers included.

urllib3's read timeout is that of one `recv`: a server that drips a byte a second is never late. And http.client
believes what a server says of sizes (a chunk of -1 bytes is "all there is"). So both are counted below them, where
bytes come out of the socket.
"""

import http.client
import io
import socket
import time
from typing import Any

from kubectl_netshoot.errors import ApiError

MAX_ANSWER = 16 * 1024 * 1024
# An answer may come in pieces; all of them together may take so many times what one silence may.
PATIENCE = 4
SILENCE_SECONDS = 15.0


class OversizeError(ApiError):
    """The answer is longer than we read. The same request would get the same answer, a smaller page may not."""

    def __init__(self) -> None:
        super().__init__(f"the API server's answer is larger than {MAX_ANSWER // 1024 // 1024} MB")

    @property
    def transient(self) -> bool:
        return False


class _Counted(io.RawIOBase):
    """The bytes of one answer, out of a socket whose timeout is the longest silence."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        super().__init__()
        self._raw, self._sock = raw, sock
        self._silence = sock.gettimeout() or SILENCE_SECONDS
        self._end = time.monotonic() + PATIENCE * self._silence
        self._left = MAX_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError(f"no whole answer in {PATIENCE * self._silence:.0f} seconds")
        self._sock.settimeout(min(self._silence, seconds))
        count: int | None = self._raw.readinto(buffer)
        self._left -= count or 0
        if self._left < 0:
            raise OversizeError
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class BoundResponse(http.client.HTTPResponse):
    """An answer that ends. Reads raise OversizeError or TimeoutError."""

    def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp = io.BufferedReader(_Counted(self.fp.detach(), sock))
