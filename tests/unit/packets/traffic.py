"""Makes packets with scapy as real stacks send them: TCP connections with right numbers, and captures of all kinds."""

import io
from collections.abc import Callable, Iterable, Sequence

from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import CookedLinux, CookedLinuxV2, Dot1Q, Ether, Loopback
from scapy.packet import Packet, Raw
from scapy.utils import PcapWriter

CLIENT, SERVER = "10.244.1.5", "10.244.2.7"
CLIENT6, SERVER6 = "fd00:10:244:1::5", "fd00:10:244:2::7"
BEGAN = 1_790_000_000.0


def network(source: str, target: str) -> Packet:
    """An IP header of the family of its addresses."""
    return IPv6(src=source, dst=target) if ":" in source else IP(src=source, dst=target, flags="DF")


class Side:
    """One end of a connection."""

    def __init__(self, address: str, port: int, sequence: int) -> None:
        self.address = address
        self.port = port
        self.sequence = sequence
        self.acknowledged = 0
        self.window = 502


class Connection:
    """A TCP connection; every method gives the packets that it adds, and `packets` holds all."""

    def __init__(
        self, *, client: str = CLIENT, server: str = SERVER, client_port: int = 43210, port: int = 80
    ) -> None:
        self.client = Side(client, client_port, 1_000)
        self.server = Side(server, port, 900_000)
        self.packets: list[Packet] = []

    def segment(
        self,
        sender: Side,
        flags: str,
        payload: bytes = b"",
        *,
        seq: int | None = None,
        ack: int | None = None,
        window: int | None = None,
        options: Sequence[tuple[str, object]] = (),
        sent: bool = True,
    ) -> Packet:
        """A segment from one side; the receiver has it all, unless `sent` is False (then only `seq` may matter)."""
        other = self.server if sender is self.client else self.client
        first = sender.sequence if seq is None else seq
        acknowledged = (sender.acknowledged if ack is None else ack) if "A" in flags else 0
        header = TCP(
            sport=sender.port,
            dport=other.port,
            flags=flags,
            seq=first,
            ack=acknowledged,
            window=sender.window if window is None else window,
            options=list(options),
        )
        packet = network(sender.address, other.address) / header
        if payload:
            packet /= Raw(payload)
        if sent and seq is None:
            sender.sequence += len(payload) + ("S" in flags) + ("F" in flags)
            other.acknowledged = sender.sequence
        self.packets.append(packet)
        return packet

    def handshake(self) -> "Connection":
        """SYN, SYN-ACK, ACK."""
        options = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 0)), ("NOP", None), ("WScale", 7)]
        self.segment(self.client, "S", window=64240, options=options)
        self.segment(self.server, "SA", window=65160, options=options)
        self.segment(self.client, "A")
        return self

    def asks(self, payload: bytes) -> "Connection":
        """The client sends, the server acknowledges."""
        self.segment(self.client, "PA", payload)
        self.segment(self.server, "A")
        return self

    def answers(self, payload: bytes) -> "Connection":
        """The server sends, the client acknowledges."""
        self.segment(self.server, "PA", payload)
        self.segment(self.client, "A")
        return self

    def close(self) -> "Connection":
        """FIN, FIN, ACK."""
        self.segment(self.client, "FA")
        self.segment(self.server, "FA")
        self.segment(self.client, "A")
        return self

    def reset(self, sender: Side) -> "Connection":
        """RST from one side."""
        self.segment(sender, "RA")
        return self


def request(target: str = "/", *headers: str) -> bytes:
    """A GET as curl sends it."""
    lines = [f"GET {target} HTTP/1.1", "Host: 10.244.2.7", "User-Agent: curl/8.5.0", "Accept: */*", *headers]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def response(status: str = "200 OK", body: bytes = b"", *headers: str) -> bytes:
    """An answer as nginx sends it."""
    lines = [
        f"HTTP/1.1 {status}",
        "Server: nginx/1.27.5",
        "Content-Type: text/html",
        f"Content-Length: {len(body)}",
    ]
    return "".join(f"{line}\r\n" for line in (*lines, *headers)).encode() + b"\r\n" + body


def get_root() -> list[Packet]:
    """The 12 packets of a `GET /` that an nginx answers with 238 bytes of headers and 615 of body."""
    page = (b"<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n" + b"<p>nginx</p>\n" * 60)[
        :614
    ] + b"\n"
    head = (
        b"HTTP/1.1 200 OK\r\nServer: nginx/1.27.5\r\nDate: Sun, 22 Nov 2026 22:10:07 GMT\r\nContent-Type: text/html\r\n"
        b"Content-Length: 615\r\nLast-Modified: Wed, 16 Apr 2025 12:01:11 GMT\r\nConnection: keep-alive\r\n"
        b'ETag: "67ff9c07-267"\r\nAccept-Ranges: bytes\r\n\r\n'
    )
    assert (len(head), len(page)) == (238, 615)
    talk = Connection().handshake().asks(request()).answers(head).answers(page).close()
    assert len(talk.packets) == 12
    return talk.packets


def ethernet(packet: Packet) -> Packet:
    return Ether(src="02:42:0a:f4:01:05", dst="02:42:0a:f4:02:07") / packet


def vlan(packet: Packet) -> Packet:
    return ethernet(Dot1Q(vlan=7) / Dot1Q(vlan=9) / packet)


def cooked(packet: Packet) -> Packet:
    return CookedLinux(pkttype=direction(packet), proto=ethertype(packet)) / packet


def cooked2(packet: Packet) -> Packet:
    return CookedLinuxV2(pkttype=direction(packet), proto=ethertype(packet)) / packet


def loopback(packet: Packet) -> Packet:
    return Loopback(type=24 if IPv6 in packet else 2) / packet


def raw(packet: Packet) -> Packet:
    return packet


def direction(packet: Packet) -> int:
    """The packet type of cooked captures, made on the server's side."""
    sent = packet[IPv6].src == SERVER6 if IPv6 in packet else packet.haslayer(IP) and packet[IP].src == SERVER
    return 4 if sent else 0


def ethertype(packet: Packet) -> int:
    return 0x86DD if IPv6 in packet else 0x0800


# By the name that tcpdump gives to the link type.
LINKS: dict[str, tuple[int, Callable[[Packet], Packet]]] = {
    "EN10MB": (1, ethernet),
    "EN10MB with VLANs": (1, vlan),
    "LINUX_SLL": (113, cooked),
    "LINUX_SLL2": (276, cooked2),
    "RAW": (101, raw),
    "NULL": (0, loopback),
    "LOOP": (108, loopback),
}


def capture(
    packets: Iterable[Packet],
    *,
    link: str = "EN10MB",
    times: Sequence[float] = (),
    nano: bool = False,
    endian: str = "",
) -> bytes:
    """A pcap file: one packet a millisecond, or at the `times` in seconds since the first."""
    number, wrap = LINKS[link]
    file = io.BytesIO()
    writer = PcapWriter(file, linktype=number, nano=nano, endianness=endian, sync=True)
    for place, wrapped in enumerate(timed(packets, wrap, times)):
        del place
        writer.write(wrapped)
    return file.getvalue()


def timed(
    packets: Iterable[Packet], wrap: Callable[[Packet], Packet], times: Sequence[float] = ()
) -> list[Packet]:
    """Packets with their link headers, as received at their times."""
    wrapped = []
    for place, packet in enumerate(packets):
        framed = wrap(packet).__class__(bytes(wrap(packet)))
        framed.time = BEGAN + (times[place] if place < len(times) else place / 1000)
        wrapped.append(framed)
    return wrapped
