"""From a container's specification to a running container; only what its image's rule says really runs."""

from __future__ import annotations

import asyncio

from fakecluster import capabilities
from fakecluster.appserver import AppServer
from fakecluster.containerhost import Host
from fakecluster.containers import Container, Exit, FakeContainer, ProcessContainer
from fakecluster.expansion import expanded
from fakecluster.kinds import Object
from fakecluster.logs import ContainerLog
from fakecluster.netcounters import Openings
from fakecluster.settings import ImageRule

_FIRST_UNPRIVILEGED_PORT = 1024


async def launch(rule: ImageRule, spec: Object, host: Host, log: ContainerLog) -> Container:
    """Start a container as its image's rule says. Raises OSError when its command cannot be run."""
    environment = host.environment(spec)
    declared = {v["name"]: environment[v["name"]] for v in spec.get("env") or () if v["name"] in environment}
    words = [*(spec.get("command") or ()), *(spec.get("args") or ())] if spec.get("command") else []
    argv = expanded(words, declared)
    if rule.effect == "run" and argv:
        held = capabilities.effective(host.pod["spec"], spec, rule.user)
        return await ProcessContainer.start(
            capabilities.with_own_status(argv, host.directory, spec["name"], held),
            environment,
            host.directory,
            log,
            spec,
            shares_processes=bool(host.pod["spec"].get("shareProcessNamespace")),
        )
    server = AppServer(host.pod["metadata"]["name"], log, environment, Openings(host.directory))
    opening = asyncio.ensure_future(_open(server, rule.listen_after, host.address, spec))
    if not rule.listen_after:
        await opening
    fake = FakeContainer(server, opening, host.settings.termination_delay)
    if rule.effect == "exit":
        fake.kill(Exit.of_code(rule.exit_code))
    return fake


async def _open(server: AppServer, after: float, address: str, spec: Object) -> None:
    await asyncio.sleep(after)
    await server.listen(address, _served_ports(spec, "TCP"))
    await server.listen_for_datagrams(address, _served_ports(spec, "UDP"))


def why_not(spec: Object, error: OSError) -> str:
    """The container runtime's words when the command could not be started."""
    why = "executable file not found in $PATH" if isinstance(error, FileNotFoundError) else error.strerror
    runc = f'unable to start container process: exec: "{spec["command"][0]}": {why}'
    created = f"OCI runtime create failed: runc create failed: {runc}"
    return f"failed to create containerd task: failed to create shim task: {created}"


def _served_ports(spec: Object, protocol: str) -> list[int]:
    ports = [p for p in spec.get("ports") or () if p.get("protocol", "TCP") == protocol]
    return [p["containerPort"] for p in ports if p["containerPort"] >= _FIRST_UNPRIVILEGED_PORT]


def full_name(image: str) -> str:
    """As containerd names it: with registry and repository."""
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"
