"""How a protocol hands the rest of its connection over to the one that it carries."""

from collections.abc import Callable
from typing import TypeAlias

from kubectl_netshoot.explain.tcp_flow import Application, Flow, Half

# What makes sense of the rest; None where its own first payload will tell.
Nest: TypeAlias = Callable[[Application | None], None]
Recognise: TypeAlias = Callable[[Half, bytes], Application]


class Nested:
    """Waits for the first payload of what is carried; see tcp_flow.Application."""

    def __init__(self, recognise: Recognise) -> None:
        self._recognise = recognise

    def take(self, half: Half, packet: int, ns: int, data: bytes, start: int, end: int, length: int) -> None:
        """It tells what makes sense of the rest."""
        app = half.flow.app = self._recognise(half, data[start:end])
        app.take(half, packet, ns, data, start, end, length)

    def gap(self, half: Half, length: int) -> None:
        """What is missing is not known."""

    def ended(self, half: Half, packet: int, ns: int, *, reset: bool) -> None:
        """Nothing was carried."""

    def moment(self) -> str:
        """See step_ids.MOMENTS."""
        return "data"

    def finish(self, flow: Flow) -> None:
        """Nothing is left undone."""


def hand_over(flow: Flow, app: Application | None, recognise: Recognise) -> None:
    """Have the one that made sense of the connection so far judge what it saw, and `app` take what comes."""
    if flow.app is not None:
        flow.app.finish(flow)
    flow.app = app or Nested(recognise)
