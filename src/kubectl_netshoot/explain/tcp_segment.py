"""A TCP segment that is looked at closely."""

from typing import NamedTuple

FIN, SYN, RST, ACK = 1, 2, 4, 16


class Segment(NamedTuple):
    """A TCP segment: its header's fields, and where in `data` it begins, has its payload, ends, was captured to."""

    packet: int
    ns: int
    wire: int
    seq: int
    ack: int
    flags: int
    window: int
    data: bytes
    begin: int
    start: int
    stop: int
    end: int

    @property
    def length(self) -> int:
        """Bytes of payload as the header says; a header longer than the packet has none."""
        return max(self.stop - self.start, 0)

    @property
    def payload(self) -> bytes:
        """What was captured of the payload."""
        return self.data[self.start : min(self.end, self.stop)]
