"""Many ports in vain that are no scan."""

from kubectl_netshoot.packets.messages import faults
from tests.unit.packets.told import explained, found
from tests.unit.packets.traffic import Connection, capture


def test_monitoring_comes_back_to_the_same_ports() -> None:
    packets = []
    for client_port in range(40_000, 40_005):
        for port in range(1, 30):
            talk = Connection(port=port, client_port=client_port)
            packets += [talk.segment(talk.client, "S"), talk.segment(talk.server, "RA")]
    assert found(explained(capture(packets))) == {faults.CONNECTION_REFUSED}


def test_the_services_of_a_dead_node_are_missed_by_who_needs_them() -> None:
    """Nothing at all answers, on any port."""
    packets = []
    for port in range(30_000, 30_030):
        talk = Connection(port=port)
        packets += [talk.segment(talk.client, "S", seq=1000) for _ in range(2)]
    times = tuple(place // 2 * 0.01 + place % 2 for place in range(len(packets)))
    assert found(explained(capture(packets, times=times))) == {faults.CONNECTION_UNANSWERED}


def test_who_talks_on_more_ports_than_it_tries_in_vain_is_a_client() -> None:
    packets = []
    for port in range(1, 20):
        talk = Connection(port=port)
        packets += [talk.segment(talk.client, "S"), talk.segment(talk.server, "RA")]
    for port in range(100, 120):
        packets += Connection(port=port).handshake().asks(b"hello").answers(b"hello").close().packets
    assert found(explained(capture(packets))) == {faults.CONNECTION_REFUSED}
