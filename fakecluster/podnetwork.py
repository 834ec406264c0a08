"""Every pod's own address: a real loopback one (Linux has all of 127.0.0.0/8), and what listens there.

Several clusters may run on one machine: each keeps a 127.N.0.0/16 for itself by listening on its first
address.
"""

from __future__ import annotations

import errno
import os
import socket
from collections import deque

_FIRST, _LAST = 16, 254
# No well-known one: a real kubelet would hold its own on every address.
_KEEP_PORT = 29087


class PodNetwork:
    """Hands out addresses; one that was given back is used again only after all others."""

    def __init__(self) -> None:
        self._kept, self.block = _keep_a_block()
        self._next = 2
        self._free: deque[str] = deque()

    @property
    def node_address(self) -> str:
        return f"127.{self.block}.0.1"

    def allocate(self) -> str:
        if self._next < 1 << 16:
            number = self._next
            self._next += 1
            return f"127.{self.block}.{number >> 8}.{number & 255}"
        return self._free.popleft()

    def release(self, address: str) -> None:
        self._free.append(address)

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()


def _keep_a_block() -> tuple[socket.socket | None, int]:
    """A socket that keeps others off, and the second byte of our addresses."""
    span = _LAST - _FIRST + 1
    for attempt in range(span):
        block = _FIRST + (os.getpid() + attempt) % span
        kept = socket.socket()
        try:
            kept.bind((f"127.{block}.0.1", _KEEP_PORT))
            kept.listen()
        except OSError as error:
            kept.close()
            if error.errno == errno.EADDRNOTAVAIL:
                return None, block
            continue
        return kept, block
    raise OSError(errno.EADDRINUSE, "no free block of loopback addresses is left")
