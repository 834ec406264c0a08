"""The packets of our own connections: whatever a stand-in sends or would send is written down for both pods.

Each pod has a file by its address in POD_WIRES, a JSON line a packet: `at` (seconds since 1970), `frame` (SLL2,
base64), `in` (it arrived) and `delivered` (no rule of the pod's own has dropped it). The stand-ins for tcpdump, ss and
the kernel's counters read it.
"""

from __future__ import annotations

import base64
import json
import os
import random
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fakecluster.standins.frames import ACK, FIN, PUSH, SYN, Segment, checksum, packed

RST = 4
ETHERNET, LOOPBACK = 1, 772
MTU = 1500
# Bytes of the head of SLL2.
COOKED = 20
HEADERS = 40
# Linux' shortest time before something is sent again.
RTO_SECONDS, REPEATS = 0.21, 3
End = tuple[str, int]


def write(address: str, frame: bytes, *, inwards: bool, delivered: bool = True) -> None:
    """One packet that this pod sends or gets."""
    folder = os.environ.get("POD_WIRES")
    if not folder or not address.startswith("127."):
        return
    line = {
        "at": time.time(),
        "frame": base64.b64encode(frame).decode(),
        "in": inwards,
        "delivered": delivered,
    }
    with Path(folder, address).open("a") as file:
        # One write, so that lines of several processes stay whole.
        file.write(json.dumps(line) + "\n")


