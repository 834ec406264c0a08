"""What was asked for on the command line of `capture`, checked."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules.request import SessionRequest
from kubectl_netshoot.rules.targets import (
    KINDS,
    POD,
    AnyTarget,
    TargetGroup,
    TargetName,
    check_name,
    named_pod,
)
from kubectl_netshoot.session.tools.tcpdump import Bounds, Tcpdump

_SIZE = re.compile(r"([0-9]{1,9})(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)")
_UNITS = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BINARY = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
# Interfaces are named by whoever makes them; Linux allows all but these (dev_valid_name), 15 bytes long.
_INTERFACE = re.compile(r"[^\s/:\x00-\x1f\x7f-][^\s/:\x00-\x1f\x7f]{0,14}")
SMALLEST = 10**3
MAX_SNAPLEN = 262144
STDOUT = "-"


class Where(Enum):
    """LIVE: in the running pod, passively. COPY: in a copy, behind its Services where that was asked for. NODE: in the
    network of a node, by a pod of ours.
    """

    LIVE = "live"
    COPY = "copy"
    NODE = "node"


class CaptureForm(Enum):
    """What becomes of the packets."""

    FILE = "file"
    STDOUT = "stdout"
    WIRESHARK = "wireshark"
    TEXT = "text"
    EXPLANATION = "explanation"


@dataclass(frozen=True)
class OutputOptions:
    """`path` is the file's as it was written, for FILE; `rotate` bytes a file (0: one file), `files` of them kept
    (0: all).
    """

    form: CaptureForm
    path: str = ""
    rotate: int = 0
    files: int = 0

    @property
    def takes_names(self) -> bool:
        """Whether it is a pcapng file, which holds more than packets."""
        return self.form is CaptureForm.FILE and self.path.endswith(".pcapng")


@dataclass(frozen=True)
class PodName:
    """--pod: a pod by its name, in `namespace` (empty: the session's)."""

    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def parse_pod(text: str) -> PodName:
    """POD, pod/POD or NAMESPACE/POD. Raises UsageError."""
    before, slash, name = text.rpartition("/")
    if slash and not KINDS[POD].is_called(before):
        return PodName(check_name(name, "--pod"), check_name(before, "--pod"))
    return PodName(check_name(name, "--pod"))


@dataclass(frozen=True)
class CaptureRequest:
    """One `kubectl netshoot capture`. `session` says whose packets, and how a copy or the container is made; `others`
    are more of whom; `pod` is the one whose interface is captured on, as its node has it. `language` is that of
    comments in the file.
    """

    session: SessionRequest
    where: Where
    output: OutputOptions
    bounds: Bounds
    interface: str = "any"
    filter: tuple[str, ...] = ()
    all_pods: bool = False
    max_pods: int = 5
    merge: bool = False
    others: tuple[AnyTarget, ...] = ()
    language: str = "en"
    pod: PodName | None = None

    @property
    def name(self) -> str:
        """That of the only pod or node; empty where it is not known beforehand."""
        if self.where is Where.NODE and isinstance(self.session.target, TargetName):
            return self.session.target.name
        return named_pod(self.target)

    @property
    def target(self) -> AnyTarget | TargetGroup:
        """Whose packets."""
        return TargetGroup(self.targets) if self.others else self.session.target

    @property
    def targets(self) -> tuple[AnyTarget, ...]:
        """The same, one by one."""
        return (self.session.target, *self.others)

    @property
    def tcpdump(self) -> Tcpdump:
        """The tcpdump to run, in each pod."""
        return Tcpdump(self.interface, self.bounds, self.output.form is CaptureForm.TEXT, self.filter)


def parse_size(text: str, flag: str) -> int:
    """`100MB`, `1GB`, `512KiB` in bytes, at least 1 kB. Raises UsageError.

    A bare number is refused: nobody can tell whether it means bytes, or millions of them as for tcpdump -C.
    """
    match = _SIZE.fullmatch(text)
    if not match:
        raise UsageError(f"{flag}: {text!r} is not a size: write 500kB, 100MB, 1GB or 1GiB")
    size = int(match[1]) * {**_UNITS, **_BINARY}[match[2]]
    if size < SMALLEST:
        raise UsageError(f"{flag}: {text} is less than 1kB")
    return size


def check_interface(name: str) -> str:
    """A name that a network interface may have. Raises UsageError."""
    if not _INTERFACE.fullmatch(name):
        raise UsageError(f"--interface: {name!r} is not an interface name: write any, eth0 or lo")
    return name


def choose_output(write: str, chosen: Collection[CaptureForm], stdout_is_terminal: bool) -> OutputOptions:
    """Where the packets go, by -w or a flag of its own; without one they are printed, as tcpdump does.

    Raises UsageError for more than one.
    """
    if bool(write) + len(chosen) > 1:
        raise UsageError("give only one of -w, --wireshark, --print and --explain")
    if chosen:
        return OutputOptions(next(iter(chosen)))
    if not write:
        return OutputOptions(CaptureForm.TEXT)
    if write != STDOUT:
        return OutputOptions(CaptureForm.FILE, write)
    if stdout_is_terminal:
        raise UsageError("-w -: stdout is a terminal, and pcap is binary", "pipe it, or use --print")
    return OutputOptions(CaptureForm.STDOUT)


def check_merge(output: OutputOptions) -> None:
    """Raises UsageError for --merge of what tcpdump prints."""
    if output.form is CaptureForm.TEXT:
        raise UsageError("--merge goes with -w FILE, -w -, --wireshark or --explain")


def rotated(output: OutputOptions, rotate: int, files: int) -> OutputOptions:
    """The output with a ring of files. Raises UsageError where there are no files."""
    if (rotate or files) and output.form is not CaptureForm.FILE:
        raise UsageError("--rotate and --files need -w FILE")
    if files and not rotate:
        raise UsageError("--files needs --rotate SIZE")
    return OutputOptions(output.form, output.path, rotate, files)
