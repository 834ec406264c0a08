"""Running containers: one that is a real local process, and one that is a fake.

Hides what a container's end takes: PID 1 ignores TERM unless it handles it, and with PID 1 everything ends
that was started in the container, commands of `kubectl exec` among them.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fakecluster.appserver import AppServer
from fakecluster.logs import ContainerLog
from fakecluster.processes import Process, spawn
from fakecluster.stdio import Stdio


@dataclass(frozen=True)
class Exit:
    """How a container ended, as in state.terminated."""

    code: int
    reason: str

    @classmethod
    def of_code(cls, code: int) -> Exit:
        return cls(code, "Error" if code else "Completed")


class Container(Protocol):
    """What the kubelet asks of a container that it started."""

    #: The streams that attach types into, where there are any.
    stdio: Stdio | None
    #: Commands of exec that run in it.
    guests: set[Process]

    async def wait(self) -> Exit:
        """Until it has ended."""

    def terminate(self) -> None:
        """TERM to its PID 1."""

    def kill(self, how: Exit = ...) -> None:
        """KILL to all of it."""

    def serves(self, port: int) -> bool:
        """Whether a probe of this port can be a real one."""

    def hush(self, silent: bool) -> None:
        """Its clients hear nothing of it, or hear it again."""


KILLED = Exit.of_code(128 + signal.SIGKILL)


class ProcessContainer:
    """PID 1 is `argv`, really."""

    def __init__(self, process: Process, stdio: Stdio, log: ContainerLog, *, is_pid_1: bool) -> None:
        self.stdio: Stdio | None = stdio
        self.guests: set[Process] = set()
        self._process = process
        self._is_pid_1 = is_pid_1
        self._forced: Exit | None = None
        self._log = log
        self._output = asyncio.ensure_future(stdio.copy_output(self._write))

    @classmethod
    async def start(
        cls,
        argv: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
        log: ContainerLog,
        spec: Mapping[str, object],
        *,
        shares_processes: bool,
    ) -> ProcessContainer:
        """`spec` is the container's: stdin and tty matter. Raises OSError when there is no such command."""
        stdio = Stdio.terminal() if spec.get("tty") else Stdio.pipes(stdin=bool(spec.get("stdin")))
        try:
            process = await spawn(argv, environment, directory, stdio.child, terminal=bool(spec.get("tty")))
        except OSError:
            stdio.close()
            raise
        finally:
            stdio.started()
        # With a shared process namespace the pause container is PID 1.
        return cls(process, stdio, log, is_pid_1=not shares_processes)

    async def _write(self, stream: str, data: bytes) -> None:
        self._log.write(stream, data)

    async def wait(self) -> Exit:
        code = await self._process.wait()
        self._process.kill_session()
        kill_guests(self.guests)
        await asyncio.wait({self._output}, timeout=1)
        self._output.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._output
        if self.stdio is not None:
            self.stdio.close()
        return self._forced or Exit.of_code(code)

    def terminate(self) -> None:
        # The kernel gives PID 1 only signals that it has a handler for.
        if not self._is_pid_1 or self._process.catches(signal.SIGTERM):
            self._process.signal(signal.SIGTERM)

    def kill(self, how: Exit = KILLED) -> None:
        self._forced = how
        self._process.kill_session()

    def serves(self, port: int) -> bool:
        return port > 0

    def hush(self, silent: bool) -> None:
        self._process.signal(signal.SIGSTOP if silent else signal.SIGCONT)


class FakeContainer:
    """An app: nothing of it runs but, where it has ports, an HTTP server, as soon as `opening` is done."""

    def __init__(self, server: AppServer, opening: asyncio.Future[None], termination_delay: float) -> None:
        self.stdio: Stdio | None = None
        self.guests: set[Process] = set()
        self._server = server
        self._opening = opening
        self._termination_delay = termination_delay
        self._exit: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        self._stopping: asyncio.Task[None] | None = None

    async def wait(self) -> Exit:
        how = await self._exit
        kill_guests(self.guests)
        if self._stopping is not None:
            self._stopping.cancel()
        self._opening.cancel()
        self._server.kill()
        return how

    def terminate(self) -> None:
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop())

    async def _stop(self) -> None:
        self._opening.cancel()
        await self._server.stop()
        await asyncio.sleep(self._termination_delay)
        self.kill(Exit.of_code(0))

    def kill(self, how: Exit = KILLED) -> None:
        if not self._exit.done():
            self._exit.set_result(how)

    def serves(self, port: int) -> bool:
        # An application that is still starting can be asked, and does not answer.
        return not self._opening.done() or port in self._server.ports

    def hush(self, silent: bool) -> None:
        self._server.hush(silent)


def kill_guests(guests: set[Process]) -> None:
    """End every command that exec started."""
    for guest in guests:
        guest.kill_session()
