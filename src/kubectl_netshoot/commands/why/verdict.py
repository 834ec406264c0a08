"""What it comes to: one verdict of a fixed set of ids, and how each connection fared."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Result: TypeAlias = Literal["reachable", "unreachable", "intermittent", "undetermined"]
Certainty: TypeAlias = Literal["certain", "likely"]

_RESULTS: dict[str, Result] = {
    "reachable": "reachable",
    "intermittent": "intermittent",
    "name-slow": "intermittent",
    "undetermined": "undetermined",
}


@dataclass(frozen=True)
class Verdict:
    """`where` is the place that it names (`pod api-x7k`, `Service db`, `between pod a (node-1) and pod b (node-2)`).

    `headline` goes on after `RESULT: `; `evidence` are lines of their own; `likely` is the probable cause where only
    the place is known, empty otherwise; `next` is the next command, complete but for kubectl's connection flags.
    """

    id: str
    where: str
    certainty: Certainty
    headline: str
    evidence: tuple[str, ...]
    next: str
    likely: str = ""

    @property
    def result(self) -> Result:
        """What scripts go by; only `reachable` is exit status 0."""
        return _RESULTS.get(self.id, "unreachable")


@dataclass(frozen=True)
class Attempt:
    """One connection as the JSON output has it: SYNs that left the client, that arrived at the pod, SYN-ACKs that came
    back. None: not captured there. `error` is the tool's word, empty where it worked.
    """

    to: str
    pod: str
    sent: int | None
    arrived: int | None
    answered: int | None
    error: str
