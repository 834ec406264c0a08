"""What a scene is: packets with one thing to be found in them, played between addresses of either family."""

from collections.abc import Callable
from typing import NamedTuple

from scapy.packet import Packet

from kubectl_netshoot.packets.messages.kinds import FindingKind
from tests.unit.packets.traffic import CLIENT, CLIENT6, SERVER, SERVER6, Connection


class Scene(NamedTuple):
    """`found` is every finding that the packets give, no more."""

    packets: list[Packet]
    found: set[FindingKind]
    times: tuple[float, ...] = ()


class Family(NamedTuple):
    """The addresses that a scene plays between."""

    client: str
    server: str

    def connection(self, port: int = 80, client_port: int = 43210) -> Connection:
        return Connection(client=self.client, server=self.server, port=port, client_port=client_port)


FAMILIES = {"IPv4": Family(CLIENT, SERVER), "IPv6": Family(CLIENT6, SERVER6)}


SCENES: dict[str, Callable[[Family], Scene]] = {}


def scene(play: Callable[[Family], Scene]) -> Callable[[Family], Scene]:
    SCENES[play.__name__] = play
    return play
