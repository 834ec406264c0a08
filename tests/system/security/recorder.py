"""A kubectl that writes down how it was started, and then is the real one; for a step it can say what a test wants.

What the process table shows for a moment only is in its book for good.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

PROGRAM = """
import json, os, sys
with open({book!r}, "a") as book:
    book.write(json.dumps([sys.argv[1:], dict(os.environ)]) + "\\n")
said = {said!r}
for word, (stdout, stderr, status) in said.items():
    if word in sys.argv:
        os.write(1, stdout)
        os.write(2, stderr)
        sys.exit(status)
os.execv({kubectl!r}, [{kubectl!r}, *sys.argv[1:]])
"""
Said = dict[str, tuple[bytes, bytes, int]]


@dataclass(frozen=True)
class Call:
    """One start."""

    arguments: list[str]
    environment: dict[str, str]


@dataclass(frozen=True)
class Recorder:
    """`program` is what KUBECTL_NETSHOOT_KUBECTL is to name."""

    program: Path
    book: Path

    @property
    def calls(self) -> list[Call]:
        return [Call(*json.loads(line)) for line in self.book.read_text().splitlines()]


def record(folder: Path, kubectl: Path, said: Said | None = None) -> Recorder:
    """Make one in this folder. Where a word of `said` is among the arguments, it says that and ends so."""
    recorder = Recorder(folder / "recording-kubectl", folder / "kubectl-calls")
    body = PROGRAM.format(book=str(recorder.book), said=said or {}, kubectl=str(kubectl))
    recorder.program.write_text(f"#!{sys.executable} -I\n{body}")
    recorder.program.chmod(0o755)
    return recorder
