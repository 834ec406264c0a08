"""What a check comes to: one state, one sentence, the tools' own words as evidence; and all of them together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum


class CheckState(Enum):
    """BAD makes the exit status 1. NOTE is to be known, and may be meant so. UNKNOWN was not checked, for a reason."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"
    UNKNOWN = "unknown"


class Topic(Enum):
    """What is asked, as --only takes it."""

    DNS = "dns"
    TCP = "tcp"
    TLS = "tls"
    PORTS = "ports"
    PATH = "path"


TOPICS = tuple(topic.value for topic in Topic)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `about` is a Service's name, or HOST:PORT, or empty for the pod itself.

    `subject` is what exactly; `what` says how it stands, and goes on where the subject's name ends. Of an `endpoint`
    (or a Service's address) that was asked for a page, `http_status` is what it answered.
    """

    topic: Topic
    about: str
    subject: str
    state: CheckState
    what: str
    evidence: tuple[str, ...] = ()
    next_step: str = ""
    endpoint: bool = False
    http_status: int = 0

    @property
    def sentence(self) -> str:
        """Subject and finding as one line."""
        return f"{self.subject} {self.what}"

    def changed(self, state: CheckState, what: str) -> "Check":
        """The same seen beside the others."""
        return replace(self, state=state, what=what)


def count(checks: Sequence[Check], state: CheckState) -> int:
    """How many of them stand so."""
    return sum(check.state is state for check in checks)


def is_healthy(checks: Sequence[Check]) -> bool:
    """Whether nothing is bad, and something could be looked at: what could not be checked is no good news."""
    looked_at = count(checks, CheckState.OK) + count(checks, CheckState.NOTE)
    return bool(looked_at) and not count(checks, CheckState.BAD)
