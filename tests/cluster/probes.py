"""Readiness probes: real ones against the pod's real sockets; where there is no socket to ask, they pass."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from tests.cluster.containerhost import Host
from tests.cluster.containers import Container
from tests.cluster.kinds import Object


async def readiness(
    spec: Object, container: Container, host: Host, is_ready: Callable[[], tuple[bool, bool]]
) -> AsyncIterator[bool]:
    """Each change of a container's readiness, by its probe. `is_ready`: whether it is, whether it is forced not to."""
    settings, probe = host.settings, spec.get("readinessProbe")
    await asyncio.sleep(settings.readiness_delay)
    if probe is None:
        ready, forced = is_ready()
        if ready == forced:
            yield not forced
        return
    await asyncio.sleep(probe.get("initialDelaySeconds", 0) * settings.probe_period_scale)
    streak = 0
    while True:
        ready, forced = is_ready()
        passed = not forced and await passes(probe, spec, container, host.address)
        streak = streak + 1 if passed != ready else 0
        if streak >= probe.get("successThreshold" if passed else "failureThreshold", 1 if passed else 3):
            yield passed
            streak = 0
        await asyncio.sleep(probe.get("periodSeconds", 10) * settings.probe_period_scale)


async def passes(probe: Object, spec: Object, container: Container, address: str) -> bool:
    """One attempt of a readinessProbe of the container `spec`."""
    action = probe.get("httpGet") or probe.get("tcpSocket")
    port = port_number(spec, action["port"]) if action else 0
    if not container.serves(port):
        return True
    path = action.get("path", "/") if action and "httpGet" in probe else None
    with suppress(OSError, asyncio.TimeoutError):
        return await asyncio.wait_for(_answers(address, port, path), probe.get("timeoutSeconds", 1))
    return False


def port_number(spec: Object, port: int | str) -> int:
    """A port of the container by its number or name; 0 when it has none of that name."""
    if isinstance(port, int):
        return port
    ports = spec.get("ports") or ()
    return next((int(p["containerPort"]) for p in ports if p.get("name") == port), 0)


async def _answers(address: str, port: int, path: str | None) -> bool:
    """Whether it accepts, and with a path, whether it answers 2xx or 3xx."""
    reader, writer = await asyncio.open_connection(address, port)
    try:
        if path is None:
            return True
        head = f"GET {path} HTTP/1.1\r\nHost: {address}\r\n"
        request = head + "User-Agent: kube-probe/1.36\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        answer = await reader.readline()
        return answer.split()[1:2] != [] and answer.split()[1][:1] in (b"2", b"3")
    finally:
        writer.close()
