"""Hides how a capture of a busy web server is made quickly: a pcap of TCP connections that are open side by side.

A connection is set up, asks over HTTP/1.1, and is closed by FINs. A long one asks a few times and gets answers of one
to a dozen segments; a short one asks once and gets one segment, eleven packets in all. Everything is reproducible:
the same number of packets gives the same bytes.
"""

import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

GLOBAL_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
ETHERNET = bytes.fromhex("0242ac110002 0242ac110001 0800")
TIMESTAMPS = bytes.fromhex("0101080a")
SYN_OPTIONS = bytes.fromhex("020405b4 0402 080a 00000001 00000000 01 030307")
SEGMENT = 1448
SERVER = bytes((10, 0, 0, 80))
BODY = bytes(random.Random(1).randbytes(SEGMENT))
SYN, ACK, PSH, FIN = 0x02, 0x10, 0x08, 0x01


Make: TypeAlias = Callable[[int], Iterator[bytes]]


def write_capture(path: Path, packets: int, connection: Make, *, at_once: int = 200) -> None:
    """Write exactly `packets` packets to `path`, of connections by their numbers; `at_once` are open."""
    chance = random.Random(packets)
    open_now = [connection(number) for number in range(at_once)]
    number, written, clock = at_once, 0, 1_700_000_000_000_000
    with path.open("wb", buffering=1 << 20) as file:
        file.write(GLOBAL_HEADER)
        while written < packets:
            place = chance.randrange(at_once)
            frame = next(open_now[place], None)
            if frame is None:
                open_now[place] = connection(number)
                number += 1
                continue
            clock += 7
            file.write(struct.pack("<IIII", *divmod(clock, 1_000_000), len(frame), len(frame)))
            file.write(frame)
            written += 1


def long_connection(number: int, requests: int = 5) -> Iterator[bytes]:
    """The frames of one connection, in order."""
    chance = random.Random(number)
    client, server = Sender(number, to_server=True), Sender(number, to_server=False)
    yield client.frame(server, SYN, options=SYN_OPTIONS)
    yield server.frame(client, SYN | ACK, options=SYN_OPTIONS)
    yield client.frame(server, ACK)
    for asked in range(requests):
        yield client.frame(server, PSH | ACK, request(number, asked))
        segments = chance.randrange(13)
        yield server.frame(client, PSH | ACK, response(segments * SEGMENT))
        for segment in range(segments):
            yield server.frame(client, ACK, BODY)
            if segment % 2:
                yield client.frame(server, ACK)
    yield client.frame(server, FIN | ACK)
    yield server.frame(client, FIN | ACK)
    yield client.frame(server, ACK)


def short_connection(number: int) -> Iterator[bytes]:
    """The frames of one connection that asks once, each acknowledged for itself."""
    client, server = Sender(number, to_server=True), Sender(number, to_server=False)
    yield client.frame(server, SYN, options=SYN_OPTIONS)
    yield server.frame(client, SYN | ACK, options=SYN_OPTIONS)
    yield client.frame(server, ACK)
    for sender, other, flags, payload in (
        (client, server, PSH | ACK, request(number, 0)),
        (server, client, PSH | ACK, response(150 + number % 97, f"X-Request-Id: {number:08x}\r\n")),
        (client, server, FIN | ACK, b""),
        (server, client, FIN | ACK, b""),
    ):
        body = BODY[: 150 + number % 97] if sender is server and payload else b""
        yield sender.frame(other, flags, payload + body)
        yield other.frame(sender, ACK)


def request(number: int, asked: int) -> bytes:
    """A request as a client behind an ingress sends it; every one is different."""
    return (
        f"GET /api/items/{number}-{asked}?page={asked} HTTP/1.1\r\nHost: shop.example\r\n"
        f"User-Agent: bench/1.0\r\nAccept: */*\r\nX-Request-Id: {number:08x}{asked:04x}\r\n\r\n"
    ).encode()


def response(length: int, more: str = "") -> bytes:
    """The head of an answer with `length` bytes of body; `more` are further fields."""
    return (
        "HTTP/1.1 200 OK\r\nServer: nginx/1.27.0\r\nDate: Mon, 23 Nov 2026 01:00:00 GMT\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {length}\r\nConnection: keep-alive\r\n{more}\r\n"
    ).encode()


class Sender:
    """One side of a connection: its addresses and how far it has sent."""

    def __init__(self, number: int, *, to_server: bool) -> None:
        client, port = bytes((10, 1, *divmod(number // 28_000 % 65_536, 256))), 32_768 + number % 28_000
        ends = ((client, port), (SERVER, 80))
        (source, source_port), (target, target_port) = ends if to_server else ends[::-1]
        self.addresses = source + target
        self.ports = struct.pack(">HH", source_port, target_port)
        self.sequence = number * 7919 % (1 << 32)
        self.identity = 0

    def frame(self, peer: "Sender", flags: int, payload: bytes = b"", options: bytes = b"") -> bytes:
        """The next Ethernet frame from here, with right checksums."""
        options = options or TIMESTAMPS + struct.pack(">II", self.identity + 1, peer.identity)
        length = 20 + len(options) + len(payload)
        acknowledged = peer.sequence if flags & ACK else 0
        offset = (20 + len(options)) // 4 << 4
        header = self.ports + struct.pack(">IIBBHHH", self.sequence, acknowledged, offset, flags, 501, 0, 0)
        pseudo = self.addresses + struct.pack(">HH", 6, length)
        summed = checksum(pseudo + header + options + payload)
        header = header[:16] + struct.pack(">H", summed) + header[18:]
        self.sequence = (self.sequence + len(payload) + (flags & (SYN | FIN) != 0)) % (1 << 32)
        self.identity = (self.identity + 1) % 65_536
        return ETHERNET + self.internet(length) + header + options + payload

    def internet(self, length: int) -> bytes:
        """The IPv4 header for `length` bytes."""
        header = (
            struct.pack(">BBHHHBBH", 0x45, 0, 20 + length, self.identity, 0x4000, 64, 6, 0) + self.addresses
        )
        return header[:10] + struct.pack(">H", checksum(header)) + header[12:]


def checksum(data: bytes) -> int:
    """The Internet checksum: sums of 16-bit words are the number modulo 65535."""
    return 0xFFFF - (int.from_bytes(data + b"\0" * (len(data) % 2), "big") % 0xFFFF or 0xFFFF)
