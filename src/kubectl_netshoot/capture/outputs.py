"""Where a capture goes, chosen and checked before anything is changed: a file a pod, or one output for all."""

import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from kubectl_netshoot.errors import NetshootError, UsageError
from kubectl_netshoot.targets import named_pod

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
        """Now and then: write what was only held back. What cannot be written the streams hear of themselves."""
        if self._merging:
            with contextlib.suppress(OSError):
                self._merging.write_due()

    def close(self) -> None:
        """All streams have ended: close every output, and then raise the first NetshootError of those there were."""
        errors = [error for error in map(_closing, self.each) if error]
        if self._merging:
            errors += filter(None, [_closing(self._merging)])
        if errors:
            raise errors[0]

    def _single(self, path: Path) -> Output:
        wanted = self._request.output
        if wanted.form is Form.FILE:
            return FileOutput(path, wanted.rotate, wanted.files)
        if wanted.form is Form.WIRESHARK:
            return WiresharkOutput(find_wireshark(Path.home()), self._wake)
        if wanted.form is Form.EXPLANATION:
            return self._explaining()
        if sys.stdout is None:
            raise UsageError("stdout is closed", "-w FILE writes into a file")
        return PipeOutput(sys.stdout.fileno(), "stdout")


def check_beforehand(request: CaptureRequest) -> None:
    """What can be said against the output before any server is asked; raises what `Outputs` would."""
    wanted = request.output
    if wanted.form is Form.WIRESHARK:
        find_wireshark(Path.home())
    elif wanted.form is Form.FILE:
        # A workload's pods are not known yet, but the folder is.
        pod = named_pod(request.target)
        FileOutput(with_pod(wanted.path, pod or "POD", not pod), wanted.rotate)


def _closing(output: Output | Merging) -> NetshootError | None:
    try:
        output.close()
    except BrokenPipeError:
        # The reader left, which has ended the capture and is no error.
        return None
    except OSError as error:
        return NetshootError(f"the capture cannot be written: {error.strerror}")
    except NetshootError as error:
        return error
    return None
