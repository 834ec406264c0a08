"""What a fake app container does with datagrams: each is answered with the pod's name."""

from __future__ import annotations

import asyncio
from typing import Any, cast


class Datagrams(asyncio.DatagramProtocol):
    """Answers while `heard` is set; what comes meanwhile is lost."""

    def __init__(self, answer: bytes, heard: asyncio.Event) -> None:
        self._answer, self._heard = answer, heard
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Up to Python 3.11 asyncio's own is none by its class.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:  # noqa: ARG002
        if self._transport is not None and self._heard.is_set():
            self._transport.sendto(self._answer, addr)
