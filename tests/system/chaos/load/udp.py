"""One datagram to a backend, and the one that answers it; sent once more when nothing comes, as resolvers do."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.system.chaos.load.proxy import Endpoint
from tests.system.chaos.load.records import Outcome

PATIENCE_SECONDS = 2.0
TRIES = 2


class _Answer(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.came: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:  # noqa: ARG002
        if not self.came.done():
            self.came.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.came.done():
            self.came.set_exception(exc)


async def exchange(endpoint: Endpoint) -> tuple[Outcome, str]:
    """How it went, and what was answered. REFUSED: a message of ICMP said that nobody listens."""
    loop = asyncio.get_running_loop()
    where = endpoint.address, endpoint.port
    transport, answer = await loop.create_datagram_endpoint(_Answer, remote_addr=where)
    try:
        for _ in range(TRIES):
            transport.sendto(b"who\n")
            await asyncio.wait((answer.came,), timeout=PATIENCE_SECONDS)
            if answer.came.done():
                return Outcome.OK, answer.came.result().decode().strip()
    except OSError:
        return Outcome.REFUSED, ""
    finally:
        transport.close()
    return Outcome.TIMEOUT, ""
