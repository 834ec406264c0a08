"""Where a capture goes, chosen and checked before anything is changed: a file a pod, one output for all, or a reader.

Files are written as NAME.part, renamed when they are closed, private, and in a ring where that is wanted.
"""

import contextlib
import json
import os
import select
import shutil
import stat
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from kubectl_netshoot import __version__
from kubectl_netshoot.commands.capture.request import CaptureForm, CaptureRequest
from kubectl_netshoot.errors import ApiError, NetshootError, UsageError
from kubectl_netshoot.kube.api import Fetch
from kubectl_netshoot.process.pipes import Consumer
from kubectl_netshoot.session.tools.pcapng import Interfaces, MergedInterfaces, Names, OneInterface
from kubectl_netshoot.session.tools.records import Merger, Output
from kubectl_netshoot.session.tools.stream import StreamEnd

PART = ".part"
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
MODE = 0o600
# A larger file is not read again to comment on its packets.
MOST_COMMENTED = 256 * 1024 * 1024


def check_free(path: Path) -> None:
    """Raise UsageError where a capture cannot be written without harm to what is there: nothing is overwritten."""
    if is_special(path):
        return
    if path.is_dir():
        raise UsageError(f"-w: {path} is a folder", "name a file in it")
    part = part_of(path)
    if path.exists() or path.is_symlink():
        raise UsageError(f"-w: {path} exists", "choose another name, or move it away")
    if part.exists() or part.is_symlink():
        raise UsageError(
            f"-w: {part} exists: a capture that was not closed",
            "it opens like any other; rename it, or move it away",
        )
    if not path.parent.is_dir():
        raise UsageError(f"-w: no folder {path.parent}")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UsageError(f"-w: no permission to write to {path.parent}")


def is_special(path: Path) -> bool:
    """Whether there is something that is written to as it is: a device such as /dev/null, or a named pipe."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def with_pod(path: str, pod: str, several: bool) -> Path:
    """The name for this pod's file: `{pod}` in it is the pod, which is put before the suffix where several need it."""
    if "{pod}" in path:
        return Path(path.replace("{pod}", pod))
    plain = Path(path)
    return plain.with_name(f"{plain.stem}-{pod}{plain.suffix}") if several else plain


def numbered(path: Path, number: int) -> Path:
    """The name of a file of a ring, counted from 1."""
    return path.with_name(f"{path.stem}-{number:04}{path.suffix}")


class Explained(Protocol):
    """What is explained instead of kept, with an output for each pod: explained.Explanation."""

    @property
    def each(self) -> Sequence[Output]:
        """In the order of the pods."""

    def over(self, ends: Sequence[StreamEnd]) -> None:
        """All streams have ended, in that order."""


# Makes what explains, for these pods of that namespace.
Explain = Callable[[Fetch, Sequence[str]], Explained]


class FileOutput:
    """One capture in one file, or in files of at most `rotate` bytes of which the last `files` are kept (0: all)."""

    def __init__(self, path: Path, rotate: int = 0, files: int = 0) -> None:
        """Raises UsageError where something is there already."""
        self._path, self._rotate, self._files = path, rotate, files
        check_free(self._name(1))
        self._preamble = b""
        self._descriptor = -1
        self._number = 0
        self._size = 0
        self._finished: list[Path] = []

    @property
    def reader_left(self) -> bool:
        """Whether it is a named pipe whose other end was closed; nobody reads a file."""
        return self._descriptor >= 0 and has_no_reader(self._descriptor)

    @property
    def room(self) -> int:
        """Bytes until the next file begins."""
        return max(0, self._rotate - self._size) if self._rotate else sys.maxsize

    @property
    def names(self) -> tuple[str, ...]:
        """The files that are there now, oldest first."""
        present = [part_of(self._name(self._number))] if self._descriptor >= 0 else []
        return tuple(str(path) for path in (*self._finished, *present))

    def begin(self, preamble: bytes) -> None:
        """Open the first file. Raises OSError."""
        self._preamble = preamble
        self._open()

    def extend(self, preamble: bytes) -> None:
        """What every file begins with is longer from now on. Raises OSError."""
        self._preamble += preamble
        self.write(memoryview(preamble))

    def rotate(self) -> None:
        """Close this file and begin the next one; one record goes into a file whatever its size. Raises OSError."""
        if self._size <= len(self._preamble):
            return
        self._close()
        while self._files and len(self._finished) >= self._files:
            self._finished.pop(0).unlink(missing_ok=True)
        self._open()

    def write(self, records: memoryview) -> None:
        """Append whole records. Raises OSError; the file then ends where it ended before."""
        try:
            write_all(self._descriptor, records)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(records)

    def close(self) -> None:
        """The last file gets its name. Raises NetshootError where that is taken meanwhile."""
        if self._descriptor >= 0:
            self._close()

    def _open(self) -> None:
        self._number += 1
        path = self._name(self._number)
        special = is_special(path)
        self._descriptor = os.open(path, os.O_WRONLY) if special else os.open(part_of(path), NEW, MODE)
        self._size = 0
        self.write(memoryview(self._preamble))

    def _close(self) -> None:
        path = self._name(self._number)
        os.close(self._descriptor)
        self._descriptor = -1
        if is_special(path):
            self._finished.append(path)
            return
        if path.exists():
            raise NetshootError(
                f"{path} was created by something else meanwhile: the capture is in {part_of(path)}"
            )
        os.rename(part_of(path), path)
        self._finished.append(path)

    def _name(self, number: int) -> Path:
        return numbered(self._path, number) if self._rotate else self._path