def lines(address: str, after: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The packets of a pod from this byte of its file on, and where the next ones will be."""
    path = Path(os.environ.get("POD_WIRES", "/nonexistent"), address)
    if not path.exists():
        return [], 0
    with path.open("rb") as file:
        file.seek(after)
        content = file.read()
    whole = content[: content.rfind(b"\n") + 1]
    return [json.loads(line) for line in whole.splitlines()], after + len(whole)


def frame_of(line: dict[str, Any]) -> bytes:
    return base64.b64decode(line["frame"])


@dataclass
class Conversation:
    """A TCP connection from `client` to where it `dialled`, which comes out at `end`: the same, or an endpoint."""

    client: End
    dialled: End
    end: End
    loopback: bool = False
    isn: int = field(default_factory=lambda: random.getrandbits(32))
    server_isn: int = field(default_factory=lambda: random.getrandbits(32))
    sent: int = 1
    answered: int = 1
    # What a pod sends itself through a Service comes from its node's bridge (hairpin).
    seen: End = field(init=False)

    def __post_init__(self) -> None:
        is_hairpin = self.client[0] == self.end[0] != self.dialled[0]
        bridge = ".".join([*self.client[0].split(".")[:2], "0", "1"])
        self.seen = (bridge, random.randint(1024, 60999)) if is_hairpin else self.client

    def syn(self, *, arrives: bool = True, delivered: bool = True) -> None:
        self._out(SYN, self.isn, 0, b"", arrives, delivered)

    def syn_ack(self, *, arrives: bool = True, untranslated: bool = False) -> None:
        source = self.end if untranslated else self.dialled
        self._back(SYN | ACK, self.server_isn, self.isn + 1, b"", arrives, source)

    def ack(self) -> None:
        self._out(ACK, self.isn + self.sent, self.server_isn + self.answered, b"")

    def reset_by_server(self) -> None:
        self._back(RST | ACK, 0, self.isn + 1, b"", arrives=True)

    def reset_by_nobody(self) -> None:
        """A rule on the way answers in the server's name."""
        write(
            self.client[0], self._frame(self.dialled, self.client, RST | ACK, 0, self.isn + 1), inwards=True
        )

    def reset_by_client(self, source: End) -> None:
        write(self.client[0], self._frame(self.client, source, RST, self.isn + 1, 0), inwards=False)

    def request(self, size: int) -> None:
        self._out(PUSH | ACK, self.isn + self.sent, self.server_isn + self.answered, b"x" * size)
        self.sent += size
        self._back(ACK, self.server_isn + self.answered, self.isn + self.sent, b"", arrives=True)

    def answer(self, size: int, largest: int = MTU) -> None:
        """In packets of at most MTU; those that are larger than `largest` do not arrive: the first is sent again."""
        room, left, lost = MTU - HEADERS, size, list[tuple[int, bytes]]()
        while left > 0:
            data = b"y" * min(room, left)
            number, arrives = self.server_isn + self.answered, len(data) + HEADERS <= largest
            self._back(PUSH | ACK, number, self.isn + self.sent, data, arrives=arrives)
            lost += [] if arrives else [(number, data)]
            self.answered += len(data)
            left -= len(data)
        for number, data in lost[:1] * REPEATS:
            time.sleep(RTO_SECONDS)
            self._back(PUSH | ACK, number, self.isn + self.sent, data, arrives=False)
        if not lost:
            self.ack()

    def fin_by_server(self) -> None:
        self._back(FIN | ACK, self.server_isn + self.answered, self.isn + self.sent, b"", arrives=True)
        self.answered += 1

    def fin_by_client(self) -> None:
        self._out(FIN | ACK, self.isn + self.sent, self.server_isn + self.answered, b"")
        self.sent += 1

    def unreachable(self, sender: str, code: int) -> None:
        """An ICMP error about the SYN."""
        quoted = Segment(self.client, self.dialled, SYN, self.isn & 0xFFFFFFFF, 0).packet()[:28]
        body = struct.pack("!BBHI", 3, code, 0, 0) + quoted
        body = body[:2] + checksum(body) + body[4:]
        head = struct.pack("!BBHHHBBH", 0x45, 0xC0, 20 + len(body), 0, 0, 64, 1, 0)
        ends = packed(sender) + packed(self.client[0])
        head = head[:10] + checksum(head + ends)
        write(self.client[0], _cooked(0x0800, ETHERNET) + head + ends + body, inwards=True)

    def no_arp(self) -> None:
        """Nobody has the next hop."""
        mac = b"\x02\0\0\0\0\x01"
        body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac + packed(self.client[0])
        write(
            self.client[0], _cooked(0x0806, ETHERNET) + body + b"\0" * 6 + packed(self.end[0]), inwards=False
        )

    def _out(
        self, flags: int, seq: int, ack: int, data: bytes, arrives: bool = True, delivered: bool = True
    ) -> None:
        write(self.client[0], self._frame(self.client, self.dialled, flags, seq, ack, data), inwards=False)
        if arrives:
            frame = self._frame(self.seen, self.end, flags, seq, ack, data)
            write(self.end[0], frame, inwards=True, delivered=delivered)

    def _back(
        self, flags: int, seq: int, ack: int, data: bytes, arrives: bool, source: End | None = None
    ) -> None:
        write(self.end[0], self._frame(self.end, self.seen, flags, seq, ack, data), inwards=False)
        if arrives:
            frame = self._frame(source or self.dialled, self.client, flags, seq, ack, data)
            write(self.client[0], frame, inwards=True)

    def _frame(self, source: End, target: End, flags: int, seq: int, ack: int, data: bytes = b"") -> bytes:
        kind = LOOPBACK if self.loopback else ETHERNET
        segment = Segment(source, target, flags, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, data)
        return _cooked(0x0800, kind) + segment.packet()


def _cooked(protocol: int, kind: int) -> bytes:
    """The head of SLL2: interface 1 is lo, 2 is eth0."""
    interface = 1 if kind == LOOPBACK else 2
    return struct.pack("!HHIHBB", protocol, 0, interface, kind, 0, 6) + b"\x02\0\0\0\0\x01\0\0"


def handshakes(address: str) -> Iterator[tuple[End, End]]:
    """Of the last minute: those that came to this pod, were answered, and are not complete: client and own end."""
    found, now = {}, time.time()
    for line in lines(address)[0]:
        frame = frame_of(line)
        if now - line["at"] > 60 or frame[:2] != b"\x08\0" or frame[20 + 9] != 6:
            continue
        source, target, flags = _ends(frame[20:])
        if line["in"] and flags & (SYN | ACK) == SYN and line["delivered"]:
            found[source] = target
        elif line["in"]:
            found.pop(source, None)
        elif flags & RST:
            found.pop(target, None)
    yield from found.items()


def _ends(packet: bytes) -> tuple[End, End, int]:
    source, target = (socket.inet_ntoa(packet[at : at + 4]) for at in (12, 16))
    ports = struct.unpack_from("!HH", packet, 20)
    return (source, ports[0]), (target, ports[1]), packet[33]
