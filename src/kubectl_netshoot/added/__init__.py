"""A container that is added to a running pod: proposed, started, ended. The pod keeps its record for ever."""

from .container import AddedContainer, Interrupted
from .proposal import Candidate, NoRawSocketsError, Proposing, Wish, check_addable

__all__ = [
    "AddedContainer",
    "Candidate",
    "Interrupted",
    "NoRawSocketsError",
    "Proposing",
    "Wish",
    "check_addable",
]
