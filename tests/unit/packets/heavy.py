"""A transfer over a network that loses, delays and doubles packets, as the receiver's host would capture it."""

import random

from scapy.packet import Packet

from tests.unit.packets.traffic import Connection, capture, request

ROUND_TRIP = 0.01


def lossy_transfer(seed: int, segments: int = 120) -> bytes:
    """A pcap file; the same seed gives the same bytes."""
    chance = random.Random(seed)
    talk = Connection().handshake().asks(request())
    events: list[tuple[float, Packet]] = [
        (place * ROUND_TRIP / 2, packet) for place, packet in enumerate(talk.packets)
    ]
    clock = events[-1][0] + ROUND_TRIP
    body = bytes(chance.randrange(256) for _ in range(1000))
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {segments * 1000}\r\n\r\n".encode()
    for piece in [head, *[body] * segments]:
        clock += chance.choice((0.0001, 0.0003, 0.02))
        first = talk.server.sequence
        packet = talk.segment(talk.server, "A", piece)
        fate = chance.random()
        if fate < 0.05:
            events += [(clock, packet), (clock + 0.25, talk.segment(talk.server, "A", piece, seq=first))]
        elif fate < 0.1:
            # It is overtaken by the segments that follow, or lost and sent again.
            events.append((clock + chance.choice((0.0005, 0.3)), packet))
        else:
            events.append((clock, packet))
        if chance.random() < 0.5:
            events.append((clock + 0.00005, talk.segment(talk.client, "A")))
    clock += 1
    before = len(talk.packets)
    for place, packet in enumerate((talk.segment(talk.client, "A"), *talk.close().packets[before + 1 :])):
        events.append((clock + place * ROUND_TRIP, packet))
    events.sort(key=lambda event: event[0])
    return capture([packet for _, packet in events], times=[time for time, _ in events])
