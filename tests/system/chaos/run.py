"""A run of many sessions, several at a time, on one fake cluster."""

import queue
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.system.chaos.judge import judge
from tests.system.chaos.load import Mix
from tests.system.chaos.performance import perform
from tests.system.chaos.report import Result
from tests.system.chaos.schedule import Draw
from tests.system.chaos.theatre import MIX, Theatre, opened


def play(
    draws: Sequence[Draw], zipapp: Path, jobs: int, tell: Callable[[Result], None], mix: Mix = MIX
) -> tuple[list[Result], float]:
    """All of them, and the seconds that it took; `tell` hears of each as it ends, one at a time."""
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="chaos-") as folder,
        opened(Path(folder), zipapp, jobs, mix) as theatre,
    ):
        results = list(_played(theatre, draws, jobs, tell))
    return results, time.monotonic() - started


def _played(
    theatre: Theatre, draws: Iterable[Draw], jobs: int, tell: Callable[[Result], None]
) -> Iterable[Result]:
    slots: queue.SimpleQueue[int] = queue.SimpleQueue()
    for slot in range(jobs):
        slots.put(slot)
    one_at_a_time = threading.Lock()

    def one(draw: Draw) -> Result:
        slot = slots.get()
        try:
            seen = perform(theatre, draw, slot)
            result = Result.of(seen, judge(seen))
        except Exception:  # noqa: BLE001 (the run goes on, and the report says so)
            result = Result(draw, failed=traceback.format_exc())
        finally:
            slots.put(slot)
        with one_at_a_time:
            tell(result)
        return result

    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(one, draws)
