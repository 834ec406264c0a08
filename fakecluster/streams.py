"""exec, attach and log of a pod, as the kubelet serves them through the API server.

A command of exec belongs to its container, not to its client, as with containerd: when the client goes
away, a command without a terminal reads the end of its stdin, one with a terminal notices nothing, and both
end with the container.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from aiohttp import web

from fakecluster import channels, logoptions
from fakecluster.channels import CLOSE, ERROR, RESIZE, STDERR, STDIN, STDOUT, Channels
from fakecluster.containers import Container
from fakecluster.faultpoints import StreamCut
from fakecluster.podworker import PodWorker
from fakecluster.processes import Process, spawn
from fakecluster.runtime import Runtime
from fakecluster.statuses import ApiError
from fakecluster.stdio import Stdio
from fakecluster.streamtargets import find_container, find_worker, running_container

_CHANNEL_OF = {"stdout": STDOUT, "stderr": STDERR}


async def exec_(
    request: web.BaseRequest, runtime: Runtime, namespace: str, pod_name: str
) -> web.StreamResponse:
    """Run `command` in the container. Raises ApiError before the stream has begun."""
    worker = find_worker(runtime, namespace, pod_name)
    runner, container = running_container(worker, request.query.get("container", ""))
    argv = request.query.getall("command", [])
    if not argv:
        raise ApiError.bad_request("you must specify at least 1 command for the container")
    opened = await _open(request, runtime)
    stdio = Stdio.terminal() if _wants(request, "tty") else Stdio.pipes(stdin=_wants(request, "stdin"))
    try:
        process = await _start(request, worker, runner.record.spec, argv, stdio)
    except OSError as error:
        stdio.close()
        await opened.finish(channels.failure_status(_why_not(argv[0], error)))
        return opened.response
    finally:
        stdio.started()
    await _converse(request, opened, process, stdio, container)
    return opened.response


async def attach(
    request: web.BaseRequest, runtime: Runtime, namespace: str, pod_name: str
) -> web.StreamResponse:
    """Join the container's own streams. Raises ApiError before the stream has begun."""
    worker = find_worker(runtime, namespace, pod_name)
    runner, container = running_container(worker, request.query.get("container", ""))
    assert runner.log is not None
    with runner.log.listen() as output:
        opened = await _open(request, runtime)
        stdin_once = bool(runner.record.spec.get("stdinOnce"))
        feeding = asyncio.ensure_future(_feed(opened, container.stdio, closes=stdin_once))
        while (written := await _next_or_gone(output, feeding)) is not None:
            if _wants(request, written[0]):
                await opened.send(_CHANNEL_OF[written[0]], written[1])
        feeding.cancel()
    await opened.finish(channels.exit_status(0))
    return opened.response


async def log(
    request: web.BaseRequest, runtime: Runtime, namespace: str, pod_name: str
) -> web.StreamResponse:
    """The container's log as text/plain. Raises ApiError."""
    options = logoptions.parse(request.query)
    worker = find_worker(runtime, namespace, pod_name)
    runner = find_container(worker, request.query.get("container", ""))
    wanted = logoptions.log_of(runner, pod_name, previous=_wants(request, "previous"))
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    response.enable_chunked_encoding()
    cut, sent = runtime.stream_cut(request), 0
    await response.prepare(request)
    async for text in wanted.read(options):
        await response.write(text)
        sent += len(text)
        if cut is not None and sent >= cut.after_bytes:
            channels.reset(request)
            break
    else:
        await response.write_eof()
    return response


def _wants(request: web.BaseRequest, flag: str) -> bool:
    return request.query.get(flag, "") in ("1", "t", "T", "true", "TRUE", "True")


async def _open(request: web.BaseRequest, runtime: Runtime) -> Channels:
    """Like the API server, greet with nothing on the first channel that the client reads."""
    cut: StreamCut | None = runtime.stream_cut(request)
    opened = await Channels.accept(request, cut)
    readable = [_CHANNEL_OF[name] for name in ("stdout", "stderr") if _wants(request, name)]
    await opened.send([*readable, ERROR][0], b"")
    return opened


async def _start(
    request: web.BaseRequest, worker: PodWorker, spec: dict[str, object], argv: list[str], stdio: Stdio
) -> Process:
    terminal = _wants(request, "tty")
    environment = {**({"TERM": "xterm"} if terminal else {}), **worker.environment(spec)}
    return await spawn(argv, environment, worker.directory, stdio.child, terminal=terminal)


async def _converse(
    request: web.BaseRequest, opened: Channels, process: Process, stdio: Stdio, container: Container
) -> None:
    """Until the command has ended and all it wrote was sent."""
    container.guests.add(process)
    closes = not _wants(request, "tty")
    feeding = asyncio.ensure_future(_feed(opened, stdio, closes=closes))

    async def show(stream: str, data: bytes) -> None:
        if _wants(request, stream):
            await opened.send(_CHANNEL_OF[stream], data)

    await stdio.copy_output(show)
    code = await process.wait()
    if not process.left_something():
        container.guests.discard(process)
    await opened.finish(channels.exit_status(code))
    feeding.cancel()
    stdio.close()


async def _feed(opened: Channels, stdio: Stdio | None, *, closes: bool) -> None:
    """What the client types. `closes`: its end, or its loss, is the end of stdin."""
    if stdio is None:
        async for _ in opened.received():
            pass
        return
    handlers: dict[int, Callable[[bytes], None]] = {RESIZE: lambda data: _resize(stdio, data)}
    if closes:
        handlers[CLOSE] = lambda data: stdio.close_input() if data == bytes([STDIN]) else None
    async for channel, data in opened.received():
        if channel == STDIN:
            await stdio.write(data)
        elif channel in handlers:
            handlers[channel](data)
    if closes:
        stdio.close_input()


def _resize(stdio: Stdio, data: bytes) -> None:
    size = json.loads(data)
    stdio.resize(int(size["Width"]), int(size["Height"]))


async def _next_or_gone(
    output: asyncio.Queue[tuple[str, bytes] | None], feeding: asyncio.Task[None]
) -> tuple[str, bytes] | None:
    """What the container wrote next; None when it has ended or the client is gone."""
    waiting = asyncio.ensure_future(output.get())
    await asyncio.wait({waiting, feeding}, return_when=asyncio.FIRST_COMPLETED)
    if waiting.done():
        return waiting.result()
    waiting.cancel()
    return None


def _why_not(command: str, error: OSError) -> str:
    missing = isinstance(error, FileNotFoundError)
    why = "executable file not found in $PATH: unknown" if missing else f"{error.strerror}: unknown"
    runc = (
        f'OCI runtime exec failed: exec failed: unable to start container process: exec: "{command}": {why}'
    )
    return f"error executing command in container: failed to exec in container: failed to start exec: {runc}"
