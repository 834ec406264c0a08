"""ARP and IPv6 neighbour discovery: who asked for whose hardware address, and who answered."""

from dataclasses import dataclass, field
from functools import partial

from kubectl_netshoot.packets.context import Context
from kubectl_netshoot.packets.conversation import Arrival, plain
from kubectl_netshoot.packets.messages import faults
from kubectl_netshoot.packets.messages import network_steps as steps
from kubectl_netshoot.packets.pairs import Pair, Pairs
from kubectl_netshoot.packets.read.headers import Internet, address, halves
from kubectl_netshoot.packets.report import Outcome, Phase, Transport

ARP_LENGTH = 28
_REQUEST = 1
_ETHERNET_IPV4 = bytes.fromhex("000108000604")
# Linux asks three times before it gives up.
ATTEMPTS = 3
# Of an advertisement (RFC 4861, 4.4); and for so long its sender objects to one who would take the address.
_OVERRIDE = 0x20
DETECTION = 900_000_000


@dataclass(eq=False)
class Neighbours:
    """All questions for hardware addresses."""

    _context: Context
    _pairs: Pairs
    _asked: dict[int, int] = field(default_factory=dict)
    _probing: dict[bytes, bytes] = field(default_factory=dict)
    _detecting: dict[bytes, int] = field(default_factory=dict)

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
            if self._probing.get(source) == hardware:
                # Nobody had it.
                del self._probing[source]
            pair, side = self._pairs.count(Transport.ARP, (source, target), at)
            pair.answer()
            held = {"address": address(source), "hardware": hardware.hex(":")}
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
            prober = self._probing.get(source, hardware)
            # Text does not show whose probe it was, but whether the answer is to one.
            if not asked and prober != hardware and (any(prober) or not any(target)):
                self._context.holders.contest(source, prober, at.packet, at.ns)
            if any(hardware):
                # Text shows the hardware of answers only.
                self._context.holders.claim(source, hardware, at.packet, at.ns)
        return True

    def discovery(self, at: Arrival, internet: Internet, body: bytes, *, asked: bool) -> None:
        """Take a neighbour solicitation or advertisement."""
        source, destination = halves(internet.addresses)
        target, hardware = body[8:24], body[26:32] if body[24:26] in (b"\x01\x01", b"\x02\x01") else b""
        if asked and not any(source):
            # Duplicate address detection (RFC 4862, 5.4).
            self._detecting[target] = at.ns
            self._probe(at, Transport.ICMPV6, source, target)
        elif asked:
            self._question(at, Transport.ICMPV6, source, target)
        else:
            self._answer(at, Transport.ICMPV6, (source, destination), target, hardware)
            self._claimed(at, target, hardware, override=bool(body[4] & _OVERRIDE))

    def _claimed(self, at: Arrival, target: bytes, hardware: bytes, *, override: bool) -> None:
        """An advertisement; those of proxies and anycast addresses override nothing (RFC 4861, 7.2.7, 7.2.8)."""
        if not hardware or not override:
            return
        if at.ns - self._detecting.pop(target, -DETECTION) < DETECTION:
            self._context.holders.contest(target, hardware, at.packet, at.ns)
        else:
            self._context.holders.claim(target, hardware, at.packet, at.ns)

    def leave(self, pair: Pair) -> None:
        """Judge a question that nobody answered."""
        if pair.asked.count >= ATTEMPTS and not pair.answers:
            note = partial(
                self._context.ledger.note,
                faults.NEIGHBOUR_UNANSWERED,
                pair,
                pair.asked,
                client=plain((pair.client[0], None)),
                address=address(pair.server[0]),
                attempts=pair.asked.count,
            )
            self._context.lost_neighbours.asked(pair.client[0], note)

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
        if asked is None and transport is Transport.ARP:
            self._context.next_hops.claimed(at.packet, held, hardware, ends[1])
        seconds = None if asked is None else (at.ns - asked) / 1e9
        told = {"address": address(held), "hardware": hardware.hex(":") or None}
        pair.extend(steps.NEIGHBOUR_ANSWERED, Phase.RESPONSE, side, at, **told, seconds=seconds)
