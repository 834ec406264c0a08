"""A container that is added to a running pod: proposed, started, ended. The pod keeps its record for ever."""

from .container import AddedContainer, Interrupted
from .plan import AddedPlan, Planning
from .proposal import Candidate, NoRawSocketsError, Proposing, Wish, check_addable
from .visit import at_once, end, start, start_each, visit

__all__ = [
    "AddedContainer",
    "AddedPlan",
    "Candidate",
    "Interrupted",
    "NoRawSocketsError",
    "Planning",
    "Proposing",
    "Wish",
    "at_once",
    "check_addable",
    "end",
    "start",
    "start_each",
    "visit",
]
