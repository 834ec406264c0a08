"""ARP and IPv6 neighbour discovery: who asked for whose hardware address, and who answered."""

from kubectl_netshoot.packets.context import Context
from kubectl_netshoot.packets.conversation import Arrival, Evidence, plain
from kubectl_netshoot.packets.messages import faults
from kubectl_netshoot.packets.messages import network_steps as steps
from kubectl_netshoot.packets.pairs import Pair, Pairs, halves
from kubectl_netshoot.packets.read.ip import Internet, address
from kubectl_netshoot.packets.report import Outcome, Phase, Transport

ARP_LENGTH = 28
_REQUEST = 1
_ETHERNET_IPV4 = bytes.fromhex("000108000604")
# Linux asks three times before it gives up.
ATTEMPTS = 3
MOST_HOLDERS = 50_000


class Neighbours:
    """All questions for hardware addresses."""

    def __init__(self, context: Context, pairs: Pairs) -> None:
        self._context = context
        self._pairs = pairs
        self._asked: dict[int, int] = {}
        self._holders: dict[bytes, dict[bytes, int]] = {}
        self._probing: dict[bytes, bytes] = {}

    def arp(self, at: Arrival, data: bytes, start: int, end: int) -> bool:
        """Take an ARP packet; False when it is none for IPv4 over Ethernet."""
        if start + ARP_LENGTH > end or data[start : start + 6] != _ETHERNET_IPV4:
            return False
        asked = data[start + 7] == _REQUEST
        hardware, source, target = (
            data[start + 8 : start + 14],
            data[start + 14 : start + 18],
            data[start + 24 : start + 28],
        )
        if source == target:
            pair, side = self._pairs.count(Transport.ARP, (source, target), at)
            pair.answer()
            held = {"address": address(source), "hardware": hardware_address(hardware)}
            pair.extend(steps.NEIGHBOUR_ANNOUNCED, Phase.DATA, side, at, **held)
        elif asked and not any(source):
            # RFC 5227, 2.1: whoever wants an address asks first whether somebody has it.
            self._probing[target] = hardware
            self._probe(at, Transport.ARP, source, target)
        elif asked:
            self._question(at, Transport.ARP, source, target)
        else:
            self._answer(at, Transport.ARP, (source, target), source, hardware)
        if any(source):
            if not asked and source in self._probing:
                self._claim(at, source, self._probing[source])
            self._claim(at, source, hardware)
        return True

    def discovery(self, at: Arrival, internet: Internet, body: bytes, *, asked: bool) -> None:
        """Take a neighbour solicitation or advertisement."""
        source, destination = halves(internet.addresses)
        target, hardware = body[8:24], body[26:32] if body[24:26] in (b"\x01\x01", b"\x02\x01") else b""
        if asked and not any(source):
            # Duplicate address detection (RFC 4862, 5.4).
            self._probe(at, Transport.ICMPV6, source, target)
        elif asked:
            self._question(at, Transport.ICMPV6, source, target)
        else:
            self._answer(at, Transport.ICMPV6, (source, destination), target, hardware)

    def leave(self, pair: Pair) -> None:
        """Judge a question that nobody answered."""
        if pair.asked.count >= ATTEMPTS and not pair.answers:
            asked = address(pair.server[0])
            self._context.ledger.note(
                faults.NEIGHBOUR_UNANSWERED,
                pair,
                pair.asked,
                client=plain((pair.client[0], None)),
                address=asked,
                attempts=pair.asked.count,
            )

    def settle(self) -> None:
        """The capture is over: addresses that more than one claims."""
        for held, holders in self._holders.items():
            if len(holders) > 1:
                names = tuple(hardware_address(holder) for holder in holders)
                evidence = Evidence(*holders.values())
                self._context.ledger.note(
                    faults.ADDRESS_CONFLICT, None, evidence, address=address(held), hardware=names
                )

    def _probe(self, at: Arrival, transport: Transport, source: bytes, target: bytes) -> None:
        pair, side = self._pairs.count(transport, (source, target), at)
        if not pair.answers:
            # Silence is the good answer.
            pair.outcome = Outcome.ONE_WAY
        pair.extend(steps.NEIGHBOUR_PROBED, Phase.REQUEST, side, at, address=address(target))

    def _question(self, at: Arrival, transport: Transport, source: bytes, target: bytes) -> None:
        pair, side = self._pairs.count(transport, (source, target), at)
        pair.request(at.packet)
        self._asked[pair.number] = at.ns
        pair.extend(steps.NEIGHBOUR_ASKED, Phase.REQUEST, side, at, address=address(target))

    def _answer(
        self, at: Arrival, transport: Transport, ends: tuple[bytes, bytes], held: bytes, hardware: bytes
    ) -> None:
        pair, side = self._pairs.count(transport, (held, ends[1]), at, answer=True)
        pair.answer()
        asked = self._asked.pop(pair.number, None)
        seconds = None if asked is None else (at.ns - asked) / 1e9
        told = {"address": address(held), "hardware": hardware_address(hardware) or None}
        pair.extend(steps.NEIGHBOUR_ANSWERED, Phase.RESPONSE, side, at, **told, seconds=seconds)

    def _claim(self, at: Arrival, held: bytes, hardware: bytes) -> None:
        holders = self._holders.setdefault(held, {}) if len(self._holders) < MOST_HOLDERS else {}
        holders.setdefault(hardware, at.packet)


def hardware_address(raw: bytes) -> str:
    """As people write it."""
    return raw.hex(":")
