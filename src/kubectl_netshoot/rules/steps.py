"""What a session can want, and every single thing that it can do next: plain values, so that a test can name them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from kubectl_netshoot.rules.guard import GuardVerdict
from kubectl_netshoot.rules.marks import Mark


class Goal(Enum):
    """READY: a copy to work in. SERVING: that, behind its Services. OUT: out of service, kept. GONE: deleted."""

    READY = "ready"
    SERVING = "serving"
    OUT = "out"
    GONE = "gone"


@dataclass(frozen=True)
class Intent:
    """What this process wants. `uid` is the copy's once it was seen; `until` ends the patience with the present goal.

    `mark` is what the copy is to carry (going in); going out, what it does carry is read from it.
    `owner` is who wants it. `to_the_end`: the deletion is waited for, however long the pod's grace period is.
    """

    goal: Goal
    until: datetime
    mark: Mark | None = None
    uid: str = ""
    allow: frozenset[str] = field(default_factory=frozenset)
    owner: str = ""
    to_the_end: bool = False


@dataclass(frozen=True)
class Create:
    """Make the copy."""


@dataclass(frozen=True)
class MarkCopy:
    """Write label, annotations and the deadline onto the copy."""

    uid: str


@dataclass(frozen=True)
class Join:
    """Add these labels to the copy."""

    uid: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Attach:
    """The copy is as wanted: the shell or COMMAND may run."""


@dataclass(frozen=True)
class Leave:
    """Take these labels off the copy, each with the value it has now."""

    uid: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class LookEverywhere:
    """Read every EndpointSlice of the namespace, not only those of the known Services."""


@dataclass(frozen=True)
class CountConnections:
    """Ask the copy which connections to the Services' ports are established."""


@dataclass(frozen=True)
class Delete:
    """Delete the copy, with its uid as precondition."""

    uid: str


@dataclass(frozen=True)
class Wait:
    """Look again when something changed, at the latest at `until`; `reason` is for the person who waits, and so is
    `over`: when this wait ends by itself, where it does.
    """

    reason: str
    until: datetime
    over: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Abandon:
    """Going in has failed for this reason: take the way out."""

    reason: str
    finding: str = ""


@dataclass(frozen=True)
class Stop:
    """Going out cannot be finished safely: leave everything as it is and say so."""

    verdict: GuardVerdict


@dataclass(frozen=True)
class Done:
    """The goal is reached: the copy is out (`exists`), or no longer there; `deleting`: its node ends it by itself."""

    exists: bool
    deleting: bool = False


Write = MarkCopy | Join | Leave | Delete


@dataclass(frozen=True)
class Written:
    """The last change, when it was made, and why it failed where it did."""

    step: Write
    at: datetime
    error: str = ""


Step = (
    Create
    | MarkCopy
    | Join
    | Attach
    | Leave
    | LookEverywhere
    | CountConnections
    | Delete
    | Wait
    | Abandon
    | Stop
    | Done
)
