"""One client on a node of its own: when it sends, on which connection, and what it makes of a lost answer."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from random import Random

from tests.system.chaos.load.habits import STICKY, Habit
from tests.system.chaos.load.proxy import Endpoint, Node
from tests.system.chaos.load.records import Connection, Kind, Outcome, Request, now
from tests.system.chaos.load.udp import exchange
from tests.system.chaos.load.wire import Lost, Wire

_connections = itertools.count(1)


class Memory:
    """What the clients of one Service remember together."""

    def __init__(self, namespace: str, service: str) -> None:
        self.namespace, self.service = namespace, service
        self.requests: list[Request] = []
        self.connections: list[Connection] = []


@dataclass(frozen=True)
class Attempt:
    """`unanswered`: the server ended the connection instead of answering."""

    outcome: Outcome
    backend: str = ""
    connection: int = 0
    answered_by: str = ""
    unanswered: bool = False


class Client:
    """Runs until `ending` is set."""

    def __init__(self, habit: Habit, node: Node, memory: Memory, dice: Random) -> None:
        self._habit = habit
        self._node = node
        self._memory = memory
        self._dice = dice
        self._wire: Wire | None = None
        self._cached: Endpoint | None = None
        self._closes_at = 0.0

    async def run(self, ending: asyncio.Event) -> None:
        while not await _set_within(ending, self._dice.uniform(*self._habit.pause)):
            await self._request()
            if self._is_old():
                self._close()
        self._close()

    async def _request(self) -> None:
        started = now()
        if self._wire is not None and (not self._wire.is_open or self._is_old()):
            self._close()
        used = self._wire is not None
        attempt, first = await self._attempt(), 0
        outcome = attempt.outcome
        if used and attempt.unanswered:
            first, attempt = attempt.connection, await self._attempt()
            outcome = Outcome.RETRIED if attempt.outcome is Outcome.OK else attempt.outcome
        self._memory.requests.append(
            Request(
                self._memory.namespace,
                self._memory.service,
                self._habit.kind,
                attempt.backend,
                attempt.connection,
                started,
                now(),
                outcome,
                attempt.answered_by,
                first,
            )
        )

    async def _attempt(self) -> Attempt:
        wire = self._wire
        if wire is None:
            endpoint = self._choose()
            if endpoint is None:
                return Attempt(Outcome.NO_ENDPOINT)
            if self._habit.kind is Kind.UDP:
                outcome, answer = await exchange(endpoint)
                return Attempt(outcome, endpoint.backend, answered_by=answer)
            try:
                wire = self._wire = await self._connect(endpoint)
            except Lost as lost:
                return Attempt(lost.outcome, endpoint.backend)
        return await self._ask(wire)

    def _choose(self) -> Endpoint | None:
        if self._habit.kind not in STICKY:
            return self._node.choose()
        known = self._habit.kind is Kind.CACHING or self._node.knows(self._cached)
        if self._cached is None or self._is_old() or not known:
            self._cached = self._node.choose()
            self._closes_at = self._end_of_life()
        return self._cached

    async def _connect(self, endpoint: Endpoint) -> Wire:
        connection = Connection(next(_connections), self._habit.kind, endpoint.backend, now())
        wire = await Wire.connect(endpoint, connection, self._habit.room)
        self._memory.connections.append(connection)
        if self._habit.kind not in STICKY:
            self._closes_at = self._end_of_life()
        return wire

    async def _ask(self, wire: Wire) -> Attempt:
        connection = wire.connection
        try:
            reply = await wire.get(self._habit.ask(self._dice))
        except Lost as lost:
            self._close()
            ended = lost.outcome in (Outcome.CUT, Outcome.RESET) and not lost.answered
            return Attempt(lost.outcome, connection.backend, connection.id, unanswered=ended)
        outcome = Outcome.OK if reply.status == 200 else Outcome.BAD_STATUS
        return Attempt(outcome, connection.backend, connection.id, reply.body)

    def _end_of_life(self) -> float:
        return asyncio.get_running_loop().time() + self._dice.uniform(*self._habit.life)

    def _is_old(self) -> bool:
        return asyncio.get_running_loop().time() >= self._closes_at

    def _close(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        return await asyncio.wait_for(event.wait(), seconds)
    except asyncio.TimeoutError:
        return False
