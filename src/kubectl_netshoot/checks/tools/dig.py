"""dig: the replies in what it prints, one for each name that it asked for, and why there was none."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_STATUS = re.compile(r"->>HEADER<<- .*status: ([A-Z]+)")
_QUESTION = re.compile(r";(\S+)\s+IN\s+([A-Z]+)")
_RECORD = re.compile(r"(\S+)\s+[0-9]+\s+IN\s+(A|AAAA|CNAME)\s+(\S+)")
_TIME = re.compile(r";; Query time: ([0-9]+) (usec|msec)")
_SERVER = re.compile(r";; SERVER: (\S+?)#[0-9]+")
_SILENT = re.compile(r";; communications error to (\S+?)#[0-9]+: (.+)|;; connection timed out")


@dataclass(frozen=True)
class Reply:
    """One server's reply to one question; `seconds` it took. `addresses` are all in the answer, behind a CNAME too."""

    status: str
    name: str = ""
    addresses: tuple[str, ...] = ()
    alias: str = ""
    seconds: float = 0.0
    server: str = ""

    @property
    def found(self) -> bool:
        return self.status == "NOERROR" and bool(self.addresses)


@dataclass(frozen=True)
class Asked:
    """All that one dig came to: replies in order, and the errors of servers that did not reply."""

    replies: tuple[Reply, ...]
    errors: tuple[str, ...]

    @property
    def server(self) -> str:
        return next((reply.server for reply in self.replies if reply.server), "")


def read(text: str) -> Asked:
    """What dig (+comments +question +answer +stats) printed, of several questions one after the other."""
    return Asked(tuple(_replies(text)), tuple(_errors(text)))


def _errors(text: str) -> Iterator[str]:
    for found in _SILENT.finditer(text):
        yield f"{found[1]} {found[2]}" if found[1] else "timed out"


def _replies(text: str) -> Iterator[Reply]:
    reply: Reply | None = None
    for line in text.splitlines():
        if found := _STATUS.search(line):
            if reply:
                yield reply
            reply = Reply(found[1])
        elif reply:
            reply = _with(reply, line)
    if reply:
        yield reply


def _with(reply: Reply, line: str) -> Reply:
    if found := _RECORD.match(line):
        if found[2] == "CNAME":
            return replace(reply, alias=found[3])
        return replace(reply, addresses=(*reply.addresses, found[3]))
    if found := _TIME.match(line):
        return replace(reply, seconds=int(found[1]) / (1e6 if found[2] == "usec" else 1e3))
    if found := _SERVER.match(line):
        return replace(reply, server=found[1])
    if found := _QUESTION.match(line):
        return replace(reply, name=found[1])
    return reply
