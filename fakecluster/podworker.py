"""One pod on its node, from the binding to the last word: what the kubelet's pod worker does.

Hides the order of things: sandbox, containers, deadline, grace period; and that each is told to the API server.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path

from fakecluster import capabilities, kinds, podstatus
from fakecluster.containerrunner import ContainerRunner
from fakecluster.environment import Place, container_environment, misconfigured
from fakecluster.events import EventRecorder
from fakecluster.kinds import Object
from fakecluster.objects import is_terminating, key_of, uid_of
from fakecluster.podcontainers import PodContainers
from fakecluster.podnetwork import PodNetwork
from fakecluster.podstatus import Failure, PodRecord
from fakecluster.settings import Settings
from fakecluster.store import Store
from fakecluster.timestamps import from_now, parse, rfc3339


@dataclass(frozen=True)
class Node:
    """What all pods of the machine share."""

    store: Store
    settings: Settings
    network: PodNetwork
    directory: Path
    standins: Path
    services: str


class PodWorker:
    """Begins as soon as it is made; `observe` tells it what became of the pod."""

    def __init__(self, node: Node, pod: Object, host_ip: str) -> None:
        self.pod = pod
        self.settings = node.settings
        self.events = EventRecorder(node.store, "kubelet", pod["spec"]["nodeName"])
        self.directory = node.directory / uid_of(pod)
        self.suspended = False
        self._node = node
        self._store = node.store
        self.containers = PodContainers(self, pod["spec"])
        init, main = ([r.record for r in group] for group in (self.containers.init, self.containers.main))
        self.record = PodRecord(init, main, host_ip=host_ip)
        self.record.observed_generation = pod["metadata"].get("generation", 1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._supervisors: set[asyncio.Task[None]] = set()
        self._ending: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._hurry = asyncio.Event()
        self._bringing_up = self._begin(self._bring_up())

    @property
    def address(self) -> str:
        return self.record.pod_ip

    @property
    def _wires(self) -> Path:
        return self._node.directory / "wires"

    def environment(self, spec: Object) -> dict[str, str]:
        path = [*self.settings.standins, str(self._node.standins)]
        held = capabilities.effective(self.pod["spec"], spec, self.settings.user_of(spec))
        place = Place(self.address, self.directory, path, self._node.services, self._wires)
        return container_environment(self._store, self.pod, spec, place, held)

    def misconfigured(self, spec: Object) -> str:
        return misconfigured(self._store, self.pod, spec)

    def observe(self, pod: Object) -> None:
        """The API server has a newer version of the pod; a node that is cut off does not see it yet."""
        self.pod = pod
        if self.suspended:
            return
        self._watch_deadline()
        # Where the init containers are does not matter to them, as soon as there is a sandbox.
        if self.record.pod_ip:
            self._start_ephemeral()
        if is_terminating(pod):
            self._hurry.set()
            self._end(self._terminate())
        elif pod["metadata"].get("generation", 1) != self.record.observed_generation:
            self._begin(self._acknowledge())

    def publish(self) -> None:
        """Tell the API server, if anything is new."""
        key = key_of(self.pod)
        present = self._store.find(kinds.PODS, *key)
        if self.suspended or present is None or uid_of(present) != uid_of(self.pod):
            return
        status = podstatus.status(present, self.record, rfc3339())
        if status != present.get("status"):
            self._store.mutate(kinds.PODS, *key, lambda pod: pod.update(status=status))

    def suspend(self, suspended: bool) -> None:
        """The node is cut off from the API server, or back."""
        self.suspended = suspended
        if not suspended:
            self.publish()
            self.observe(self.pod)

    async def abandon(self) -> None:
        """The pod is gone, or the cluster stops: end everything at once."""
        for task in (*self._tasks, *([self._ending] if self._ending else [])):
            task.cancel()
        await self.containers.kill()
        self._clean_up()

    async def _bring_up(self) -> None:
        self.directory.mkdir(parents=True)
        self.record.start_time = self._clock()
        self._watch_deadline()
        self.publish()
        await asyncio.sleep(self.settings.sandbox_delay)
        self.record.sandbox_ready = True
        self.publish()
        shared = self.pod["spec"].get("hostNetwork")
        self.record.pod_ip = self.record.host_ip if shared else self._node.network.allocate()
        self._wires.mkdir(exist_ok=True)
        (self._wires / self.record.pod_ip).unlink(missing_ok=True)
        self._start_ephemeral()
        for runner in self.containers.init:
            if not await self._run_init(runner):
                return
        for runner in self.containers.main:
            await runner.start()
        self.publish()
        for runner in self.containers.main:
            self._supervise(runner)

    async def _run_init(self, runner: ContainerRunner) -> bool:
        """Whether it went well; a fake one does, after a while. Of a sidecar only the start is waited for."""
        await runner.start()
        self.publish()
        if runner.record.is_sidecar:
            runner.supervise()
            await runner.prober.up.wait()
            return True
        done = asyncio.get_running_loop().call_later(self.settings.init_seconds, runner.complete)
        await asyncio.shield(runner.supervise())
        done.cancel()
        return runner.record.exit_code == 0

    def _supervise(self, runner: ContainerRunner) -> None:
        task = runner.supervise()
        self._supervisors.add(task)
        task.add_done_callback(self._one_is_over)

    def _one_is_over(self, task: asyncio.Task[None]) -> None:
        self._supervisors.discard(task)
        if (
            self._ending is None
            and all(r.record.exit_code is not None for r in self.containers.main)
            and not self._supervisors
        ):
            self._end(self._complete())

    async def _complete(self) -> None:
        """All containers ended by themselves, for good."""
        self.record.ended = True
        self.record.sandbox_ready = False
        self.publish()
        await self.containers.kill()

    def _start_ephemeral(self) -> None:
        known = {r.record.name for r in self.containers.ephemeral}
        for spec in self.pod["spec"].get("ephemeralContainers") or ():
            if spec["name"] not in known and self._ending is None:
                runner = ContainerRunner(self, spec, "Never")
                self.containers.ephemeral.append(runner)
                self.record.ephemeral.append(runner.record)
                self._begin(self._run_ephemeral(runner))

    async def _run_ephemeral(self, runner: ContainerRunner) -> None:
        self.publish()
        await runner.start()
        self.publish()
        runner.supervise()

    async def _acknowledge(self) -> None:
        await asyncio.sleep(self.settings.observe_delay)
        self.record.observed_generation = self.pod["metadata"].get("generation", 1)
        self.publish()

    def _clock(self) -> str:
        """The node's: a pod's start and its deadline are by that (pkg/kubelet/active_deadline.go)."""
        return from_now(self.settings.node_clock)

    def _watch_deadline(self) -> None:
        seconds = self.pod["spec"].get("activeDeadlineSeconds")
        if self._deadline is not None:
            self._deadline.cancel()
        if seconds is None or not self.record.start_time or self._ending is not None:
            return
        age = parse(self._clock()).timestamp() - parse(self.record.start_time).timestamp()
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(max(0.0, seconds - age), self._deadline_passed)

    def _deadline_passed(self) -> None:
        message = "Pod was active on the node longer than the specified deadline"
        self.events.record(self.pod, "DeadlineExceeded", message)
        self._end(self._fail("DeadlineExceeded", message))

    def evict(self, message: str) -> None:
        """The node needs its resources back."""
        self.events.record(self.pod, "Evicted", message, warning=True)
        self._end(self._fail("Evicted", message))

    async def _fail(self, reason: str, message: str) -> None:
        """First not ready any more, then ended, then Failed."""
        self.record.failure = Failure(reason, message)
        self.publish()
        await self._stop_containers()

    async def _terminate(self) -> None:
        self.record.observed_generation = self.pod["metadata"].get("generation", 1)
        self.publish()
        await self._stop_containers()

    async def _stop_containers(self) -> None:
        self._bringing_up.cancel()
        await self.containers.stop(self._grace_seconds, self._hurry)
        self.containers.settle()
        self.record.ended = True
        self.record.sandbox_ready = False
        self.publish()

    def _grace_seconds(self) -> float:
        asked = self.pod["metadata"].get("deletionGracePeriodSeconds")
        own = self.pod["spec"].get("terminationGracePeriodSeconds", 30)
        return float(own if asked is None else asked)

    def _end(self, ending: Coroutine[None, None, None]) -> None:
        """There is one end only; a pod that has come to it and is, or will be, deleted goes then."""
        if self._ending is None:
            self._ending = asyncio.ensure_future(ending)
            self._ending.add_done_callback(self._remove_if_deleted)
            return
        ending.close()
        if self._ending.done():
            self._remove_if_deleted(self._ending)

    def _remove_if_deleted(self, ending: asyncio.Task[None]) -> None:
        if is_terminating(self.pod) and not self.suspended and not ending.cancelled():
            self._store.remove(kinds.PODS, *key_of(self.pod), uid=uid_of(self.pod))

    def _begin(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _clean_up(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        if self.record.pod_ip and self.record.pod_ip != self.record.host_ip:
            self._node.network.release(self.record.pod_ip)
        shutil.rmtree(self.directory, ignore_errors=True)
