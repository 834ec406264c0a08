"""What every reader of captures gives: frames, and an honest word about where the capture was damaged."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias

from kubectl_netshoot.errors import NetshootError

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


class Reader(Protocol):
    """Turns the bytes of a capture into frames, in pieces of any size.

    A generator that `feed` or `close` gives must be used up before the next call. After `close`, `damage` is final;
    `kernel_drops` is what the capturing host says it lost (None: not said), `unread_lines` counts lines of text that
    say nothing to us, `dated` is False when times are of a day that is not named. Raises NotACaptureError.
    """

    format: Format
    damage: Damage | None
    kernel_drops: int | None
    unread_lines: int
    dated: bool

    def feed(self, chunk: bytes) -> Iterator[Frame]: ...

    def close(self) -> Iterator[Frame]: ...
