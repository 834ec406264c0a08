"""What is said of a report's parts, whatever they are rendered into: sentences, headings, evidence, names of things.

Hides how values become words: units, names of addresses, masks over secrets, and the choice of a row's sentence.
Everything that came from packets passes through a Voice, and leaves without control characters and not longer than
people read. Text, ladder, page and JSON all speak through a Teller, so that they never say different things.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kubectl_netshoot.packets.messages import warnings
from kubectl_netshoot.packets.messages.kinds import Choice, Detail, FindingSeverity, Sentence, Wording
from kubectl_netshoot.packets.messages.language import Language
from kubectl_netshoot.packets.points.losses import Losses
from kubectl_netshoot.packets.read.frame import Format
from kubectl_netshoot.packets.report import (
    PACKETS_SHOWN,
    Application,
    Conversation,
    ConversationEnd,
    Crossing,
    Finding,
    Guarded,
    Header,
    Outcome,
    Parameters,
    Phase,
    Report,
    Role,
    SeenAt,
    Side,
    Step,
    Transport,
    Value,
)
from kubectl_netshoot.terminal import one_line

MASK = "***"
LONGEST, MOST = 160, 8
_OURS_FIRST = ("{who}", "{side}")
_UNITS = ((1_000_000_000, "GB"), (1_000_000, "MB"), (10_000, "kB"))


@dataclass(frozen=True)
class Voice:
    """A language, what addresses are called, and whether secrets are said."""

    language: Language
    names: Mapping[str, str] = field(default_factory=dict)
    show_secrets: bool = False

    def wording(self, wording: Wording, values: Mapping[str, str], raw: Mapping[str, object]) -> str:
        """The sentence that fits the parameters; `raw` are they, `values` the same as words."""
        sentence = _chosen(wording, raw)
        if sentence.many:
            number = raw[sentence.by]
            exactly = number if isinstance(number, int) else 2
            told = self.language.count(sentence.one, sentence.many, exactly, **values).strip()
        else:
            told = self.language.say(sentence.one, **values).strip()
        # Only our own words: a name keeps its letters.
        return told[:1].upper() + told[1:] if sentence.one.startswith(_OURS_FIRST) else told

    def told(
        self,
        wording: Wording,
        details: tuple[Detail, ...],
        raw: Mapping[str, object],
        values: Mapping[str, str],
    ) -> str:
        """A whole sentence: what, and behind it the details that there are."""
        sentence = self.wording(wording, values, raw)
        added = [
            self.wording(detail.sentence, values, raw)
            for detail in details
            if _says(raw[detail.by], detail.above)
        ]
        if added:
            sentence = self.language.say(
                "{sentence}; {details}", sentence=sentence, details=self.listed(added)
            )
        return sentence

    def listed(self, parts: list[str]) -> str:
        """A, B, C."""
        text = ""
        for part in parts:
            text = self.language.say("{list}, {item}", list=text, item=part) if text else part
        return text

    def step_values(self, step: Step, raw: Parameters) -> dict[str, str]:
        """The placeholders of a step's sentence: its parameters as words, and who did it to whom."""
        return {**self.words(raw), "who": self.side(step.side), "other": self.side(other(step.side))}

    def words(self, parameters: Parameters) -> dict[str, str]:
        """Every parameter as words, by its name."""
        return {name: self.value(name, value) for name, value in parameters.items()}

    def value(self, name: str, value: Value) -> str:
        """One parameter; its name tells the unit."""
        if value is None:
            return self.language.say("several clients") if name == "client" else self.language.say("unknown")
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, (int, float)):
            return self._number(name, value)
        if isinstance(value, tuple):
            told = [self.value(name, item) for item in value[:MOST]]
            return self.listed([*told, "…"] if len(value) > MOST else told)
        return self._text(name, value)

    def _number(self, name: str, value: float) -> str:
        if name.endswith("seconds"):
            return duration(value)
        if name.endswith("bytes"):
            return self.size(int(value))
        if name == "window_scale":
            return f"x{1 << min(int(value), 14)}"
        return f"{value:.1f}" if isinstance(value, float) else str(value)

    def _text(self, name: str, value: "str | Guarded | Header | ConversationEnd | Side") -> str:
        if isinstance(value, Guarded):
            return bounded(self.revealed(value))
        if isinstance(value, Header):
            return f"{bounded(value.name)}: {bounded(self.revealed(value.value))}"
        if isinstance(value, ConversationEnd):
            return self.endpoint(value)
        if isinstance(value, Side):
            return self.side(value)
        return bounded(value.upper() if name == "transport" else value)

    def revealed(self, guarded: Guarded) -> str:
        """The text as sent, or with a mask over each secret."""
        return guarded.text if self.show_secrets else guarded.masked(MASK)

    def size(self, octets: int) -> str:
        """238 bytes, 12.3 kB."""
        for unit, name in _UNITS:
            if octets >= unit:
                return f"{octets / min(unit, 1000 if name == 'kB' else unit):.1f} {name}"
        return self.language.count("{number} byte", "{number} bytes", octets)

    def side(self, side: Side) -> str:
        """The client, the server."""
        if side is Side.BOTH:
            return self.language.say("both sides")
        return self.language.say("the client") if side is Side.CLIENT else self.language.say("the server")

    def endpoint(self, endpoint: ConversationEnd) -> str:
        """10.0.0.7:80, with its name before it where it has one."""
        address = bounded(endpoint.address)
        if endpoint.port is not None:
            address = f"[{address}]:{endpoint.port}" if ":" in address else f"{address}:{endpoint.port}"
        name = self.name(endpoint)
        return f"{name} ({address})" if name else address

    def name(self, endpoint: ConversationEnd) -> str:
        """What somebody calls this address; empty when nobody does."""
        return bounded(self.names.get(_canonical(endpoint.address), "")) if self.names else ""


