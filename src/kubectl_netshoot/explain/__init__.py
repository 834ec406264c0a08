"""What the packets of a capture mean: conversations, their steps, and what is wrong; in no language yet.

`analyse` reads a whole stream; `Analysis` is fed while a capture comes in. `report` holds what comes out, `step_ids`
and `finding_ids` every id in it.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import BinaryIO

from kubectl_netshoot.explain.analysis import DEFAULT_MAX_FLOWS, Analysis
from kubectl_netshoot.explain.report import Report

__all__ = ["DEFAULT_MAX_FLOWS", "Analysis", "Report", "analyse"]

BLOCK = 1 << 18


def analyse(stream: BinaryIO, *, max_flows: int = DEFAULT_MAX_FLOWS, capturing: Iterable[str] = ()) -> Report:
    """Explain a capture, to the end of the stream. `max_flows` conversations are kept, `capturing` are the IP
    addresses of the capturing side where they are known. Raises NotACaptureError.
    """
    analysis = Analysis(max_flows=max_flows, capturing=[ip_address(own).packed for own in capturing])
    read = getattr(stream, "read1", stream.read)
    with rare_collections():
        while block := read(BLOCK):
            analysis.feed(block)
        return analysis.report()


@contextmanager
def rare_collections() -> Iterator[None]:
    """Look for garbage in cycles seldom: nearly all that is made here lives on; looking took a fifth of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(500_000, 50, 100)
    try:
        yield
    finally:
        # Or the first collection would look at everything at once.
        gc.freeze()
        gc.set_threshold(*usual)
        gc.unfreeze()
