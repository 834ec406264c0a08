"""Payload of a protocol that is not told: how much, and which way."""

from kubectl_netshoot.explain.report import Phase
from kubectl_netshoot.explain.step_ids import StepId
from kubectl_netshoot.explain.tcp_flow import Flow, Half


class Opaque:
    """Counts bytes; see tcp_flow.Application. `within` is the step's id."""

    def __init__(self, within: StepId = StepId.TCP_DATA, moment: str = "data") -> None:
        self._within = within
        self._moment = moment

    def take(self, half: Half, packet: int, ns: int, data: bytes, start: int, end: int, length: int) -> None:  # noqa: ARG002
        """Extend the step while the same side talks."""
        run = half.flow.talking
        if run is not None and run.id is self._within and run.side is half.side:
            run.more(packet, ns, length)
        else:
            half.flow.message(self._within, Phase.DATA, half, packet, ns, bytes=length)

    def gap(self, half: Half, length: int) -> None:
        """Nothing depends on what is missing."""

    def ended(self, half: Half, packet: int, ns: int, *, reset: bool) -> None:
        """Nothing is left undone."""

    def moment(self) -> str:
        """See step_ids.MOMENTS."""
        return self._moment

    def finish(self, flow: Flow) -> None:
        """Nothing is left undone."""
