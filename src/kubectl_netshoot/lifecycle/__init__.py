"""What to do next. One pure function drives a normal session, Ctrl-C, `leave`, `cleanup` after a kill -9, all of them.

It remembers nothing: everything it knows stands in what was observed (the marks on the copy among it), in what is
wanted, and in the time. So a process that dies in any state is followed by one that looks and goes on.
"""

from datetime import datetime

from kubectl_netshoot.guard import Observed

from .inwards import HOPELESS, going_in, why_not_ready
from .outwards import going_out
from .steps import (
    Abandon,
    Attach,
    CountConnections,
    Create,
    Delete,
    Done,
    Goal,
    Intent,
    Join,
    Leave,
    LookEverywhere,
    MarkCopy,
    Step,
    Stop,
    Wait,
)

__all__ = [
    "HOPELESS",
    "Abandon",
    "Attach",
    "CountConnections",
    "Create",
    "Delete",
    "Done",
    "Goal",
    "Intent",
    "Join",
    "Leave",
    "LookEverywhere",
    "MarkCopy",
    "Step",
    "Stop",
    "Wait",
    "next_step",
    "why_not_ready",
]


def next_step(seen: Observed, intent: Intent, now: datetime) -> Step:
    """The one next thing to do. `now` is the time of the observation, aware, on the clock that `intent.until` uses."""
    if intent.goal in (Goal.READY, Goal.SERVING):
        return going_in(seen, intent, now)
    return going_out(seen, intent, now)
