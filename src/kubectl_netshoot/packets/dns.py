"""DNS over UDP and TCP: questions and answers matched, timed and judged.

dnspython parses the messages.
"""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from kubectl_netshoot.packets.context import Context
from kubectl_netshoot.packets.conversation import NotedPackets, Run, Talk
from kubectl_netshoot.packets.messages import faults, warnings
from kubectl_netshoot.packets.messages import network_steps as steps
from kubectl_netshoot.packets.messages.tcp_steps import Moment
from kubectl_netshoot.packets.read.headers import is_multicast
from kubectl_netshoot.packets.report import Outcome, Parameters, Phase, Side, Transport
from kubectl_netshoot.packets.tcp.flow import Flow
from kubectl_netshoot.packets.tcp.half import Half

if TYPE_CHECKING:
    from dns.message import Message

ANSWERS_TOLD = 8
# A header, the root's name, type and class.
SHORTEST = 17
MOST_RECORDS, LONGEST_UDP = 100, 4096


@dataclass(frozen=True)
class Dns:
    """A question or its answer; `answers` are values as a zone file writes them."""

    identity: int
    response: bool
    name: str
    type: str
    code: str
    answers: tuple[str, ...]
    truncated: bool
    opcode: str = "QUERY"


def read_dns(raw: bytes) -> Dns | None:
    """The message in `raw`; one without question and answer, or that is none, is None."""
    import dns.exception
    import dns.flags
    import dns.message

    try:
        message = dns.message.from_wire(raw, ignore_trailing=True, continue_on_error=True)
    except (dns.exception.DNSException, ValueError, IndexError, NotImplementedError):
        return None
    if not message.question and not message.answer:
        return None
    return _told(message)


def has_dns_form(raw: bytes) -> bool:
    """Whether a datagram to whatever port has the form of a DNS message: a question, sane counts and flags."""
    if len(raw) < SHORTEST or raw[3] & 0x40:
        return False
    opcode, response = raw[2] >> 3 & 15, raw[2] >> 7
    questions, answers, authorities, others = (
        int.from_bytes(raw[at : at + 2], "big") for at in (4, 6, 8, 10)
    )
    # Query and notify ask without an answer in them; an update brings prerequisites and changes (RFC 2136, 2).
    if questions != 1 or opcode not in (0, 4, 5) or answers + authorities + others > MOST_RECORDS:
        return False
    if not response and (raw[3] & 15 or (opcode == 0 and answers)):
        return False
    return len(raw) <= LONGEST_UDP and read_dns(raw) is not None


def is_answer(raw: bytes) -> bool:
    """Whether a message answers a question."""
    return bool(raw[2] >> 7)


def _told(message: "Message") -> Dns:
    import dns.flags
    import dns.opcode
    import dns.rcode
    import dns.rdatatype

    # What multicast DNS announces comes without a question.
    question = (message.question or message.answer)[0]
    values = [str(value) for answer in message.answer for value in answer]
    return Dns(
        identity=message.id,
        response=bool(message.flags & dns.flags.QR),
        name=question.name.to_text(omit_final_dot=True).lower(),
        type=dns.rdatatype.to_text(question.rdtype),
        code=dns.rcode.to_text(message.rcode()),
        answers=tuple(values[:ANSWERS_TOLD]),
        truncated=bool(message.flags & dns.flags.TC),
        opcode=dns.opcode.to_text(message.opcode()),
    )


SLOW_SECONDS = 1.0
# Sooner than any resolver gives up: at the end of a capture an answer may still be on its way.
PATIENCE = 1_000_000_000
# By then every resolver has asked again, this server or another.
AGAIN = 6_000_000_000
MOST_OPEN = 1000


@dataclass(slots=True)
class Question:
    """A question that waits for its answer."""

    name: str
    type: str
    packets: NotedPackets
    ns: int
    run: Run


