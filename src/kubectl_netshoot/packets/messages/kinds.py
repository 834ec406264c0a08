"""The row of a kind of step or finding: its id, its parameters, and the sentences that they are put into.

A parameter is always there; None where it is not known or does not apply. Durations end in `seconds`, sizes in
`bytes`; types: see `report.Value`, plain words are text unless said otherwise. English is what stands in the rows; a
translation stands beside it in the catalogue.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, TypeAlias


class Sentence(NamedTuple):
    """English with {placeholders}. Where a number changes the words, `many` is the plural and `by` its name."""

    one: str
    many: str = ""
    by: str = ""


class Choice(NamedTuple):
    """The sentence that stands beside the value of the parameter `by`, else `otherwise`."""

    by: str
    sentences: "Mapping[object, Wording]"
    otherwise: "Wording"


Wording: TypeAlias = Sentence | Choice


def one_or_more(one: str, many: str, by: str = "count") -> Choice:
    """Two sentences, where that for one does not name the number: a matter of style, so also without plurals."""
    return Choice(by, {1: Sentence(one)}, Sentence(many))


class Detail(NamedTuple):
    """What is added when the parameter `by` says something: is known, not empty, not False, a number above `above`."""

    by: str
    sentence: Wording
    above: int = 0


@dataclass(frozen=True, eq=False)
class StepKind:
    """A kind of step: what happened, with details behind, and the same in a word or two for an arrow of the ladder.

    Without an `arrow` it is no packet of one side and stands between the two; `silent` is what did not happen up to
    the end of the capture, no packet at all; `from_absence` is concluded from packets that are not there. Placeholders
    are also {who} did it, to whom ({other}), and {count}.
    """

    id: str
    parameters: tuple[str, ...]
    what: Wording
    details: tuple[Detail, ...] = ()
    label: Wording = field(kw_only=True)
    arrow: bool = True
    silent: bool = False
    from_absence: bool = False


class FindingSeverity(Enum):
    """FAULT: something did not work; WARNING: it worked badly or may soon not; NOTE: good to know, no fault."""

    FAULT = "fault"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, eq=False)
class FindingKind:
    """A kind of finding: what is to be known, the next thing to try, and details behind what is to be known.

    A finding is made once for all conversations that it is true of in the same way: `client` and `server` are
    Endpoints (`client` has no port; it is None where there are several), numbers are totals, durations the longest.
    What is concluded `from_absence` of packets is not said of a conversation some of whose packets could not be read.
    """

    severity: FindingSeverity
    id: str
    parameters: tuple[str, ...]
    what: Wording
    advice: Wording
    details: tuple[Detail, ...] = ()
    from_absence: bool = False
