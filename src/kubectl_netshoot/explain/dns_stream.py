"""DNS over TCP: messages with their length before them."""

from kubectl_netshoot.explain.dns import Resolving
from kubectl_netshoot.explain.dns_message import read_dns
from kubectl_netshoot.explain.report import Side
from kubectl_netshoot.explain.tcp_flow import Flow, Half


class DnsStream:
    """See tcp_flow.Application."""

    def __init__(self, resolving: Resolving) -> None:
        self._resolving = resolving
        self._buffers = {Side.CLIENT: b"", Side.SERVER: b""}
        self._lost = False

    def take(self, half: Half, packet: int, ns: int, data: bytes, start: int, end: int, length: int) -> None:
        """Payload of either side."""
        if self._lost:
            return
        buffer = self._buffers[half.side] + data[start:end]
        while len(buffer) >= 2 and len(buffer) >= (size := 2 + int.from_bytes(buffer[:2], "big")):
            message, buffer = read_dns(buffer[2:size]), buffer[size:]
            if message is not None:
                self._resolving.message(message, packet, ns)
        self._buffers[half.side] = buffer
        self._lost = length > end - start

    def gap(self, half: Half, length: int) -> None:  # noqa: ARG002
        """Where the next message begins is not known any more."""
        self._lost = True

    def ended(self, half: Half, packet: int, ns: int, *, reset: bool) -> None:
        """Questions that are open are judged at the end."""

    def moment(self) -> str:
        """See step_ids.MOMENTS."""
        return "data"

    def finish(self, flow: Flow) -> None:
        """What was not answered."""
        self._resolving.finish(flow.until)
