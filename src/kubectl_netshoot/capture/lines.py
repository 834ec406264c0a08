"""tcpdump's own text, line by line, without anything that a terminal would obey: `records.Records` for text."""

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.terminal import clean

# -v shows heads, and the first lines of some protocols.
LONGEST = 1 << 20


class Lines:
    """Feed it what arrives, take whole lines out. A packet is a line at the margin; what -v adds is indented."""

    def __init__(self) -> None:
        # Text has no header, so nothing is waited for.
        self.preamble: bytes | None = b""
        self._buffer = b""

    @property
    def rest(self) -> int:
        """Bytes of a line that did not arrive whole."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Raises NetshootError for a line that does not end: no tcpdump prints such a one."""
        self._buffer += data
        if len(self._buffer) > LONGEST and b"\n" not in self._buffer:
            raise NetshootError(f"what came is no text of tcpdump: a line of more than {LONGEST} bytes")

    def next_size(self) -> int:
        """Bytes of the next whole line; 0 where none is there yet."""
        return self._buffer.find(b"\n") + 1

    def take(self, room: int, packets: int) -> tuple[memoryview, int]:
        """The whole lines that fit into `room` bytes, of at most `packets` packets, cleaned; and their number."""
        end, count = 0, 0
        while after := self._buffer.find(b"\n", end) + 1:
            begins = not self._buffer[end : end + 1].isspace()
            if after > room or (begins and count == packets):
                break
            end, count = after, count + begins
        text, self._buffer = self._buffer[:end], self._buffer[end:]
        return memoryview(clean(text.decode(errors="replace")).encode()), count
