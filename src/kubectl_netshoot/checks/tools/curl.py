"""curl: the status and times of our own --write-out line, and its one word of why there is none."""

import re
from dataclasses import dataclass

_OURS = re.compile(r"^code=([0-9]{3}) connect=([0-9]+\.[0-9]+) total=([0-9]+\.[0-9]+)$", re.MULTILINE)
_ERROR = re.compile(r"^curl: \(([0-9]+)\) (.*)$", re.MULTILINE)
# What curl says where something listens that does not speak HTTP/1: libcurl-errors(3).
NOT_HTTP = (1, 8, 52, 56)


@dataclass(frozen=True)
class Got:
    """`status` is 0 without an answer of HTTP; `error` curl's number, 0 for none. Times are in seconds."""

    status: int
    connect: float
    total: float
    error: int = 0
    said: str = ""

    @property
    def connected(self) -> bool:
        return self.connect > 0

    @property
    def speaks_something_else(self) -> bool:
        """Whether the port took the connection, and what came back, if anything, was no HTTP."""
        return self.connected and not self.status and self.error in NOT_HTTP

    @property
    def timed_out(self) -> bool:
        return self.error == 28


def read(text: str) -> Got | None:
    """None where it is not curl that spoke."""
    ours, error = _OURS.search(text), _ERROR.search(text)
    if not ours:
        return None
    number, said = (int(error[1]), error[2]) if error else (0, "")
    return Got(int(ours[1]), float(ours[2]), float(ours[3]), number, said)
