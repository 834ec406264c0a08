"""A capture that is explained instead of kept: the analysis is fed while packets come, and shown when it is over."""

import ipaddress
import sys
from collections.abc import Callable, Mapping, Sequence

from kubectl_netshoot.commands.capture.names import names
from kubectl_netshoot.kube.api import Fetch
from kubectl_netshoot.packets.analysis import Analysis
from kubectl_netshoot.packets.report import Report

Show = Callable[[Report, Mapping[str, str]], None]


class ExplainOutput:
    """Shows at its end what these pods have sent and received, by the names of their namespace."""

    names = ("its explanation",)
    room = sys.maxsize
    reader_left = False

    def __init__(self, show: Show, fetch: Fetch, pods: Sequence[str]) -> None:
        self._show, self._fetch, self._pods = show, fetch, pods
        self._called: Mapping[str, str] = {}
        self._analysis: Analysis | None = None

    def begin(self, preamble: bytes) -> None:
        """The pods are there now: ask for the names, and learn which side captures."""
        self._called = names(self._fetch)
        own = {f"pod/{pod}" for pod in self._pods}
        capturing = [ipaddress.ip_address(a).packed for a, name in self._called.items() if name in own]
        self._analysis = Analysis(capturing=capturing)
        self._analysis.feed(preamble)

    def rotate(self) -> None:
        """There is no file."""

    def write(self, records: memoryview) -> None:
        """Raises NetshootError for what no reader of captures understands."""
        if self._analysis is not None:
            self._analysis.feed(bytes(records))

    def close(self) -> None:
        """Say what it was."""
        if self._analysis is not None:
            self._show(self._analysis.report(), self._called)
