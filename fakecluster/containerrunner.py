"""One container's life in its pod: pulled, started, probed, ended, backed off, started again.

Hides images (which are missing, which really run), variables that cannot be made, and the crash loop; the pod's
worker only starts and stops it.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets

from fakecluster.containerhost import BackOff, Host
from fakecluster.containers import KILLED, Container, Exit, FakeContainer
from fakecluster.kinds import Object
from fakecluster.launching import full_name, launch, why_not
from fakecluster.logs import ContainerLog
from fakecluster.podstatus import ContainerRecord
from fakecluster.prober import Prober
from fakecluster.settings import ImageRule
from fakecluster.timestamps import rfc3339

MISCONFIGURED = "CreateContainerConfigError"


class ContainerRunner:
    """`restart_policy` is Always, OnFailure or Never."""

    def __init__(self, host: Host, spec: Object, restart_policy: str) -> None:
        self.record = ContainerRecord(spec)
        self.container: Container | None = None
        self.log: ContainerLog | None = None
        self.previous_log: ContainerLog | None = None
        self.prober = Prober(self.record, host)
        self._host = host
        self._restart_policy = restart_policy
        self._back_off = BackOff()
        self._image_back_off = 0.0
        self._started_at = 0.0
        self._stopping = False
        self._supervisor: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Pull and start, once. How that went is in the record."""
        rule = self._rule()
        if rule.effect == "missing":
            self._pull_failed(rule)
            return
        await self._pull()
        if why := self._host.misconfigured(self.record.spec):
            self.record.state = {"waiting": {"reason": MISCONFIGURED, "message": why}}
            self._tell("Failed", f"Error: {why}", warning=True)
            return
        await asyncio.sleep(self._host.settings.start_delay)
        self._tell("Created", "Container created")
        self.previous_log, self.log = self.log, ContainerLog(self._host.settings.log_lines)
        self._identify()
        self._started_at = asyncio.get_running_loop().time()
        try:
            self.container = await launch(rule, self.record.spec, self._host, self.log)
        except OSError as error:
            self._could_not_start(error)
            return
        self._tell("Started", "Container started")
        self.record.state = {"running": {"startedAt": rfc3339()}}
        self.prober.begin()

    def supervise(self) -> asyncio.Task[None]:
        """Look after it from now on; done when it will not run again."""
        self._supervisor = asyncio.ensure_future(self._supervise())
        return self._supervisor

    async def over(self) -> None:
        """Until it has ended for good."""
        if self._supervisor is not None:
            await asyncio.wait({self._supervisor})

    def complete(self) -> None:
        """An init container that is only a fake has done its work."""
        if isinstance(self.container, FakeContainer):
            self.container.kill(Exit.of_code(0))

    def terminate(self) -> None:
        """TERM, and no restart. What does not run ends at once."""
        self._stopping = True
        if self.container is not None:
            self._supervisor = self._supervisor or self.supervise()
            self._tell("Killing", f"Stopping container {self.record.name}")
            self.container.terminate()
        elif self._supervisor is not None:
            self._supervisor.cancel()

    def kill(self, how: Exit = KILLED) -> None:
        """KILL; whether it is restarted is another matter."""
        if self.container is not None:
            self.container.kill(how)

    def settle(self) -> None:
        """The pod has ended: say how this container did."""
        self.record.ready = False
        if "terminated" not in self.record.state:
            unknown = {
                "exitCode": KILLED.code,
                "reason": "ContainerStatusUnknown",
                "message": "The container could not be located when the pod was terminated",
                "startedAt": None,
                "finishedAt": None,
            }
            self.record.state = self.record.last_state or {"terminated": unknown}

    def _rule(self) -> ImageRule:
        return self._host.settings.rule_for(self.record.spec.get("image", ""))

    async def _supervise(self) -> None:
        while True:
            if self.container is not None:
                how = await self._run_to_its_end(self.container)
                if not self._restarts(how):
                    return
                await self._wait_out_the_back_off(how)
            elif "terminated" in self.record.state:
                if not self._restarts(Exit.of_code(128)):
                    return
                await self._wait_out_the_back_off(Exit.of_code(128))
            elif self.record.state["waiting"]["reason"] == MISCONFIGURED:
                await asyncio.sleep(self._host.settings.image_back_off)
            else:
                await self._wait_for_the_image()
            await self._start_again()

    async def _run_to_its_end(self, container: Container) -> Exit:
        probing = asyncio.ensure_future(self.prober.follow(container, lambda: self.container is container))
        try:
            how = await container.wait()
        finally:
            probing.cancel()
        if self.log is not None:
            self.log.end()
        self.container = None
        self.record.ready = False
        self.record.state = {"terminated": self._terminated(how)}
        if not self._stopping:
            self._host.publish()
        return how

    def _terminated(self, how: Exit) -> Object:
        started = self.record.state.get("running", {}).get("startedAt", rfc3339())
        return {
            "exitCode": how.code,
            "reason": how.reason,
            "startedAt": started,
            "finishedAt": rfc3339(),
            "containerID": self.record.container_id,
        }

    def _restarts(self, how: Exit) -> bool:
        if self._stopping or self._restart_policy == "Never":
            return False
        return self._restart_policy == "Always" or how.code != 0

    async def _wait_out_the_back_off(self, how: Exit) -> None:
        ran_for = asyncio.get_running_loop().time() - self._started_at
        seconds = self._back_off.next(self._host.settings, ran_for)
        if seconds:
            await asyncio.sleep(self._host.settings.observe_delay)
            self._crash_loop(seconds, how)
            await asyncio.sleep(seconds)

    def _crash_loop(self, seconds: float, how: Exit) -> None:
        metadata = self._host.pod["metadata"]
        pod = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
        name = self.record.name
        self.record.last_state = {"terminated": self.record.state.get("terminated") or {"exitCode": how.code}}
        message = f"back-off {seconds:g}s restarting failed container={name} pod={pod}"
        self.record.state = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
        self._tell("BackOff", f"Back-off restarting failed container {name} in pod {pod}", warning=True)
        self._host.publish()

    async def _start_again(self) -> None:
        if "terminated" in self.record.state:
            self.record.last_state = self.record.state
        if self.record.last_state:
            self.record.restart_count += 1
        await self.start()
        self._host.publish()

    async def _pull(self) -> None:
        image, seconds = self.record.spec.get("image", ""), self._host.settings.pull_delay
        if seconds:
            self._tell("Pulling", f'Pulling image "{image}"')
            await asyncio.sleep(seconds)
            self._tell("Pulled", f'Successfully pulled image "{image}" in {seconds:g}s')
        else:
            present = "already present on machine and can be accessed by the pod"
            self._tell("Pulled", f'Container image "{image}" {present}')

    def _pull_failed(self, rule: ImageRule) -> None:
        image = self.record.spec["image"]
        resolving = f'failed to resolve reference "{image}": {rule.message}'
        message = f'failed to pull and unpack image "{image}": {resolving}'
        self.record.state = {"waiting": {"reason": "ErrImagePull", "message": message}}
        self._tell("Pulling", f'Pulling image "{image}"')
        self._tell("Failed", f'Failed to pull image "{image}": {message}', warning=True)
        self._tell("Failed", "Error: ErrImagePull", warning=True)

    async def _wait_for_the_image(self) -> None:
        settings = self._host.settings
        await asyncio.sleep(settings.observe_delay)
        image = self.record.spec["image"]
        why = self.record.state["waiting"]["message"]
        message = f'Back-off pulling image "{image}": ErrImagePull: {why}'
        self.record.state = {"waiting": {"reason": "ImagePullBackOff", "message": message}}
        self._tell("BackOff", f'Back-off pulling image "{image}"')
        self._tell("Failed", "Error: ImagePullBackOff", warning=True)
        self._host.publish()
        self._image_back_off = min(
            self._image_back_off * 2 or settings.image_back_off, settings.back_off_limit
        )
        await asyncio.sleep(self._image_back_off)

    def _identify(self) -> None:
        self.record.image = full_name(self.record.spec.get("image", ""))
        self.record.image_id = f"sha256:{hashlib.sha256(self.record.image.encode()).hexdigest()}"
        self.record.container_id = f"containerd://{secrets.token_hex(32)}"

    def _could_not_start(self, error: OSError) -> None:
        message = why_not(self.record.spec, error)
        self.record.state = {"terminated": {**self._terminated(Exit(128, "StartError")), "message": message}}
        self._tell("Failed", f"Error: {message}", warning=True)

    def _tell(self, reason: str, message: str, *, warning: bool = False) -> None:
        field = f"spec.containers{{{self.record.name}}}"
        self._host.events.record(self._host.pod, reason, message, warning=warning, field=field)
