"""Builds captures of both ends, as pcap bytes of `tcpdump -i any`: two clocks, and addresses translated on the way."""

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6PacketTooBig, IPv6
from scapy.layers.l2 import ARP, CookedLinuxV2
from scapy.packet import Packet, Raw

from kubectl_netshoot.packets.points.sightings import Sightings
from kubectl_netshoot.packets.read.format import reader_for

CLIENT, CLIENT_PORT = "10.244.1.5", 40001
SERVICE = ("10.96.4.7", 80)
POD = ("10.244.2.7", 8081)
SNAP = 128
ETH0, LO = 2, 1
# The server's clock is wrong by this many seconds.
AHEAD = -37.0


class Numbers(NamedTuple):
    """Of a TCP header."""

    flags: str
    seq: int
    ack: int


def header(source: str, target: str, identification: int) -> Packet:
    if ":" in source:
        return IPv6(src=source, dst=target)
    return IP(src=source, dst=target, id=identification, flags="DF")


@dataclass
class Recording:
    """One pod's capture: packets with their times in seconds and interfaces."""

    clock: float = 0.0
    packets: list[tuple[float, int, bytes]] = field(default_factory=list)

    def saw(self, at: float, packet: Packet, interface: int = ETH0) -> None:
        kind = 0x0806 if ARP in packet else 0x86DD if IPv6 in packet else 0x0800
        framed = bytes(CookedLinuxV2(proto=kind, ifindex=interface, lladdrtype=1) / packet)
        self.packets.append((1_790_000_000 + self.clock + at, interface, framed))

    def pcap(self) -> bytes:
        made = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAP, 276)]
        for at, _, data in self.packets:
            seconds, fraction = int(at), round((at - int(at)) * 1e6)
            made += [struct.pack("<IIII", seconds, fraction, len(data[:SNAP]), len(data)), data[:SNAP]]
        return b"".join(made)

    def read(self) -> Sightings:
        data = self.pcap()
        reader = reader_for(data[:8])
        return Sightings([*reader.feed(data), *reader.close()])


@dataclass
class Wire:
    """What passes between a client and pods, and is captured at both."""

    client: Recording = field(default_factory=Recording)
    servers: dict[str, Recording] = field(default_factory=dict)
    now: float = 0.0
    number: int = 0

    def pod(self, name: str) -> Recording:
        return self.servers.setdefault(name, Recording(AHEAD))

    def connection(self, port: int = CLIENT_PORT, **more: object) -> "Connection":
        return Connection(self, port, **more)  # type: ignore[arg-type]


