"""What every reader of captures gives: frames, names and comments, and an honest word about where it was damaged."""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import combinations
from typing import Protocol, TypeAlias

from kubectl_netshoot.errors import NetshootError

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


# Beyond these many an unread line may be of any conversation.
MOST_ENDS = 1000

# A packet as it was captured: time in nanoseconds since 1970, link type, bytes that hold it (and others), where in
# them it starts and ends, its length on the wire. A plain tuple: a million of them are made.
Frame: TypeAlias = tuple[int, int, bytes, int, int, int]


class Format(Enum):
    """What the capture was written in."""

    PCAP = "pcap"
    PCAPNG = "pcapng"
    TEXT = "tcpdump-text"


class DamageKind(Enum):
    """How a capture ends before its end, or what in it could not be believed."""

    CUT = "cut"  # the file ends inside a packet, as when the writer was killed
    GARBLED = "garbled"  # lengths that cannot be: nothing after them was read


@dataclass(frozen=True)
class Damage:
    """`offset` bytes (lines, for text) from the start; `after_packet` is the last one that was read, 0 for none."""

    kind: DamageKind
    offset: int
    after_packet: int


class NotACaptureError(NetshootError):
    """The first bytes are of nothing that can be explained."""


@dataclass
class UnreadLines:
    """Lines of text that are of packets, and cannot be read.

    Of each the ends that can be told are noted, as addresses in network form and ports (None: not told); one of which
    nothing can be told may be of any conversation.
    """

    lines: int = 0
    ends: set[frozenset[tuple[bytes, int | None]]] = field(default_factory=set)

    def note(self, ends: frozenset[tuple[bytes, int | None]]) -> None:
        """One more such line."""
        self.lines += 1
        self.partly(ends)

    def partly(self, ends: frozenset[tuple[bytes, int | None]]) -> None:
        """A packet between these ends was read, but what it says is not all there."""
        self.ends.add(ends if len(self.ends) < MOST_ENDS else frozenset())

    def may_be_of(self, *ends: tuple[bytes, int | None]) -> bool:
        """Whether one of them may be of the conversation between these ends."""
        if not self.ends:
            return False
        known = {*ends, *((address, None) for address, _ in ends)}
        return any(frozenset(some) in self.ends for size in range(3) for some in combinations(known, size))


class Reader(Protocol):
    """Turns the bytes of a capture into frames, in pieces of any size.

    A generator that `feed` or `close` gives must be used up before the next call. After `close`, `damage` is final;
    `kernel_drops` is what the capturing host says it lost (None: not said), `unread` is of text that cannot be read,
    `dated` is False when times are of a day that is not named, `names` are those that stand in the place of an address
    (by an address that is no host's), `remarks` are names of addresses that are there, and comments. Raises
    NotACaptureError.
    """

    @property
    def format(self) -> Format: ...

    @property
    def damage(self) -> Damage | None: ...

    @property
    def unread(self) -> UnreadLines: ...

    @property
    def remarks(self) -> Remarks: ...

    @property
    def kernel_drops(self) -> int | None: ...

    @property
    def dated(self) -> bool: ...

    @property
    def names(self) -> Mapping[bytes, str]: ...

    def feed(self, chunk: bytes) -> Iterator[Frame]: ...

    def close(self) -> Iterator[Frame]: ...
