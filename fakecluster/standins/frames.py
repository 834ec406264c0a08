"""Made-up traffic: one HTTP exchange after the other with the pod, as Ethernet frames."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass

SYN, FIN, PUSH, ACK = 2, 1, 8, 16
_REQUEST = b"GET / HTTP/1.1\r\nHost: pod\r\n\r\n"
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
ETHERNET = b"\x02\0\0\0\0\x02" + b"\x02\0\0\0\0\x01" + b"\x08\0"
# Protocol, interface 2, Ethernet, to us, and the sender's address of 6 bytes.
_COOKED = struct.pack("!HHIHBB", 0x0800, 0, 2, 1, 0, 6) + b"\x02\0\0\0\0\x01\0\0"
_SHOWN = ((SYN, "S"), (FIN, "F"), (PUSH, "P"), (ACK, "."))


@dataclass(frozen=True)
class Segment:
    """One TCP segment; ends are (address, port)."""

    source: tuple[str, int]
    target: tuple[str, int]
    flags: int
    sequence: int
    acknowledged: int
    data: bytes = b""

    def text(self) -> str:
        """As tcpdump prints it, without the time."""
        return f"IP {self._said()}"

    def verbose_text(self) -> str:
        """The same with -v: a line of IP, and below it, indented, what IP carries."""
        total = 40 + len(self.data)
        head = f"IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length {total})"
        lines = [
            head,
            f"    {self._said()}",
            *(f"\t{line}" for line in self.data.decode().splitlines() if line),
        ]
        return "\n".join(lines)

    def _said(self) -> str:
        flags = "".join(letter for bit, letter in _SHOWN if self.flags & bit)
        ends = " > ".join(f"{address}.{port}" for address, port in (self.source, self.target))
        return f"{ends}: Flags [{flags}], seq {self.sequence}, length {len(self.data)}"

    def frame(self, cooked: bool = False) -> bytes:
        """Ethernet, or where it is `cooked` what Linux makes of it for all interfaces at once (SLL2)."""
        return (_COOKED if cooked else ETHERNET) + self.packet()

    def packet(self) -> bytes:
        """IPv4 and TCP, with their checksums."""
        ends = packed(self.source[0]) + packed(self.target[0])
        tcp = struct.pack(
            "!HHIIBBHHH",
            self.source[1],
            self.target[1],
            self.sequence,
            self.acknowledged,
            5 << 4,
            self.flags,
            64240,
            0,
            0,
        )
        pseudo = ends + struct.pack("!BBH", 0, 6, len(tcp) + len(self.data))
        tcp = tcp[:16] + checksum(pseudo + tcp + self.data) + tcp[18:]
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp) + len(self.data), 1, 0x4000, 64, 6, 0)
        head = head[:10] + checksum(head + ends)
        return head + ends + tcp + self.data


def exchanges(pod: str, port: int) -> Iterator[Segment]:
    """Without end; every client is a new one."""
    for number in itertools.count():
        client, server = ("10.244.0.1", 40000 + number % 20000), (pod, port)
        asked, answered = 1001 + len(_REQUEST), 5001 + len(_ANSWER)
        yield Segment(client, server, SYN, 1000, 0)
        yield Segment(server, client, SYN | ACK, 5000, 1001)
        yield Segment(client, server, ACK, 1001, 5001)
        yield Segment(client, server, PUSH | ACK, 1001, 5001, _REQUEST)
        yield Segment(server, client, PUSH | ACK, 5001, asked, _ANSWER)
        yield Segment(client, server, FIN | ACK, asked, answered)
        yield Segment(server, client, FIN | ACK, answered, asked + 1)
        yield Segment(client, server, ACK, asked + 1, answered + 1)


def packed(address: str) -> bytes:
    """An IPv4 address in network form."""
    return bytes(int(part) for part in address.split("."))


def checksum(data: bytes) -> bytes:
    """The internet checksum."""
    padded = data + b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)
