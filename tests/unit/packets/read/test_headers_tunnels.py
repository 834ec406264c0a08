"""What is in a tunnel is told as if there were none, and the tunnel is named."""

import pytest
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import UDP
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet, Raw

from kubectl_netshoot.packets.messages import network_steps
from kubectl_netshoot.packets.read import headers
from tests.unit.packets.scenes import FAMILIES, SCENES
from tests.unit.packets.told import explained, found, steps
from tests.unit.packets.traffic import capture
from tests.unit.packets.tunnels import TUNNELS, nodes


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("play", ["nothing_wrong", "refused", "server_error", "dns_found"])
@pytest.mark.parametrize("tunnel", TUNNELS)
def test_it_reads_as_without_the_tunnel(tunnel: str, play: str, family: str) -> None:
    name, number, wrap = TUNNELS[tunnel]
    packets, expected, times = SCENES[play](FAMILIES[family])
    report = explained(capture([wrap(packet) for packet in packets], times=times))
    plain = explained(capture(packets, times=times))
    outer = [c for c in report.conversations if c.steps[0].kind is network_steps.TUNNEL]
    assert len(report.conversations) == len(outer) + len(plain.conversations)
    assert steps(report)[len(outer) :] == steps(plain)
    assert found(report) == expected
    assert not report.capture.not_understood
    told = outer[0].steps[0].parameters
    assert (told["tunnel"], told["identifier"]) == (
        name or ("IPv6 in IP" if family == "IPv6" else "IP in IP"),
        number,
    )


def test_what_only_has_the_port_of_a_tunnel_is_no_tunnel() -> None:
    plain = nodes() / UDP(sport=50001, dport=4789) / Raw(b"no header of that form")
    report = explained(capture([plain]))
    assert [c.steps[0].kind for c in report.conversations] == [network_steps.UDP_DATA]


def test_tunnels_without_end_are_not_followed() -> None:
    packet = SCENES["refused"](FAMILIES["IPv4"]).packets[0]
    for _ in range(50):
        packet = nodes() / packet
    assert explained(capture([packet])).capture.packets == 1


@pytest.mark.parametrize(
    "between", [MPLS(label=17, s=0) / MPLS(label=18, s=1), Dot1Q(vlan=3) / MPLS(label=18, s=1)]
)
def test_labels_are_skipped(between: Packet) -> None:
    packets, _, _ = SCENES["nothing_wrong"](FAMILIES["IPv4"])
    labelled = [bytes(Ether() / between.copy() / packet) for packet in packets]
    report = explained(
        capture([Raw(one) for one in labelled], link="RAW").replace(b"\x65\0\0\0", b"\x01\0\0\0", 1)
    )
    assert steps(report) == steps(explained(capture(packets)))


@pytest.mark.parametrize("order", ["little", "big"])
def test_nflog(order: str) -> None:
    payload = bytes(SCENES["refused"](FAMILIES["IPv4"]).packets[0])

    def tlv(kind: int, value: bytes) -> bytes:
        head = (len(value) + 4).to_bytes(2, order) + kind.to_bytes(2, order)  # type: ignore[arg-type]
        return head + value + b"\0" * (-len(value) % 4)

    data = b"\x02\0\0\x05" + tlv(1, b"\x08\0\x03\0") + tlv(10, b"netshoot\0") + tlv(9, payload)
    kind, at, _ = headers.nflog(data, 0, len(data))
    assert (kind, data[at : at + len(payload)]) == (headers.IPV4, payload)
