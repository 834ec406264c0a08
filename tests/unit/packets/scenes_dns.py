"""Scenes of DNS."""

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.update
from scapy.layers.inet import UDP
from scapy.packet import Packet, Raw

from kubectl_netshoot.packets.messages import faults, notes, warnings
from tests.unit.packets.stage import Family, Scene, scene
from tests.unit.packets.traffic import network


def question(
    family: Family, name: str, identity: int, port: int = 40000, kind: str = "A"
) -> tuple[Packet, dns.message.Message]:
    """A question as a pod asks it, and what its answer is made from."""
    asked = dns.message.make_query(name, kind, id=identity)
    packet = network(family.client, family.server) / UDP(sport=port, dport=53) / Raw(asked.to_wire())
    return packet, asked


def answer(
    family: Family, asked: dns.message.Message, code: str = "NOERROR", port: int = 40000, *, cut: bool = False
) -> Packet:
    answered = dns.message.make_response(asked)
    answered.set_rcode(dns.rcode.from_text(code))
    if cut:
        answered.flags |= dns.flags.TC
    return network(family.server, family.client) / UDP(sport=53, dport=port) / Raw(answered.to_wire())


def resolving(family: Family, *names: tuple[str, str]) -> list[Packet]:
    """Questions with the codes of their answers, one after the other."""
    packets = []
    for identity, (name, code) in enumerate(names, start=1):
        asking, asked = question(family, name, identity)
        packets += [asking, answer(family, asked, code)]
    return packets


@scene
def dns_found(family: Family) -> Scene:
    return Scene(resolving(family, ("web.shop.svc.cluster.local.", "NOERROR")), set())


@scene
def dns_no_such_name(family: Family) -> Scene:
    return Scene(resolving(family, ("nowhere.example.", "NXDOMAIN")), {faults.DNS_NO_SUCH_NAME})


@scene
def dns_no_reverse_name(family: Family) -> Scene:
    return Scene(resolving(family, ("7.1.244.10.in-addr.arpa.", "NXDOMAIN")), {notes.DNS_NO_REVERSE_NAME})


@scene
def dns_from_the_pod(family: Family) -> Scene:
    """The Service is asked, its pod answers as itself: to the client that is no answer."""
    packets = []
    for _ in range(2):
        asking, asked = question(family, "web.shop.svc.cluster.local.", 9)
        pod = Family(family.client, "fd00::35" if ":" in family.client else "10.244.3.5")
        packets += [asking, answer(pod, asked)]
    return Scene(packets, {faults.NOT_TRANSLATED, notes.STARTED_MIDWAY}, (0, 0.001, 2, 5))


@scene
def dns_search_list(family: Family) -> Scene:
    endings = ("shop.svc.cluster.local.", "svc.cluster.local.", "cluster.local.")
    tried = [(f"api.example.com.{ending}", "NXDOMAIN") for ending in endings]
    return Scene(resolving(family, *tried, ("api.example.com.", "NOERROR")), {warnings.DNS_SEARCH_LIST})


@scene
def dns_search_list_in_vain(family: Family) -> Scene:
    tried = [
        (f"api.example.com{ending}", "NXDOMAIN")
        for ending in (".shop.svc.cluster.local.", ".svc.cluster.local.", ".")
    ]
    return Scene(resolving(family, *tried), {warnings.DNS_SEARCH_LIST, faults.DNS_NO_SUCH_NAME})


@scene
def dns_server_failure(family: Family) -> Scene:
    return Scene(resolving(family, ("web.example.", "SERVFAIL")), {faults.DNS_SERVER_FAILURE})


@scene
def dns_unanswered(family: Family) -> Scene:
    asking, _ = question(family, "web.example.", 1)
    return Scene([asking, asking], {faults.DNS_UNANSWERED}, (0, 5))


@scene
def dns_questions_only(family: Family) -> Scene:
    """No resolver leaves it at that: `dst port 53` was the filter."""
    packets = [
        question(family, f"{name}.example.", 1, port=40000 + number)[0] for number, name in enumerate("abcd")
    ]
    return Scene(packets, {warnings.ONE_SIDED}, (0, 10, 20, 30))


@scene
def dns_asked_again_from_another_port(family: Family) -> Scene:
    """As Go's resolver does: its questions are not answered."""
    packets = [
        question(family, f"{name}.example.", 1, port=40000 + number)[0] for number, name in enumerate("abab")
    ]
    return Scene(packets, {faults.DNS_UNANSWERED}, (0, 1, 5, 15))


@scene
def dns_slow_and_truncated(family: Family) -> Scene:
    asking, asked = question(family, "web.example.", 1)
    return Scene(
        [asking, answer(family, asked, cut=True)], {warnings.DNS_SLOW, warnings.DNS_TRUNCATED}, (0, 3)
    )


@scene
def dns_truncated_and_asked_again(family: Family) -> Scene:
    """Over TCP, as is right."""
    asking, asked = question(family, "web.example.", 1)
    talk = family.connection(53).handshake()
    for speak, message in ((talk.asks, asked), (talk.answers, dns.message.make_response(asked))):
        wire = message.to_wire()
        speak(len(wire).to_bytes(2, "big") + wire)
    return Scene([asking, answer(family, asked, cut=True), *talk.close().packets], set())


@scene
def dns_update(family: Family) -> Scene:
    """A host registers its address, and a primary tells of the change: messages of their own forms (RFC 2136, 1996)."""
    registered = dns.update.UpdateMessage("example.", id=7)
    registered.add("web", 300, "A", "203.0.113.7")
    changed = dns.message.make_query("example.", "SOA", id=8)
    changed.set_opcode(dns.opcode.NOTIFY)
    packets = []
    for port, asked in ((40000, registered), (40001, changed)):
        packets.append(
            network(family.client, family.server) / UDP(sport=port, dport=53) / Raw(asked.to_wire())
        )
        packets.append(answer(family, asked, port=port))
    return Scene(packets, set())
