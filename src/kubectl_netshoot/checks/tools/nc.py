"""nc -z -v: whether a connection came about, and the kernel's word for it where none did."""

import re
from enum import Enum


class Connected(Enum):
    """SILENT: nothing came back, as behind a NetworkPolicy or a firewall. UNKNOWN: it is not nc that spoke."""

    YES = "takes connections"
    REFUSED = "refuses connections"
    SILENT = "does not answer (timeout)"
    UNREACHABLE = "cannot be reached"
    UNKNOWN = ""


_WORDS = (
    (re.compile(r"^(?:Connection to .* succeeded!|.* open)$", re.MULTILINE), Connected.YES),
    (re.compile(r"^nc: .*refused", re.MULTILINE), Connected.REFUSED),
    (re.compile(r"^nc: .*timed out", re.MULTILINE), Connected.SILENT),
    (
        re.compile(r"^nc: .*(?:unreachable|No route to host|not permitted)", re.MULTILINE | re.IGNORECASE),
        Connected.UNREACHABLE,
    ),
)


def read(text: str) -> Connected:
    """By netcat-openbsd's words; those of others are near enough."""
    return next((meaning for words, meaning in _WORDS if words.search(text)), Connected.UNKNOWN)


def count(text: str) -> tuple[int, int]:
    """Of several in a row, how many came about, and how many kept silent."""
    states = [read(line) for line in text.splitlines()]
    return states.count(Connected.YES), states.count(Connected.SILENT)
