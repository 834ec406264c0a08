"""What people and programs wrote into a capture beside its packets: names of addresses, and comments."""

import ipaddress
from collections.abc import Iterator

# So many different ones are kept, and so many packets of each.
MOST_NAMES, MOST_COMMENTS, PACKETS = 65_536, 1000, 10
LONGEST_NAME, LONGEST_COMMENT = 255, 1000
_LENGTHS = {1: 4, 2: 16}


class Comment:
    """Where one stands: `count` times, the first of them at `packets`; at none where it is of the whole file."""

    def __init__(self) -> None:
        self.count = 0
        self.packets: list[int] = []


class Remarks:
    """`names` by address, `comments` by what they say."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.comments: dict[str, Comment] = {}

    def comment(self, text: bytes, packet: int | None) -> None:
        """One more; `packet` is None where it is of the whole file."""
        words = text[:LONGEST_COMMENT].decode("utf-8", "replace").strip()
        if not words or (words not in self.comments and len(self.comments) >= MOST_COMMENTS):
            return
        known = self.comments.setdefault(words, Comment())
        known.count += 1
        if packet is not None and len(known.packets) < PACKETS:
            known.packets.append(packet)

    def name(self, kind: int, value: bytes) -> None:
        """A record of a name resolution block: an address (kind 1: IPv4, 2: IPv6), its names, each with a zero byte."""
        length = _LENGTHS.get(kind, 0)
        name = value[length:].partition(b"\0")[0][:LONGEST_NAME].decode("utf-8", "replace").strip()
        if length and len(value) > length and name and len(self.names) < MOST_NAMES:
            self.names.setdefault(str(ipaddress.ip_address(value[:length])), name)

    def told(self) -> Iterator[tuple[str, Comment]]:
        """All comments, in the order of the file."""
        yield from self.comments.items()
