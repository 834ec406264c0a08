"""Commands that a document shows, each block with what is printed then: `…` is what differs from run to run."""

import re
from typing import NamedTuple

from tests.system.docs.conftest import Desk

_STEP = re.compile(r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
_STATUS = re.compile(r"exit status (\d+)")
_REMARK = re.compile(r"\s+# .*$")


class Step(NamedTuple):
    """Commands, and what is read then."""

    typed: list[str]
    read: list[str]

    @property
    def lines(self) -> list[str]:
        return [line for line in self.read if not _STATUS.fullmatch(line)]

    @property
    def statuses(self) -> list[int]:
        """One for each command: all but the last have to end well."""
        told = [int(found[1]) for line in self.read if (found := _STATUS.fullmatch(line))]
        return [0] * (len(self.typed) - 1) + (told or [0])


def steps(text: str) -> list[Step]:
    """All of a text, in order; nothing is read where no block of text stands directly below."""
    return [Step(typed.splitlines(), read.splitlines()) for typed, read in _STEP.findall(text)]


def command(line: str) -> str:
    """What is typed, without the remark behind it."""
    return _REMARK.sub("", line)


def follow(desk: Desk, step: Step) -> None:
    """Type it; every line that is read has to be printed, in this order."""
    done = [desk.type(f"{{ {line}\n}} 2>&1") for line in step.typed]
    printed = [" ".join(line.split()) for one in done for line in one.stdout.splitlines()]
    assert [one.returncode for one in done] == step.statuses, "\n".join([*step.typed, *printed])
    left = iter(printed)
    for line in step.lines:
        wanted = re.compile(".*".join(re.escape(part) for part in " ".join(line.split()).split("…")))
        assert any(wanted.fullmatch(one) for one in left), "\n".join([line, "is not in", *printed])
