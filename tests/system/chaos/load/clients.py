"""The clients of one Service: how they run in the load's loop, and the handle by which another thread watches them."""

from __future__ import annotations

import asyncio
import dataclasses
from concurrent.futures import Future
from dataclasses import dataclass
from random import Random

from tests.system.chaos.load.client import Client, Memory
from tests.system.chaos.load.habits import Mix, Range, habits
from tests.system.chaos.load.proxy import Endpoint, Node, endpoints_of
from tests.system.chaos.load.records import Connection, Outcome, Record, Request
from tests.system.chaos.load.slices import Json, Slices
from tests.waiting import until


@dataclass(frozen=True)
class Conditions:
    """What the clients of a load are: seconds until a node applies a change, those of a kept connection, the kinds,
    and for how many seconds a client is in the middle of something.
    """

    proxy_delay: float
    life: Range
    mix: Mix
    patient: Range


class Crowd:
    """The clients, each on a node of its own; lives in the loop."""

    def __init__(
        self, slices: Slices, memory: Memory, port: int, conditions: Conditions, dice: Random
    ) -> None:
        self._slices = slices
        self._memory = memory
        self._port = port
        self._dice = dice
        self._habits = list(
            habits(conditions.mix, conditions.life, conditions.proxy_delay, conditions.patient)
        )
        self._nodes = [Node(habit.delay, dice) for habit in self._habits]
        self._port_name = ""
        self.ending = asyncio.Event()

    async def run(self) -> None:
        """Until `ending` is set. Raises LookupError when the Service has no such port."""
        where = self._memory.namespace, self._memory.service
        self._port_name = await self._slices.port_name(*where, self._port)
        present = self._endpoints(await self._slices.listen(*where, self._learn))
        for node in self._nodes:
            node.start_with(present)
        try:
            clients = zip(self._habits, self._nodes, strict=True)
            work = (Client(habit, node, self._memory, self._dice) for habit, node in clients)
            await asyncio.gather(*(client.run(self.ending) for client in work))
        finally:
            self._slices.leave(*where, self._learn)

    def _learn(self, slices: list[Json]) -> None:
        endpoints = self._endpoints(slices)
        for node in self._nodes:
            node.learn(endpoints)

    def _endpoints(self, slices: list[Json]) -> list[Endpoint]:
        return [endpoint for slice_ in slices for endpoint in endpoints_of(slice_, self._port_name)]


class Clients:
    """To be used from any thread but the load's own."""

    def __init__(self, crowd: Crowd, memory: Memory, loop: asyncio.AbstractEventLoop) -> None:
        self._crowd = crowd
        self._memory = memory
        self._loop = loop
        self._running: Future[None] = asyncio.run_coroutine_threadsafe(crowd.run(), loop)

    @property
    def count(self) -> int:
        """How many requests have ended."""
        return len(self._memory.requests)

    def requests(self) -> list[Request]:
        """Those that have ended until now."""
        return list(self._memory.requests)

    def failures(self) -> list[Request]:
        return [request for request in self.requests() if request.outcome.is_failure]

    def connections(self) -> list[Connection]:
        """Those that were opened until now."""
        return list(self._memory.connections)

    def wait_until_served(self, count: int = 5) -> None:
        """Until so many more requests were answered than now. Raises AssertionError when that never comes."""
        wanted = self._served() + count
        until(lambda: self._served() >= wanted, f"{count} answers", lambda: self.requests()[-5:])

    def stop(self) -> Record:
        """Each client ends its request, in 15 seconds at most, and closes its connection; then all that happened."""
        self._loop.call_soon_threadsafe(self._crowd.ending.set)
        self._running.result()
        connections = (dataclasses.replace(connection) for connection in self._memory.connections)
        return Record(tuple(self._memory.requests), tuple(connections))

    def _served(self) -> int:
        if self._running.done():
            self._running.result()
        return sum(request.outcome is Outcome.OK for request in self.requests())
