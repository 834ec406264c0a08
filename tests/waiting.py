"""Hides how one waits: looking again and again, with a limit that only a failure ever reaches."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LIMIT_SECONDS = 60.0
LOOK_SECONDS = 0.05


def until(condition: Callable[[], T], what: str, context: Callable[[], object] = str) -> T:
    """The first true value of `condition`. AssertionError, naming `what` and showing `context`, at the limit."""
    end = time.monotonic() + LIMIT_SECONDS
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"never came: {what}\n{context()}")
        time.sleep(LOOK_SECONDS)
    return value