def write_all(descriptor: int, data: memoryview) -> None:
    """Write all of it. Raises OSError."""
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            # A pipe that somebody else has switched over.
            select.select([], [descriptor], [])


def has_no_reader(descriptor: int) -> bool:
    """Whether the other end of a pipe was closed, which otherwise only the next write would show."""
    try:
        poll = select.poll()
        poll.register(descriptor, 0)
        return any(flags & (select.POLLERR | select.POLLHUP) for _, flags in poll.poll(0))
    except (OSError, ValueError):
        return True


def part_of(path: Path) -> Path:
    """The name of a file that is not complete."""
    return path.with_name(path.name + PART)


WIRESHARK = ("wireshark", "-k", "-i", "-")
ON_MACOS = "Applications/Wireshark.app/Contents/MacOS/Wireshark"


class PipeOutput:
    """Writes to a descriptor; `names` says to people what that is."""

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor = descriptor
        self.names: tuple[str, ...] = (name,)

    @property
    def room(self) -> int:
        return sys.maxsize

    @property
    def reader_left(self) -> bool:
        """Whether the other end of the pipe was closed."""
        return has_no_reader(self._descriptor)

    def begin(self, preamble: bytes) -> None:
        """Raises OSError, BrokenPipeError where nobody reads any more."""
        self.write(memoryview(preamble))

    def rotate(self) -> None:
        """A pipe is one file."""

    def write(self, records: memoryview) -> None:
        """Raises OSError, BrokenPipeError where nobody reads any more."""
        write_all(self._descriptor, records)

    def close(self) -> None:
        """Our stdout is closed with us."""


class WiresharkOutput:
    """A Wireshark that shows the packets as they come, started when the first do. `wake`: it was closed."""

    names = ("Wireshark",)
    room = sys.maxsize

    def __init__(self, program: str, wake: Callable[[], None]) -> None:
        self._program, self._wake = program, wake
        self._child: Consumer | None = None

    @property
    def reader_left(self) -> bool:
        return self._child is not None and self._child.ended

    def begin(self, preamble: bytes) -> None:
        """Raises NetshootError where it cannot be started."""
        self._child = Consumer((self._program, *WIRESHARK[1:]), self._wake)
        self.write(memoryview(preamble))

    def rotate(self) -> None:
        """A pipe is one file."""

    def write(self, records: memoryview) -> None:
        """Raises BrokenPipeError when it was closed."""
        if self._child is not None:
            write_all(self._child.stdin, records)

    def close(self) -> None:
        """The capture in it is complete; the window stays."""
        if self._child is not None:
            self._child.close()


def find_wireshark(home: Path, platform: str = sys.platform) -> str:
    """The program: from PATH, on macOS also the application's own. Raises NetshootError where there is none."""
    found = shutil.which(WIRESHARK[0])
    if found:
        return found
    for folder in (Path("/"), home) if platform == "darwin" else ():
        candidate = folder / ON_MACOS
        if os.access(candidate, os.X_OK):
            return str(candidate)
    raise NetshootError(
        "Wireshark was not found",
        "install it, or add it to PATH; `-w FILE` writes what it can open later",
    )


Wake = Callable[[], None]


