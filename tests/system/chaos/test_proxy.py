"""Whom a node sends a new connection to, and when it believes what it has learnt."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from tests.system.chaos.load.proxy import Endpoint, Node, endpoints_of

READY = Endpoint("127.0.0.2", 80, ready=True, serving_to_the_end=False)
ENDING = Endpoint("127.0.0.3", 80, ready=False, serving_to_the_end=True)
DEAD = Endpoint("127.0.0.4", 80, ready=False, serving_to_the_end=False)


def chosen(node: Node) -> set[Endpoint | None]:
    """More often than one could be missed."""
    return {node.choose() for _ in range(200)}


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        ([READY, ENDING, DEAD], {READY}),
        ([ENDING, DEAD], {ENDING}),
        ([DEAD], {None}),
        ([], {None}),
    ],
)
def test_terminating_endpoints_are_the_last_resort(
    there: list[Endpoint], taken: set[Endpoint | None]
) -> None:
    node = Node((0.0, 0.5), Random(1))
    node.start_with(there)
    assert chosen(node) == taken


def test_all_ready_endpoints_get_their_share() -> None:
    others = [Endpoint(f"127.0.0.{n}", 80, ready=True, serving_to_the_end=False) for n in range(10, 15)]
    node = Node((0.0, 0.5), Random(1))
    node.start_with(others)
    assert chosen(node) == set(others)


class Diary(Node):
    """Remembers what it applied; an empty list is the last."""

    def __init__(self, delay: tuple[float, float], dice: Random) -> None:
        super().__init__(delay, dice)
        self.applied: list[Sequence[Endpoint]] = []
        self.done = asyncio.Event()

    def start_with(self, endpoints: Sequence[Endpoint]) -> None:
        self.applied.append(endpoints)
        if not endpoints:
            self.done.set()


def test_changes_are_applied_late_and_in_order() -> None:
    wanted: list[Sequence[Endpoint]] = [[READY] * number for number in range(100, -1, -1)]

    async def learn() -> None:
        node = Diary((0.0, 0.05), Random(1))
        for endpoints in wanted:
            node.learn(endpoints)
        assert node.applied == []
        await asyncio.wait_for(node.done.wait(), 20)
        assert node.applied == wanted

    asyncio.run(learn())


@pytest.mark.parametrize(
    ("conditions", "ready", "serving_to_the_end"),
    [
        ({"ready": True, "serving": True, "terminating": False}, True, False),
        ({"ready": False, "serving": True, "terminating": True}, False, True),
        ({"ready": False, "serving": False, "terminating": True}, False, False),
        ({"ready": False, "serving": False, "terminating": False}, False, False),
        ({}, True, False),
        ({"ready": None, "serving": None, "terminating": None}, True, False),
    ],
)
def test_conditions_are_read_as_kube_proxy_reads_them(
    conditions: dict[str, Any], ready: bool, serving_to_the_end: bool
) -> None:
    slice_ = {
        "ports": [{"name": "metrics", "port": 9090}, {"name": "http", "port": 8080}],
        "endpoints": [{"addresses": ["127.0.0.2"], "conditions": conditions}],
    }
    assert endpoints_of(slice_, "http") == [Endpoint("127.0.0.2", 8080, ready, serving_to_the_end)]
    assert endpoints_of(slice_, "https") == []
