"""The load generator: one event loop in a thread of its own, for the clients of any number of Services."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from concurrent.futures import Future
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from random import Random
from types import TracebackType

from fakecluster.client import Api
from tests.system.chaos.load.client import Memory
from tests.system.chaos.load.clients import Clients, Conditions, Crowd
from tests.system.chaos.load.habits import PATIENT, PLAIN, Mix, Range
from tests.system.chaos.load.slices import Slices

_TLS_END_SECONDS = 0.25


class Load(AbstractContextManager["Load"]):
    """`kubeconfig` is the admin's. Every node's proxy applies a change 0 to `proxy_delay` seconds late.

    `life` is how many seconds a kept connection lasts, at least and at most; `mix` how many clients of which kind each
    Service gets; `patient` how many seconds one is in the middle of something.
    """

    def __init__(
        self,
        kubeconfig: Path,
        proxy_delay: float = 0.5,
        life: tuple[float, float] = (2.0, 4.0),
        seed: int | None = None,
        mix: Mix = PLAIN,
        patient: Range = PATIENT,
    ) -> None:
        self._slices = Slices(Api(kubeconfig))
        self._conditions = Conditions(proxy_delay, life, mix, patient)
        self._dice = Random(seed)
        self._loop: Future[asyncio.AbstractEventLoop] = Future()
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="load", daemon=True)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.result().call_soon_threadsafe(self._ending.set)
        self._thread.join()

    def start(self, namespace: str, service: str, port: int, mix: Mix | None = None) -> Clients:
        """Clients of that port of a Service that exists (`mix`: others); returns at once, whatever becomes of them."""
        conditions = dataclasses.replace(self._conditions, mix=mix or self._conditions.mix)
        memory, dice = Memory(namespace, service), Random(self._dice.random())
        crowd = Crowd(self._slices, memory, port, conditions, dice)
        return Clients(crowd, memory, self._loop.result())

    async def _live(self) -> None:
        self._loop.set_result(asyncio.get_running_loop())
        following = asyncio.create_task(self._slices.follow())
        await self._ending.wait()
        following.cancel()
        # What ended it before that is an error of this thread.
        with suppress(asyncio.CancelledError):
            await following
        # https://docs.aiohttp.org/en/stable/client_advanced.html#graceful-shutdown
        await asyncio.sleep(_TLS_END_SECONDS)
