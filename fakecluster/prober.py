"""What becomes of a container's probes: started, ready, or ended because it did not start.

A container with a startup probe is neither started nor ready, and its readiness is not asked for, until that probe
has passed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fakecluster import probes
from fakecluster.containerhost import Host
from fakecluster.containers import Container
from fakecluster.podstatus import ContainerRecord


class Prober:
    """Keeps `record.starting` and `record.ready`; `up` is set while the container is started."""

    def __init__(self, record: ContainerRecord, host: Host) -> None:
        self.up = asyncio.Event()
        self.forced_unready = False
        self._record = record
        self._host = host

    def begin(self) -> None:
        """The container has just been started."""
        self.up.clear()
        self._record.starting = "startupProbe" in self._record.spec
        self._settle()

    def force_unready(self, unready: bool) -> None:
        """Make the readiness probe fail, or no longer."""
        self.forced_unready = unready
        record = self._record
        record.ready = record.running and not record.starting and not unready
        self._host.publish()

    async def follow(self, container: Container, is_current: Callable[[], bool]) -> None:
        """Ask as long as it runs; to be cancelled at its end, when `is_current` is no longer true."""
        if self._record.starting:
            if not await probes.startup(self._record.spec, container, self._host, self._not_yet):
                self._end(container, is_current)
                return
            if not is_current():
                return
            self._record.starting = False
            self._settle()
            self._host.publish()
        async for passed in probes.readiness(self._record.spec, container, self._host, self._is_ready):
            # Up to Python 3.11 a cancelled wait_for may still come back with a result.
            if is_current():
                self._record.ready = passed
                self._host.publish()

    def _not_yet(self, why: str) -> None:
        self._tell("Unhealthy", f"Startup probe failed: {why}", warning=True)

    def _end(self, container: Container, is_current: Callable[[], bool]) -> None:
        """TERM, and KILL after the grace period; its restart policy says what follows."""
        restarted = ", will be restarted" if self._host.pod["spec"].get("restartPolicy") != "Never" else ""
        self._tell("Killing", f"Container {self._record.name} failed startup probe{restarted}")
        container.terminate()
        grace = self._host.pod["spec"].get("terminationGracePeriodSeconds", 30)

        def kill() -> None:
            if is_current():
                container.kill()

        asyncio.get_running_loop().call_later(grace, kill)

    def _settle(self) -> None:
        record, probed = self._record, "readinessProbe" in self._record.spec
        if not record.starting:
            self.up.set()
            record.ready = not probed and not self._host.settings.readiness_delay and not self.forced_unready

    def _is_ready(self) -> tuple[bool, bool]:
        """Whether it is, and whether it is forced not to be."""
        return self._record.ready, self.forced_unready

    def _tell(self, reason: str, message: str, *, warning: bool = False) -> None:
        field = f"spec.containers{{{self._record.name}}}"
        self._host.events.record(self._host.pod, reason, message, warning=warning, field=field)
