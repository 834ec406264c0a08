"""The one judgement on every case of bad input: refused in one clear line, and nothing has happened."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

FINE, FAILED, USAGE = 0, 1, 2
# What turns the direction of text around.
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Words of Python's that nobody who typed something wrong should have to read.
PYTHON = re.compile(
    r"Traceback|\w(Error|Exception)\(|\[Errno|<class | object at 0x|this is a bug|_ssl\.c|NoneType"
)
LONGEST = 1500


@dataclass(frozen=True)
class Outcome:
    """How a run ended: what it said, the writes that the server saw, the files and the processes that it left."""

    words: tuple[str, ...]
    status: int
    stdout: str
    stderr: str
    written: tuple[str, ...]
    files: tuple[str, ...]
    children: tuple[str, ...]


def judge(outcome: Outcome, statuses: Sequence[int] = (FAILED, USAGE), names: Sequence[str] = ()) -> None:
    """AssertionError unless the run ended as it must; `names` are the words that say what was wrong, and where."""
    assert outcome.status in statuses, outcome
    nothing_happened(outcome)
    if outcome.status == FINE:
        return
    error = _finding(outcome) if "doctor" in outcome.words and outcome.status == FAILED else _error(outcome)
    for name in names:
        assert name in error, (name, outcome)


def nothing_happened(outcome: Outcome) -> None:
    """AssertionError for any change, leftover, or dangerous output, however the run ended."""
    said = outcome.stdout + outcome.stderr
    assert not PYTHON.search(said), outcome
    assert [c for c in said if c != "\n" and _is_dangerous(c)] == [], outcome
    assert outcome.written == (), outcome
    assert outcome.files == (), outcome
    assert outcome.children == (), outcome


def _error(outcome: Outcome) -> str:
    """The line that says what was wrong: the only one but for what is known beside it and the next step."""
    assert outcome.stdout == "", outcome
    error, *hints = outcome.stderr.splitlines() or [""]
    assert error.startswith("error: "), outcome
    assert len(error) <= LONGEST, outcome
    assert len(hints) <= 3, outcome
    assert all(hint.startswith("  ") for hint in hints), outcome
    return error


def _finding(outcome: Outcome) -> str:
    """What `doctor` says is bad: that is its result, a line each."""
    assert outcome.stderr == "", outcome
    return "\n".join(line for line in outcome.stdout.splitlines() if line.startswith("bad"))


def _is_dangerous(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in BIDI
