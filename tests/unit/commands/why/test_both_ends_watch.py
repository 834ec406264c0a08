"""One end while it is watched, by the real scripts in a shell: its counters, and how far its capture is believed."""

import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kubectl_netshoot.commands.why.both_ends import EndContainer, Watch
from kubectl_netshoot.commands.why.sockets import counters
from tests.waiting import until

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the scripts run in Linux containers, on /proc"
)
COUNTS = "0 packets captured\\n0 packets received by filter\\n0 packets dropped by kernel\\n"
# Says that it listens, and its counts at its end: when it is told to end, or (`brief`) at once.
DUMP = f"""#!/bin/sh
trap 'printf "{COUNTS}" >&2; exit 0' TERM
echo "tcpdump: listening on any" >&2
[ "$BRIEF" ] && kill $$
while :; do sleep 0.05; done
"""


class Kubectl:
    """Runs the command here, where a pod would."""

    def __init__(self, folder: Path, **env: str) -> None:
        stub = folder / "tcpdump"
        stub.write_text(DUMP)
        stub.chmod(0o755)
        self.env = {"PATH": f"{folder}:{os.environ['PATH']}", **env}

    def exec_argv(self, pod: str, command: Sequence[str], **_: object) -> tuple[str, ...]:
        assert pod == "db-0"
        return tuple(command)


def watch(kubectl: Kubectl) -> Watch:
    edges = cast(Any, SimpleNamespace(kubectl=kubectl, inbox=SimpleNamespace(wake=lambda: None)))
    made = Watch(EndContainer(edges, "db-0", "netshoot"), ("tcp",), timedelta(seconds=30))
    until(lambda: not made.waits, "the start of tcpdump")
    made.ready = True
    return made


def ended(made: Watch) -> None:
    made.stop()
    until(lambda: made.stream is not None and made.stream.ended, "the end of tcpdump")


def test_what_the_pod_had_counted_comes_before_tcpdumps_words(tmp_path: Path) -> None:
    made = watch(Kubectl(tmp_path))
    ended(made)
    assert "\nTcpExt: " in made.before
    assert counters(made.before, Path("/proc/net/snmp").read_text()).received >= 0
    assert made.stream is not None
    assert made.stream.said.complaints == []
    assert made.seen is not None
    assert made.seen.whole
    assert made.trouble == ""


def test_a_capture_that_ended_before_the_connections_is_not_whole(tmp_path: Path) -> None:
    made = watch(Kubectl(tmp_path, BRIEF="yes"))
    until(lambda: made.stream is not None and made.stream.ended, "the end of tcpdump")
    ended(made)
    assert made.seen is not None
    assert not made.seen.whole
    assert made.trouble == "the capture in pod db-0 ended before the connections did"
