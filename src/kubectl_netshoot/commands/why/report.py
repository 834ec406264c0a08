"""What an inquiry came to, for whoever shows it: the verdict, what it rests on, and what is left behind."""

from collections.abc import Callable
from dataclasses import dataclass

from kubectl_netshoot.commands.why.evidence import Evidence
from kubectl_netshoot.commands.why.verdict import Attempt, Verdict
from kubectl_netshoot.errors import ExitStatus

POD, THROWAWAY, STAND_IN = "pod", "throwaway pod", "stand-in"


@dataclass(frozen=True)
class AskedFrom:
    """Where it was asked from: `kind` is POD for the client's own, `pod` empty where none was made."""

    kind: str
    pod: str
    namespace: str
    node: str = ""


@dataclass(frozen=True)
class Left:
    """A container of which this pod keeps a record. `goes_on`: we could not end it, and it ends by itself."""

    pod: str
    namespace: str
    container: str
    goes_on: bool = False


@dataclass(frozen=True)
class WhyReport:
    """`touched` are the pods in which containers were added or that were made, and `left` what stays of it."""

    client: AskedFrom
    evidence: Evidence
    verdict: Verdict
    attempts: tuple[Attempt, ...] = ()
    touched: bool = False
    left: tuple[Left, ...] = ()

    @property
    def status(self) -> int:
        """The exit status."""
        return ExitStatus.DONE if self.verdict.result == "reachable" else ExitStatus.FAILED


Show = Callable[[WhyReport], None]
