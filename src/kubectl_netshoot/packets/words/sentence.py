"""The forms in which sentences stand in tables: plain, with a plural, chosen by a parameter, with details behind.

A table is read by `Voice`, its English by the translators' catalogue. Placeholders are a step's or finding's
parameters, and what `Voice` adds to them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Sentence:
    """English with {placeholders}. Where a number changes the words, `many` is the plural and `by` its name."""

    one: str
    many: str = ""
    by: str = ""


@dataclass(frozen=True)
class Choice:
    """The sentence that stands beside the value of the parameter `by`, else `otherwise`."""

    by: str
    sentences: "Mapping[object, Wording]"
    otherwise: "Wording"


Wording: TypeAlias = Sentence | Choice


def one_or_more(one: str, many: str, by: str = "count") -> Choice:
    """Two sentences, where that for one does not name the number: a matter of style, so also without plurals."""
    return Choice(by, {1: Sentence(one)}, Sentence(many))


@dataclass(frozen=True)
class Detail:
    """What is added when the parameter `by` says something: is known, not empty, not False, a number above `above`."""

    by: str
    sentence: Wording
    above: int = 0


@dataclass(frozen=True)
class Told:
    """How a step is told."""

    what: Wording
    details: tuple[Detail, ...] = ()


@dataclass(frozen=True)
class Advised:
    """How a finding is told: a headline, and the next thing to try."""

    what: Wording
    step: Wording
    details: tuple[Detail, ...] = ()
