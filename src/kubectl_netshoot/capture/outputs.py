"""Where a capture goes, chosen and checked before anything is changed: a file a pod, or one output for all."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from kubectl_netshoot.errors import UsageError

from .files import FileOutput, with_pod
from .merging import Merging, Output
from .pipes import PipeOutput, WiresharkOutput, find_wireshark
from .request import CaptureRequest, Form

Wake = Callable[[], None]


class Outputs:
    """One for each of these pods, in their order; with --merge they are ports of one."""

    def __init__(
        self, request: CaptureRequest, pods: Sequence[str], explaining: Callable[[], Output], wake: Wake
    ) -> None:
        """`explaining` makes the output of --explain; `wake` is called when a reader has closed.

        Raises UsageError for files that are there already and for several pods in one pipe, NetshootError where
        there is no Wireshark.
        """
        self._request, self._explaining, self._wake = request, explaining, wake
        self._merging: Merging | None = None
        if request.merge and len(pods) > 1:
            # One file for all: there is no pod to name in it.
            self._merging = Merging(self._single(Path(request.output.path)))
            self.each: tuple[Output, ...] = tuple(self._merging.port() for _ in pods)
        elif request.output.form is Form.FILE:
            several = len(pods) > 1
            paths = [with_pod(request.output.path, pod, several) for pod in pods]
            self.each = tuple(self._single(path) for path in paths)
        elif len(pods) > 1:
            raise UsageError(
                f"{len(pods)} pods cannot go into one pipe as they are",
                "--merge puts them into one by time; -w FILE writes a file for each",
            )
        else:
            self.each = (self._single(Path()),)

    @property
    def late(self) -> int:
        """Merged packets that came too late to stand in order."""
        return self._merging.late if self._merging else 0

    def tick(self) -> None:
        """Now and then: write what was only held back. Raises OSError."""
        if self._merging:
            self._merging.write_due()

    def close(self) -> None:
        """All streams have ended. Raises NetshootError or OSError."""
        if self._merging:
            self._merging.close()
        for output in self.each:
            output.close()

    def _single(self, path: Path) -> Output:
        wanted = self._request.output
        if wanted.form is Form.FILE:
            return FileOutput(path, wanted.rotate, wanted.files)
        if wanted.form is Form.WIRESHARK:
            return WiresharkOutput(find_wireshark(Path.home()), self._wake)
        if wanted.form is Form.EXPLANATION:
            return self._explaining()
        return PipeOutput(sys.stdout.fileno(), "stdout")
