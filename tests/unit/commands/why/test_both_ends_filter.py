"""What is captured at each end, by the real tcpdump on packets of both IP families."""

import subprocess
from pathlib import Path

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw
from scapy.utils import wrpcap

from kubectl_netshoot.commands.why.both_ends import packet_filter
from kubectl_netshoot.commands.why.tries import ConnectionTarget, Dial
from tests.unit.packets.traffic import capture
from tools.prerequisites.pytest_plugin import program

OURS, OTHERS, PORT = 61003, 40000, 8080
DIALS = [
    Dial(ConnectionTarget("10.96.4.7", 80), 61000),
    Dial(ConnectionTarget("10.244.2.9", PORT, "db-0"), 61007),
]
FOUR, SIX = IP(src="10.244.1.7", dst="10.244.2.9"), IPv6(src="fd00::7", dst="fd00::9")


def kept(packets: list[Packet], at_client: bool, folder: Path) -> list[int]:
    """Which of these pass."""
    found = []
    for number, packet in enumerate(packets):
        file = folder / f"{number}.pcap"
        if ARP in packet:
            wrpcap(str(file), packet)
        else:
            file.write_bytes(capture([packet], link="LINUX_SLL2"))
        words = packet_filter(DIALS, at_client)
        done = subprocess.run(
            [program("tcpdump"), "-n", "-t", "-r", file, "--", *words],
            capture_output=True,
            check=True,
            text=True,
        )
        found += [number] if done.stdout.strip() else []
    return found


@pytest.mark.parametrize("ip", [FOUR, SIX], ids=["IPv4", "IPv6"])
def test_our_own_connections_whole_and_of_others_only_how_they_begin_and_break(
    ip: Packet, tmp_path: Path
) -> None:
    packets = [
        ip / TCP(sport=OURS, dport=80, flags="S"),
        ip / TCP(sport=80, dport=OURS, flags="PA") / Raw(b"x"),
        ip / TCP(sport=OTHERS, dport=PORT, flags="S"),
        ip / TCP(sport=PORT, dport=OTHERS, flags="SA"),
        ip / TCP(sport=PORT, dport=OTHERS, flags="R"),
        ip / TCP(sport=OTHERS, dport=PORT, flags="PA") / Raw(b"secret"),
        ip / TCP(sport=OTHERS, dport=22, flags="S"),
        ip / UDP(sport=OTHERS, dport=53),
    ]
    assert kept(packets, True, tmp_path) == [0, 1]
    assert kept(packets, False, tmp_path) == [0, 1, 2, 3, 4]


def test_errors_and_next_hops(tmp_path: Path) -> None:
    packets = [FOUR / ICMP(type=3, code=3), Ether() / ARP(pdst="10.244.1.1")]
    assert kept(packets, True, tmp_path) == [0, 1]
    assert kept(packets, False, tmp_path) == [0]
