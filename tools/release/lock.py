"""Hides the form of the requirements locks."""

import re
from dataclasses import dataclass

_ENTRY = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>[^\s;]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True)
class Locked:
    """One package: its normal name, its version, and the SHA-256 of every file that may be installed for it."""

    name: str
    version: str
    hashes: tuple[str, ...]


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return _SEPARATORS.sub("-", name).lower()


def read_lock(text: str) -> dict[str, Locked]:
    """Every package of a lock by its normal name."""
    starts = list(_ENTRY.finditer(text))
    ends = [*(match.start() for match in starts[1:]), len(text)]
    entries = (
        Locked(normal(match["name"]), match["version"], tuple(_HASH.findall(text, match.end(), end)))
        for match, end in zip(starts, ends, strict=True)
    )
    return {entry.name: entry for entry in entries}
