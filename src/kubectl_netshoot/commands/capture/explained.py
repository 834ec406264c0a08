"""A capture that is explained instead of kept: understood while packets come, and shown when it is over.

What several pods captured is told together: each of their connections once, with what was lost between them. And
findings as comments of the packets that they rest on, in a pcapng file of ours that is complete.
"""

import contextlib
import ipaddress
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from kubectl_netshoot.commands.capture.outputs import MODE, NEW, names, part_of, write_all
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube.api import Fetch
from kubectl_netshoot.packets.messages.language import Language
from kubectl_netshoot.packets.points.merged import explained
from kubectl_netshoot.packets.points.point import Point
from kubectl_netshoot.packets.points.together import told_together
from kubectl_netshoot.packets.render.phrases import Teller, Voice
from kubectl_netshoot.packets.report import Report
from kubectl_netshoot.session.tools.pcapng import blocks, commented
from kubectl_netshoot.session.tools.stream import StreamEnd

Show = Callable[[Report, Mapping[str, str]], None]
# Until what the kernel has captured arrives here: it hands packets over once a second.
LATEST_NS = 1_500_000_000


class Explanation:
    """Shows at its end what these pods have sent and received, by the names of their namespace; an output for each."""

    def __init__(self, show: Show, fetch: Fetch, pods: Sequence[str]) -> None:
        self._show, self._fetch = show, fetch
        self._called: Mapping[str, str] = {}
        self._asking = threading.Lock()
        self.each = tuple(ExplainOutput(self, pod, len(pods) == 1) for pod in pods)

    def names(self) -> Mapping[str, str]:
        """What addresses are called, asked for once: when the pods are there."""
        with self._asking:
            self._called = self._called or names(self._fetch)
            return self._called

    def over(self, ends: Sequence[StreamEnd]) -> None:
        """All streams have ended, in the order of the outputs: say what it was."""
        begun = [(o, o.point, end) for o, end in zip(self.each, ends, strict=True) if o.point is not None]
        if len(begun) > 1:
            _listened(begun)
            self._show(told_together([point for _, point, _ in begun]), self._called)
        elif begun:
            self._show(begun[0][1].analysis.report(), self._called)


class ExplainOutput:
    """The packets of one pod."""

    names = ("its explanation",)
    room = sys.maxsize
    reader_left = False

    def __init__(self, whole: Explanation, pod: str, is_alone: bool) -> None:
        self._whole, self._pod, self._is_alone = whole, pod, is_alone
        self.point: Point | None = None
        self.began_ns = 0
        # From the time that a packet was captured, by the pod's clock, to its arrival here, by ours.
        self.lag_ns: int | None = None

    def begin(self, preamble: bytes) -> None:
        """The pod is there now: learn which side captures."""
        self.began_ns = time.time_ns()
        own = f"pod/{self._pod}"
        addresses = [a for a, name in self._whole.names().items() if name == own]
        packed = [ipaddress.ip_address(address).packed for address in addresses]
        self.point = Point(self._pod, packed, is_alone=self._is_alone)
        self.write(memoryview(preamble))

    def rotate(self) -> None:
        """There is no file."""

    def write(self, records: memoryview) -> None:
        """Raises NetshootError for what no reader of captures understands."""
        if self.point is None:
            return
        self.point.feed(bytes(records))
        if seen := self.point.sightings.until:
            lag = time.time_ns() - seen
            self.lag_ns = lag if self.lag_ns is None else min(lag, self.lag_ns)

    def close(self) -> None:
        """The others may go on."""


def _listened(begun: Sequence[tuple[ExplainOutput, Point, StreamEnd]]) -> None:
    """Tell each point when all of them listened, by its own clock; nothing where one was cut off."""
    now, now_ns = time.monotonic(), time.time_ns()
    since = max(output.began_ns for output, _, _ in begun) + LATEST_NS
    until = min(now_ns - round((now - end.at) * 1e9) if end.at else 0 for _, _, end in begun)
    for output, point, end in begun:
        point.is_whole = end.dropped == 0
        if until and output.lag_ns is not None:
            point.heard = since - output.lag_ns, until - output.lag_ns


def add_comments(path: Path, called: Mapping[str, str], language: str) -> None:
    """Write it anew with them; a file without findings stays as it is. Raises NetshootError, and leaves it so."""
    try:
        found = _comments(path, called, language)
        if found:
            _rewrite(path, found)
    except OSError as error:
        raise NetshootError(
            f"{path} is complete, and its packets have no comments: {error.strerror}"
        ) from error


def _comments(path: Path, called: Mapping[str, str], language: str) -> dict[int, list[str]]:
    """By the numbers of packets."""
    with path.open("rb") as stream:
        report = explained(stream)
    teller = Teller(report, Voice(Language(language), called))
    found: dict[int, list[str]] = {}
    for finding in report.findings:
        said = f"{teller.severity(finding.kind.severity)}: {teller.headline(finding)}"
        for number in finding.packets:
            found.setdefault(number, []).append(said)
    return found


def _rewrite(path: Path, found: Mapping[int, list[str]]) -> None:
    new = part_of(path)
    descriptor = os.open(new, NEW, MODE)
    try:
        with path.open("rb") as stream:
            for block in commented(blocks(stream), found):
                write_all(descriptor, memoryview(block))
        os.replace(new, path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    finally:
        os.close(descriptor)
