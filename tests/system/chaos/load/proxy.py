"""The kube-proxy (iptables) of one node: which endpoint a new connection gets, some time after the slices say so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

_ORDER_SECONDS = 1e-6


@dataclass(frozen=True)
class Endpoint:
    """One address of one port of a Service."""

    address: str
    port: int
    ready: bool
    serving_to_the_end: bool

    @property
    def backend(self) -> str:
        return f"{self.address}:{self.port}"


def endpoints_of(slice_: dict[str, Any], port_name: str) -> list[Endpoint]:
    """Those of an EndpointSlice for that port of the Service."""
    ports = [p["port"] for p in slice_.get("ports") or () if (p.get("name") or "") == port_name]
    return [
        Endpoint(address, port, _truth(conditions, "ready", True), _serves_to_the_end(conditions))
        for endpoint in slice_.get("endpoints") or ()
        for conditions in [endpoint.get("conditions") or {}]
        for address in endpoint["addresses"][:1]
        for port in ports
    ]


def _truth(conditions: dict[str, Any], name: str, default: bool) -> bool:
    value = conditions.get(name)
    return default if value is None else bool(value)


def _serves_to_the_end(conditions: dict[str, Any]) -> bool:
    ready = _truth(conditions, "ready", True)
    return _truth(conditions, "serving", ready) and _truth(conditions, "terminating", False)


class Node:
    """Learns at once, applies that a `delay` of so many seconds later, and never out of order."""

    def __init__(self, delay: tuple[float, float], dice: Random) -> None:
        self._delay = delay
        self._dice = dice
        self._endpoints: Sequence[Endpoint] = ()
        self._last = 0.0

    def start_with(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = endpoints

    def learn(self, endpoints: Sequence[Endpoint]) -> None:
        loop = asyncio.get_running_loop()
        self._last = max(self._last + _ORDER_SECONDS, loop.time() + self._dice.uniform(*self._delay))
        loop.call_at(self._last, self.start_with, endpoints)

    def knows(self, endpoint: Endpoint | None) -> bool:
        """Whether it would still send somebody there, as one with session affinity does."""
        return (
            any(one.backend == endpoint.backend and one.ready for one in self._endpoints)
            if endpoint
            else False
        )

    def choose(self) -> Endpoint | None:
        """A ready one; where there is none, one that terminates but still serves; None where there is neither."""
        able = [e for e in self._endpoints if e.ready] or [e for e in self._endpoints if e.serving_to_the_end]
        return self._dice.choice(able) if able else None