def other(side: Side) -> Side:
    """The one that it is done to."""
    return {Side.CLIENT: Side.SERVER, Side.SERVER: Side.CLIENT}.get(side, Side.BOTH)


def duration(seconds: float) -> str:
    """412 µs, 3.1 ms, 2.5 s, 2m5s: three figures say enough."""
    if seconds < 0.0009995:
        return f"{seconds * 1_000_000:.0f} µs"
    if seconds < 0.9995:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m{rest}s" if hours else f"{minutes}m{rest}s"


def bounded(text: str) -> str:
    """Text from a packet: one line, clean, and not without end."""
    line = one_line(text)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _chosen(wording: Wording, raw: Mapping[str, object]) -> Sentence:
    while isinstance(wording, Choice):
        value = raw[wording.by]
        wording = wording.sentences.get(getattr(value, "value", value), wording.otherwise)
    return wording


def _says(value: object, above: int) -> bool:
    if isinstance(value, (int, float)):
        return value > above
    return bool(value.text) if isinstance(value, Guarded) else bool(value)


def _canonical(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address


_APPLICATIONS = {
    Application.HTTP: "HTTP",
    Application.HTTP2: "HTTP/2",
    Application.GRPC: "gRPC",
    Application.TLS: "TLS",
    Application.DNS: "DNS",
    Application.TUNNEL: "tunnel",
    Application.SMTP: "SMTP",
    Application.POP3: "POP3",
    Application.IMAP: "IMAP",
    Application.FTP: "FTP",
    Application.LDAP: "LDAP",
    Application.POSTGRESQL: "PostgreSQL",
    Application.MYSQL: "MySQL",
    Application.REDIS: "Redis",
    Application.MONGODB: "MongoDB",
    Application.AMQP: "AMQP",
    Application.KAFKA: "Kafka",
    Application.SOCKS: "SOCKS",
}
_OWN = ("host", "user-agent")
_TRANSPORTS = {Transport.ICMPV6: "ICMPv6"}


@dataclass(frozen=True)
class Teller:
    """A report and the voice that tells it."""

    report: Report
    voice: Voice

    def sentence(self, step: Step) -> str:
        """What happened in this step."""
        kind, raw = step.kind, _raw(step)
        return self.voice.told(kind.what, kind.details, raw, self.voice.step_values(step, raw))

    def label(self, step: Step) -> str:
        """The same in a word or two, for an arrow."""
        raw = _raw(step)
        return self.voice.wording(step.kind.label, self.voice.step_values(step, raw), raw)

    def headline(self, finding: Finding) -> str:
        """What is to be known."""
        kind = finding.kind
        told = self.voice.told(kind.what, kind.details, finding.parameters, self._values(finding))
        if finding.alike == 1:
            return told
        return self.voice.language.count(
            "{headline}; and {number} more like it",
            "{headline}; and {number} more like it",
            finding.alike - 1,
            headline=told,
        )

    def advice(self, finding: Finding) -> str:
        """The next thing to try."""
        return self.voice.told(finding.kind.advice, (), finding.parameters, self._values(finding))

    def _values(self, finding: Finding) -> dict[str, str]:
        values = self.voice.words(finding.parameters)
        if finding.kind in (warnings.CAPTURE_CUT, warnings.CAPTURE_GARBLED):
            say = self.voice.language.say
            of_text = self.report.capture.format is Format.TEXT
            offset = values["offset"]
            values["place"] = (
                say("line {offset}", offset=offset) if of_text else say("byte {offset}", offset=offset)
            )
        return values

    def more_of_a_kind(self, more: int) -> str:
        """What stands below the last finding of a kind that is told."""
        return self.voice.language.count(
            "and {number} more of this kind; -o json has all",
            "and {number} more of this kind; -o json has all",
            more,
        )

    def clients(self, client: ConversationEnd, number: int) -> str:
        """The only client of some conversations, or how many there are."""
        if number == 1:
            return self.voice.endpoint(client)
        return self.voice.language.count("{number} client", "{number} clients", number)

    def evidence(self, finding: Finding) -> str:
        """The packets that it rests on, and the conversations that it is about."""
        seen = [self.packets_seen(finding), self.conversations_seen(finding)]
        return self.voice.listed([part for part in seen if part])

    def packets_seen(self, finding: Finding) -> str:
        """Packets 3-5, 9 and 2 more; empty where it is about none. Of several captures, in which one."""
        say, point = self.voice.language.say, bounded(finding.point)
        if not finding.packets:
            return say("the capture of {point}", point=point) if point else ""
        total, numbers = finding.packet_count, ranges(finding.packets)
        text = self.voice.language.count("packet {numbers}", "packets {numbers}", total, numbers=numbers)
        text = self._and_more(text, total - len(finding.packets))
        return say("{packets} of {point}", packets=text, point=point) if point else text

    def seen_at(self, conversation: Conversation) -> str:
        """Which of several captures it is told from, and what it is called in the others; empty of one capture."""
        if not conversation.point:
            return ""
        say = self.voice.language.say
        told = say("captured at {point}", point=bounded(conversation.point))
        others = [self._elsewhere(conversation, seen) for seen in conversation.elsewhere]
        return self.voice.listed([told, *others]) if others else say("{told} only", told=told)

    def _elsewhere(self, conversation: Conversation, seen: SeenAt) -> str:
        say, point = self.voice.language.say, bounded(seen.point)
        ends = [(end.address, end.port) for end in (conversation.client, conversation.server)]
        if ends == [(end.address, end.port) for end in (seen.client, seen.server)]:
            return say("and at {point}", point=point)
        client, server = self.voice.endpoint(seen.client), self.voice.endpoint(seen.server)
        return say("and at {point} as {client} > {server}", point=point, client=client, server=server)

    def crossing(self, crossing: Crossing) -> str:
        """What became of one side's packets on the way from one point to the next one."""
        say, count, found = self.voice.language.say, self.voice.language.count, crossing.losses
        names = {"sender": bounded(crossing.sender), "receiver": bounded(crossing.receiver)}
        return say(
            "{sender} to {receiver}: {packets} of {side}, {fate}",
            **names,
            packets=count("{number} packet", "{number} packets", found.sent),
            side=self.voice.side(crossing.side),
            fate=self.voice.listed([*self._fate(found, names["receiver"])]),
        )

    def _fate(self, found: Losses, receiver: str) -> Iterator[str]:
        say, count = self.voice.language.say, self.voice.language.count
        if found.partial:
            yield say(
                "the capture of {receiver} lacks some of what arrived there, so losses are not told",
                receiver=receiver,
            )
        elif found.lost:
            numbers = "#" + ranges(found.lost[:PACKETS_SHOWN])
            yield count(
                "{number} did not arrive ({numbers})",
                "{number} did not arrive ({numbers})",
                len(found.lost),
                numbers=numbers if len(found.lost) <= PACKETS_SHOWN else f"{numbers}, …",
            )
        elif not found.unjudged:
            yield say("all arrived")
        if found.repeats_lost:
            yield count(
                "{number} of these had been sent before",
                "{number} of these had been sent before",
                found.repeats_lost,
            )
        if found.missing:
            yield say("{size} never arrived", size=self.voice.size(found.missing))
        if found.duplicates:
            yield count("{number} arrived once more", "{number} arrived once more", found.duplicates)
        if found.unjudged:
            yield count(
                "{number} left when {receiver} may not have listened",
                "{number} left when {receiver} may not have listened",
                found.unjudged,
                receiver=receiver,
            )

    def conversations_seen(self, finding: Finding) -> str:
        """The same for conversations."""
        if not finding.conversations:
            return ""
        total, numbers = finding.conversation_count, ranges(finding.conversations)
        count = self.voice.language.count
        text = count("conversation {numbers}", "conversations {numbers}", total, numbers=numbers)
        return self._and_more(text, total - len(finding.conversations))

    def _and_more(self, text: str, rest: int) -> str:
        return self.voice.language.say("{text} and {rest} more", text=text, rest=rest) if rest > 0 else text

    def protocol(self, transport: Transport, application: Application) -> str:
        """HTTP, TCP, DNS (TCP)."""
        carrier = _TRANSPORTS.get(transport, transport.value.upper())
        name = _APPLICATIONS.get(application, carrier)
        return f"{name} ({carrier})" if (transport, application) == (Transport.TCP, Application.DNS) else name

    def endpoint(self, endpoint: ConversationEnd) -> str:
        """Address, port, name, and what it was recognised as."""
        roles = self.roles(endpoint)
        shown = self.voice.endpoint(endpoint)
        return (
            self.voice.language.say("{endpoint} [{roles}]", endpoint=shown, roles=roles) if roles else shown
        )

    def roles(self, endpoint: ConversationEnd) -> str:
        """What an endpoint was recognised as."""
        say = self.voice.language.say
        words = {
            Role.CAPTURING: say("captured here"),
            Role.KUBE_PROBE: say("kubelet's probe"),
            Role.LOAD_BALANCER: say("load balancer's check"),
            Role.NODE_NAT: say("probably a node, for others"),
            Role.DNS_SERVER: say("DNS server"),
            Role.MULTICAST: say("to many at once"),
        }
        return self.voice.listed([words[role] for role in Role if role in endpoint.roles])

    def phase(self, phase: Phase) -> str:
        """The heading of a part of the story."""
        say = self.voice.language.say
        return {
            Phase.SETUP: say("Connection set up"),
            Phase.REQUEST: say("Request"),
            Phase.RESPONSE: say("Response"),
            Phase.DATA: say("Data"),
            Phase.CLOSE: say("Connection closed"),
            Phase.TROUBLE: say("Trouble"),
        }[phase]

    def outcome(self, outcome: Outcome) -> str:
        """How a conversation stands."""
        say = self.voice.language.say
        return {
            Outcome.CLOSED: say("closed in good order"),
            Outcome.RESET: say("reset"),
            Outcome.REFUSED: say("refused"),
            Outcome.UNANSWERED: say("unanswered"),
            Outcome.ONE_WAY: say("one way"),
            Outcome.ANSWERED: say("answered"),
            Outcome.HALF_CLOSED: say("half-closed"),
            Outcome.UNKNOWN: say("outcome not known"),
            Outcome.OPEN: say("still open"),
        }[outcome]

    def severity(self, severity: FindingSeverity) -> str:
        """FAULT, WARNING, NOTE."""
        say = self.voice.language.say
        return {
            FindingSeverity.FAULT: say("fault"),
            FindingSeverity.WARNING: say("warning"),
            FindingSeverity.NOTE: say("note"),
        }[severity]

    def volume(self, packets: int, octets: int) -> str:
        """12 packets, 1903 bytes."""
        count = self.voice.language.count("{number} packet", "{number} packets", packets)
        return self.voice.listed([count, self.voice.size(octets)])

    def conversation_volume(self, conversation: Conversation) -> str:
        sent, received = conversation.from_client, conversation.from_server
        return self.volume(sent.packets + received.packets, sent.bytes + received.bytes)


def _raw(step: Step) -> dict[str, Value]:
    """The parameters and the count; headers that are parameters of their own are not said twice."""
    raw: dict[str, Value] = {**step.parameters, "count": step.count}
    headers = raw.get("headers")
    if isinstance(headers, tuple):
        raw["headers"] = tuple(h for h in headers if not (isinstance(h, Header) and h.name.lower() in _OWN))
    return raw


def ranges(numbers: tuple[int, ...]) -> str:
    """1-3, 7, 9-10."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