class Resolving:
    """What one conversation asks."""

    def __init__(self, talk: Talk, context: Context) -> None:
        self._talk = talk
        self._ledger = context.ledger
        self._searches = context.searches
        self._strays = context.strays
        self._truncations = context.truncations
        self._open: dict[tuple[int, str, str], Question] = {}

    def message(self, message: Dns, packet: int, ns: int) -> None:
        """A question, or an answer to one."""
        key = (message.identity, message.name, message.type)
        if message.response:
            self._answer(message, self._open.pop(key, None), packet, ns)
        elif key in self._open:
            self._again(self._open[key], packet, ns)
        elif len(self._open) < MOST_OPEN:
            asked = {"name": message.name, "type": message.type, "opcode": message.opcode}
            run = self._talk.step(steps.DNS_QUESTION, Phase.REQUEST, Side.CLIENT, packet, ns, **asked)
            self._open[key] = Question(message.name, message.type, NotedPackets(packet), ns, run)

    def finish(self, until: int) -> None:
        """`until` is the end of the capture: what was not answered by then."""
        if is_multicast(self._talk.server[0]):
            # Whoever has nothing to say keeps silent (RFC 6762, 6).
            return
        for (identity, *_), question in self._open.items():
            waited = until - question.ns
            if waited < PATIENCE:
                continue
            asked = {"name": question.name, "type": question.type}
            self._talk.step(
                steps.DNS_NO_ANSWER,
                Phase.RESPONSE,
                Side.SERVER,
                question.packets.packets[-1],
                question.ns,
                **asked,
                seconds=waited / 1e9,
            )
            if self._talk.outcome is Outcome.REFUSED:
                # ICMP said why.
                continue
            self._ended(Outcome.UNANSWERED)
            told: Parameters = {
                "name": question.name,
                "count": question.packets.count,
                "seconds": waited / 1e9,
            }
            self._strays.asked(
                (self._talk.client, (identity, question.name)),
                self._talk,
                question.packets,
                partial(self._ledger.about, faults.DNS_UNANSWERED, self._talk, question.packets, **told),
                (self._talk.client[0], question.name, question.type)
                if question.packets.count == 1 and waited >= AGAIN
                else None,
            )

    def _ended(self, outcome: Outcome) -> None:
        """A connection ends by itself, whatever was answered in it."""
        if self._talk.transport is Transport.UDP:
            self._talk.outcome = outcome

    def _again(self, question: Question, packet: int, ns: int) -> None:
        question.packets.append(packet)
        self._talk.step(
            steps.DNS_QUESTION_AGAIN,
            Phase.TROUBLE,
            Side.CLIENT,
            packet,
            ns,
            name=question.name,
            type=question.type,
            seconds=(ns - question.ns) / 1e9,
        )

    def _answer(self, message: Dns, question: Question | None, packet: int, ns: int) -> None:
        seconds = (ns - question.ns) / 1e9 if question else None
        self._ended(Outcome.ANSWERED)
        self._talk.step(
            steps.DNS_ANSWER,
            Phase.RESPONSE,
            Side.SERVER,
            packet,
            ns,
            name=message.name,
            type=message.type,
            opcode=message.opcode,
            code=message.code,
            answers=message.answers,
            truncated=message.truncated,
            seconds=seconds,
        )
        evidence = NotedPackets(*(question.packets.packets if question else ()), packet)
        if question is None and not is_multicast(self._talk.server[0]):
            call = (self._talk.client, (message.identity, message.name))
            self._strays.answered(call, self._talk, evidence, lambda: None)
        self._judge(message, seconds, evidence, ns)

    def _judge(self, message: Dns, seconds: float | None, evidence: NotedPackets, ns: int) -> None:
        about: Parameters = {"name": message.name, "count": 1}
        if message.code == "NXDOMAIN" and message.opcode == "QUERY":
            self._searches.no_such_name(self._talk, message.name, evidence, ns)
        elif message.code == "NOERROR":
            self._searches.found(self._talk, message.name, ns)
        else:
            self._ledger.about(faults.DNS_SERVER_FAILURE, self._talk, evidence, **about, code=message.code)
        if message.truncated:
            note = partial(self._ledger.about, warnings.DNS_TRUNCATED, self._talk, evidence, **about)
            self._truncations.truncated(self._talk, message.name, note)
        elif self._talk.transport is Transport.TCP:
            self._truncations.whole(self._talk, message.name)
        if seconds is not None and seconds > SLOW_SECONDS:
            self._ledger.about(warnings.DNS_SLOW, self._talk, evidence, **about, seconds=seconds)


class DnsStream:
    """See flow.Application."""

    def __init__(self, resolving: Resolving) -> None:
        self._resolving = resolving
        self._buffers = {Side.CLIENT: b"", Side.SERVER: b""}
        self._lost = False

    def take(self, half: Half, packet: int, ns: int, data: bytes, start: int, end: int, length: int) -> None:
        """Payload of either side."""
        if self._lost:
            return
        buffer = self._buffers[half.side] + data[start:end]
        while len(buffer) >= 2 and len(buffer) >= (size := 2 + int.from_bytes(buffer[:2], "big")):
            message, buffer = read_dns(buffer[2:size]), buffer[size:]
            if message is not None:
                self._resolving.message(message, packet, ns)
        self._buffers[half.side] = buffer
        self._lost = length > end - start

    def gap(self, half: Half, length: int) -> None:  # noqa: ARG002
        """Where the next message begins is not known any more."""
        self._lost = True

    def ended(self, half: Half, packet: int, ns: int, *, reset: bool) -> None:
        """Questions that are open are judged at the end."""

    def moment(self) -> Moment:
        """See tcp_steps.Moment."""
        return "data"

    def finish(self, flow: Flow) -> None:
        """What was not answered."""
        self._resolving.finish(flow.until)