class Outputs:
    """One for each of these pods, in their order; with --merge they are ports of one."""

    def __init__(
        self,
        request: CaptureRequest,
        pods: Sequence[str],
        explaining: Callable[[], Explained],
        wake: Wake,
        called: Names = dict,
    ) -> None:
        """`explaining` makes what explains; `wake` is called when a reader has closed; `called` says what addresses are
        called, where the file takes that.

        Raises UsageError for files that are there already and for several pods in one pipe, NetshootError where
        there is no Wireshark.
        """
        self._request, self._wake = request, wake
        self._merging: Merger | None = None
        self._explaining: Explained | None = None
        self._called, self._names = called, dict[str, str]()
        if request.output.form is CaptureForm.EXPLANATION:
            self._explaining = explaining()
            self.each: tuple[Output, ...] = tuple(self._explaining.each)
        elif request.merge and len(pods) > 1:
            # One file for all: there is no pod to name in it.
            self._merging = self._merged(Path(request.output.path), pods)
            self.each = tuple(self._merging.port() for _ in pods)
        elif request.output.form is CaptureForm.FILE:
            several = len(pods) > 1
            paths = [with_pod(request.output.path, pod, several) for pod in pods]
            self.each = tuple(self._file(path, pod) for path, pod in zip(paths, pods, strict=True))
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

    def close(self, ends: Sequence[StreamEnd] = ()) -> None:
        """All streams have ended so: close every output, and then raise the first NetshootError of those there were."""
        errors = [error for error in map(_closing, self.each) if error]
        if self._merging:
            errors += filter(None, [_closing(self._merging)])
        if errors:
            raise errors[0]
        if self._explaining:
            self._explaining.over(ends)
        wanted = self._request.output
        if wanted.takes_names and not wanted.rotate:
            self._comment(dict.fromkeys(Path(name) for output in self.each for name in output.names))

    def _comment(self, paths: Iterable[Path]) -> None:
        # The explainer is loaded where there is something to explain.
        from kubectl_netshoot.commands.capture.explained import add_comments

        for path in paths:
            if not is_special(path) and path.stat().st_size <= MOST_COMMENTED:
                add_comments(path, self._names, self._request.language)

    def _merged(self, path: Path, pods: Sequence[str]) -> Merger:
        if self._request.output.takes_names:
            return MergedInterfaces(self._interfaces(path), pods, self._request.interface)
        return Merger(self._single(path))

    def _file(self, path: Path, pod: str) -> Output:
        if self._request.output.takes_names:
            return OneInterface(self._interfaces(path), pod, self._request.interface)
        return self._single(path)

    def _interfaces(self, path: Path) -> Interfaces:
        wanted = self._request.output
        output = FileOutput(path, wanted.rotate, wanted.files)
        return Interfaces(output, self._ask_for_names, f"kubectl-netshoot {__version__}")

    def _ask_for_names(self) -> Mapping[str, str]:
        """Once for all files."""
        self._names = self._names or dict(self._called())
        return self._names

    def _single(self, path: Path) -> Output:
        wanted = self._request.output
        if wanted.form is CaptureForm.FILE:
            return FileOutput(path, wanted.rotate, wanted.files)
        if wanted.form is CaptureForm.WIRESHARK:
            return WiresharkOutput(find_wireshark(Path(os.path.expanduser("~"))), self._wake)
        if sys.stdout is None:
            raise UsageError("stdout is closed", "-w FILE writes into a file")
        return PipeOutput(sys.stdout.fileno(), "stdout")


def check_beforehand(request: CaptureRequest) -> None:
    """What can be said against the output before any server is asked; raises what `Outputs` would."""
    wanted = request.output
    if wanted.form is CaptureForm.WIRESHARK:
        find_wireshark(Path(os.path.expanduser("~")))
    elif wanted.form is CaptureForm.FILE:
        # A workload's pods are not known yet, but the folder is.
        name = request.name
        FileOutput(with_pod(wanted.path, name or "POD", not name), wanted.rotate)


def _closing(output: Output | Merger) -> NetshootError | None:
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


NAMED = (("Pod", "pods"), ("Service", "services"))


def names(fetch: Fetch, nodes: bool = False) -> dict[str, str]:
    """Address to name, for the pods and Services of the namespace that may be listed; with `nodes` for these, too."""
    from kubectl_netshoot.packets.render.addresses import read_names

    paths = {kind: fetch.path("api/v1", plural) for kind, plural in NAMED}
    found: list[object] = []
    for kind, path in (*paths.items(), *([("Node", "/api/v1/nodes")] if nodes else [])):
        try:
            found += [{**item, "kind": kind} for item in fetch.items(path)]
        except ApiError:
            # Addresses then stand for themselves.
            continue
    return read_names(json.dumps(found))
