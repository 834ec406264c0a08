"""What a row of the decision table is, and how its sentences are put together."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kubectl_netshoot.commands.why.table.view import ConnectionView, View


@dataclass(frozen=True)
class Told:
    """A verdict's words: see verdict.Verdict."""

    where: str
    headline: str
    evidence: tuple[str, ...] = ()
    next: str = ""
    likely: str = ""


@dataclass(frozen=True)
class Row:
    """Holds for all that is known at once."""

    id: str
    certain: bool
    holds: Callable[[View], bool]
    told: Callable[[View], Told]


@dataclass(frozen=True)
class CaseRow:
    """Holds for one connection; `brief` says it beside others, `told` for all the connections that are alike."""

    id: str
    certain: bool
    holds: Callable[[View, ConnectionView], bool]
    brief: Callable[[View, ConnectionView], str]
    told: Callable[[View, Sequence[ConnectionView]], Told]


def listed(words: Iterable[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`; each once."""
    *first, end = dict.fromkeys(words) or ("",)
    return f"{', '.join(first)} {last} {end}" if first else end


def lines(*found: str) -> tuple[str, ...]:
    """Those that say something."""
    return tuple(line for line in found if line)
