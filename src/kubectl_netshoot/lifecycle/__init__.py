"""What to do next. One pure function drives a normal session, Ctrl-C, `leave`, `cleanup` after a kill -9, all of them.

It remembers nothing: everything it knows stands in what was observed (the marks on the copy among it), in what is
wanted, and in the time. So a process that dies in any state is followed by one that looks and goes on.
"""

from datetime import datetime

from kubectl_netshoot.guard import Observed

from .inwards import HOPELESS, going_in, why_not_ready
from .outwards import going_out
from .repeating import is_again, not_at_once
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
    Write,
    Written,
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
    "Write",
    "Written",
    "next_step",
    "why_not_ready",
]


def next_step(seen: Observed, intent: Intent, now: datetime, last: Written | None = None) -> Step:
    """The one next thing to do. `now` is the time of the observation, aware, on the clock that `intent.until` uses.

    `last` is the last change that this process made or tried.
    """
    if intent.goal in (Goal.READY, Goal.SERVING):
        step = going_in(seen, intent, now)
    else:
        step = going_out(seen, intent, now, last)
    return not_at_once(step, last, intent, now) if last and is_again(step, last) else step
