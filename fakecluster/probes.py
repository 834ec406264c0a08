"""Startup and readiness probes: real ones against the pod's real sockets.

Where there is no socket to ask, they pass as soon as the application is up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from fakecluster.containerhost import Host
from fakecluster.containers import Container
from fakecluster.kinds import Object


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
        passed = not forced and not await _failure(probe, spec, container, host.address)
        streak = streak + 1 if passed != ready else 0
        if streak >= probe.get("successThreshold" if passed else "failureThreshold", 1 if passed else 3):
            yield passed
            streak = 0
        await asyncio.sleep(probe.get("periodSeconds", 10) * settings.probe_period_scale)


async def startup(spec: Object, container: Container, host: Host, not_yet: Callable[[str], None]) -> bool:
    """Whether the startupProbe passed before it failed too often; `not_yet` hears why each attempt failed."""
    probe, scale = spec["startupProbe"], host.settings.probe_period_scale
    await asyncio.sleep(probe.get("initialDelaySeconds", 0) * scale)
    for attempt in range(probe.get("failureThreshold", 3)):
        if attempt:
            await asyncio.sleep(probe.get("periodSeconds", 10) * scale)
        if not (failure := await _failure(probe, spec, container, host.address)):
            return True
        not_yet(failure)
    return False


async def _failure(probe: Object, spec: Object, container: Container, address: str) -> str:
    """What a kubelet says after one attempt of a probe of the container `spec`; empty when it passed."""
    http = probe.get("httpGet")
    action = http or probe.get("tcpSocket")
    port = port_number(spec, action["port"]) if action else 0
    if not container.serves(port):
        return ""
    path = http.get("path", "/") if http else None
    asked = f'Get "http://{address}:{port}{path}": ' if http else ""
    try:
        return await asyncio.wait_for(_asked(address, port, path), probe.get("timeoutSeconds", 1))
    except asyncio.TimeoutError:
        return f"{asked}context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    except OSError:
        return (
            f"{asked}dial tcp {address}:{port}: connect: connection refused" if action else "command failed"
        )


def port_number(spec: Object, port: int | str) -> int:
    """A port of the container by its number or name; 0 when it has none of that name."""
    if isinstance(port, int):
        return port
    ports = spec.get("ports") or ()
    return next((int(p["containerPort"]) for p in ports if p.get("name") == port), 0)


async def _asked(address: str, port: int, path: str | None) -> str:
    """Empty when it accepts, and with a path, when it answers 2xx or 3xx."""
    reader, writer = await asyncio.open_connection(address, port)
    try:
        if path is None:
            return ""
        head = f"GET {path} HTTP/1.1\r\nHost: {address}\r\n"
        request = head + "User-Agent: kube-probe/1.36\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        status = (await reader.readline()).split()[1:2]
        if status and status[0][:1] in (b"2", b"3"):
            return ""
        return f"HTTP probe failed with statuscode: {status[0].decode()}" if status else "EOF"
    finally:
        writer.close()
