"""What the real tools said when the script of probes.py ran them: a file a probe, its status in the first line.

Recorded in a network of its own, made for this: a pod 10.244.1.7 with MTU 1450, DNS at 10.96.0.10, another pod
10.244.2.9, and 203.0.113.9 behind a link of 1400. dig 9.18, curl 7.88, OpenSSL 3.0, iproute2 6.1, iputils 20221126,
OpenBSD nc, tcptraceroute 1.5.
"""

from collections.abc import Mapping
from pathlib import Path

from kubectl_netshoot.session.tools.probes import Answers, Probe, ToolOutput

FOLDER = Path(__file__).parent / "recorded"


def answer(name: str) -> ToolOutput:
    """One recording."""
    first, *lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return ToolOutput(int(first.removeprefix("status ")), lines)


def said(name: str) -> str:
    """Its text."""
    return answer(name).text


def answers(found: Mapping[Probe, ToolOutput | str]) -> Answers:
    """As if these probes had been asked: each answered by a recording, by its name, or by an answer made up."""
    made = Answers()
    for probe, one in found.items():
        given = answer(one) if isinstance(one, str) else one
        hearing = made.begin([probe])
        hearing.feed(b"".join(b"0:%s\n" % line.encode() for line in given.lines))
        if given.status is not None:
            hearing.feed(b"0=%d\n" % given.status)
    return made