@dataclass
class Connection:
    """One connection: `to` as dialled, `lands` as the pod has it, `seen_from` where the pod sees another source."""

    wire: Wire
    port: int = CLIENT_PORT
    client: str = CLIENT
    to: tuple[str, int] = SERVICE
    pod: str = "api-x7k"
    lands: tuple[str, int] = POD
    seen_from: tuple[str, int] | None = None
    isn: int = 0
    server_isn: int = 0xFFFFFF00
    wait: float = 0.001
    interface: int = ETH0

    def __post_init__(self) -> None:
        # Close to its end, so that the numbers wrap.
        self.isn = self.isn or (0xFFFFFFF0 - self.port * 7) % (1 << 32)
        self.seq, self.ack = self.isn, 0
        self.server_seq, self.server_ack = self.server_isn, 0
        self.last_out, self.last_back = self.seq, self.server_seq
        self.servers = self.wire.pod(self.pod)

    def out(
        self, flags: str, size: int = 0, *, sent: bool = True, arrives: bool = True, again: bool = False
    ) -> "Connection":
        """From the client; `again` sends the same once more."""
        if again:
            self.seq, self.wire.now = self.last_out, self.wire.now + 0.3
        self.last_out = self.seq
        segment = Numbers(flags, self.seq, self.ack if "A" in flags else 0)
        self._pass(segment, size, forward=True, left=sent, came=arrives)
        self.seq = (self.seq + size + ("S" in flags) + ("F" in flags)) % (1 << 32)
        if arrives:
            self.server_ack = self.seq
        return self

    def back(
        self,
        flags: str,
        size: int = 0,
        *,
        sent: bool = True,
        arrives: bool = True,
        again: bool = False,
        by: tuple[str, int] | None = None,
    ) -> "Connection":
        """From the pod; `by` is whom the client sees it come from. What is not `sent` was made on the way."""
        if again:
            self.server_seq, self.wire.now = self.last_back, self.wire.now + 0.3
        self.last_back = self.server_seq
        segment = Numbers(flags, self.server_seq, self.server_ack if "A" in flags else 0)
        if not sent and "R" in flags:
            segment = Numbers(flags, 0, (self.isn + 1) % (1 << 32))
        self._pass(segment, size, forward=False, left=sent, came=arrives, by=by)
        self.server_seq = (self.server_seq + size + ("S" in flags) + ("F" in flags)) % (1 << 32)
        if arrives:
            self.ack = self.server_seq
        return self

    def syns(self, count: int = 3, **more: bool) -> "Connection":
        """A SYN and its repetitions, a second apart."""
        for _ in range(count):
            self.seq = self.isn
            self.out("S", **more)
            self.wire.now += 1
        return self

    def handshake(self) -> "Connection":
        return self.out("S").back("SA").out("A")

    def unreachable(self, sender: str, code: int = 3) -> "Connection":
        """An ICMP error to the client, about its SYN."""
        about = self._segment(self.client, self.port, *self.to, Numbers("S", self.isn, 0), 0)
        self.wire.client.saw(self.wire.now, _icmp(sender, self.client, about, code))
        return self

    def too_big(self, sender: str) -> "Connection":
        """An ICMP error to the pod, about a packet of its answer."""
        source = self.seen_from or (self.client, self.port)
        about = self._segment(*self.lands, *source, Numbers("A", self.server_seq, 0), 1400)
        self.servers.saw(self.wire.now, _icmp(sender, self.lands[0], about, 4))
        return self

    def _pass(
        self,
        segment: Numbers,
        size: int,
        *,
        forward: bool,
        left: bool,
        came: bool,
        by: tuple[str, int] | None = None,
    ) -> None:
        self.wire.number += 1
        near, far = (self.client, self.port), self.seen_from or (self.client, self.port)
        at_client = (*near, *self.to) if forward else (*(by or self.to), *near)
        at_server = (*far, *self.lands) if forward else (*self.lands, *far)
        if forward and left:
            self.wire.client.saw(self.wire.now, self._segment(*at_client, segment, size), self.interface)
        elif not forward and left:
            self.servers.saw(self.wire.now, self._segment(*at_server, segment, size))
        self.wire.now += self.wait
        if forward and came:
            self.servers.saw(self.wire.now, self._segment(*at_server, segment, size))
        elif not forward and came:
            self.wire.client.saw(self.wire.now, self._segment(*at_client, segment, size), self.interface)
        self.wire.now += self.wait

    def _segment(self, source: str, port: int, target: str, to: int, segment: Numbers, size: int) -> Packet:
        # Linux writes 0 into SYN-ACKs and RSTs.
        identification = 0 if segment.flags in ("SA", "R", "RA") else self.wire.number
        tcp = TCP(sport=port, dport=to, flags=segment.flags, seq=segment.seq, ack=segment.ack)
        made = header(source, target, identification) / tcp
        return made / Raw(bytes(size)) if size else made


def _icmp(sender: str, to: str, about: Packet, code: int) -> Packet:
    if ":" in sender:
        kind = ICMPv6PacketTooBig() if code == 4 else ICMPv6DestUnreach(code=4 if code == 3 else code)
        return IPv6(src=sender, dst=to) / kind / Raw(bytes(about)[:1232])
    return IP(src=sender, dst=to) / ICMP(type=3, code=code) / Raw(bytes(about)[:28])


def arp(recording: Recording, asks: str, *, answered: bool = False) -> None:
    """The client's kernel asks for a next hop, three times."""
    for at in range(3):
        recording.saw(at, ARP(op=1, psrc=CLIENT, pdst=asks))
    if answered:
        recording.saw(3, ARP(op=2, psrc=asks, pdst=CLIENT))
