"""All containers of one pod together: found by name, stopped within the grace period, killed, settled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from fakecluster.containerhost import Host
from fakecluster.containerrunner import ContainerRunner
from fakecluster.kinds import Object


class PodContainers:
    """`ephemeral` may grow; the others are as in the specification."""

    def __init__(self, host: Host, spec: Object) -> None:
        policy = spec.get("restartPolicy", "Always")
        init_policy = "Never" if policy == "Never" else "OnFailure"
        self.init = [
            ContainerRunner(host, c, c.get("restartPolicy", init_policy))
            for c in spec.get("initContainers") or ()
        ]
        self.main = [ContainerRunner(host, c, policy) for c in spec["containers"]]
        self.ephemeral: list[ContainerRunner] = []

    def __iter__(self) -> Iterator[ContainerRunner]:
        return iter((*self.main, *self.init, *self.ephemeral))

    def find(self, name: str) -> ContainerRunner | None:
        return next((runner for runner in self if runner.record.name == name), None)

    async def over(self) -> None:
        """Until all have ended for good."""
        await asyncio.gather(*(runner.over() for runner in self))

    async def stop(self, grace_seconds: Callable[[], float], hurry: asyncio.Event) -> None:
        """TERM; KILL for what still runs after the grace period, which may be shortened (`hurry`) meanwhile."""
        for runner in self:
            runner.terminate()
        loop = asyncio.get_running_loop()
        began = loop.time()
        over = asyncio.ensure_future(self.over())
        while not over.done() and (left := began + grace_seconds() - loop.time()) > 0:
            hurry.clear()
            hurried = asyncio.ensure_future(hurry.wait())
            await asyncio.wait({over, hurried}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            hurried.cancel()
        await self.kill()
        await over

    async def kill(self) -> None:
        """KILL, and no restart."""
        for runner in self:
            runner.terminate()
            runner.kill()
        await self.over()

    def hush(self, silent: bool) -> None:
        """The network of the node takes everything and brings nothing back, or is as before."""
        for runner in self:
            if runner.container is not None:
                runner.container.hush(silent)

    def settle(self) -> None:
        """The pod has ended: each says how it did."""
        for runner in self:
            runner.settle()
