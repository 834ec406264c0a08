"""A person at a terminal: a real kubectl on a pseudo-terminal, and the screen as it looks."""

from __future__ import annotations

from types import TracebackType

import pexpect
import pyte

from fakecluster.kubectl import Kubectl, binary

COLUMNS, ROWS = 100, 30


class TerminalSession:
    """`kubectl ARGUMENTS` with the terminal for its standard streams."""

    def __init__(self, kubectl: Kubectl, *arguments: str) -> None:
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)
        self._child = pexpect.spawn(
            binary(),
            ["--kubeconfig", str(kubectl.kubeconfig), "-n", kubectl.namespace, *arguments],
            env={"HOME": str(kubectl.home), "PATH": "/usr/bin:/bin", "TERM": "xterm"},
            dimensions=(ROWS, COLUMNS),
            timeout=20,
        )

    def __enter__(self) -> TerminalSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.close(force=True)

    def type(self, text: str) -> None:
        self._child.send(text)

    def expect(self, pattern: str) -> str:
        """Wait until it is shown; what was shown up to its end."""
        self._child.expect(pattern)
        shown: bytes = self._child.before + self._child.after
        self._stream.feed(shown)
        return shown.decode()

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)
        self._child.setwinsize(rows, columns)

    def hang_up(self) -> None:
        """The person's machine is gone: kubectl is killed."""
        self._child.kill(9)
        self._child.wait()

    def exit_status(self) -> int:
        """Wait for its end."""
        self._child.expect(pexpect.EOF)
        self._child.close()
        return int(self._child.exitstatus)
