"""What is said of a report's parts, whatever they are rendered into: sentences, headings, evidence, names of things.

Text, ladder, page and JSON all speak through a `Teller`, so that they never say different things.
"""

from dataclasses import dataclass

from kubectl_netshoot.packets.messages import warnings
from kubectl_netshoot.packets.messages.kinds import Severity
from kubectl_netshoot.packets.read.frame import Format
from kubectl_netshoot.packets.render.format import Voice
from kubectl_netshoot.packets.render.outline import Row
from kubectl_netshoot.packets.report import (
    Application,
    Conversation,
    Endpoint,
    Finding,
    Header,
    Outcome,
    Phase,
    Report,
    Role,
    Step,
    Transport,
    Value,
)

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

    def clients(self, row: Row) -> str:
        """The client of a group, or how many there are."""
        if row.clients == 1:
            return self.voice.endpoint(row.group.client)
        return self.voice.language.count("{number} client", "{number} clients", row.clients)

    def evidence(self, finding: Finding) -> str:
        """The packets that it rests on, and the conversations that it is about."""
        seen = [self.packets_seen(finding), self.conversations_seen(finding)]
        return self.voice.listed([part for part in seen if part])

    def packets_seen(self, finding: Finding) -> str:
        """Packets 3-5, 9 and 2 more; empty where it is about none."""
        if not finding.packets:
            return ""
        total, numbers = finding.packet_count, ranges(finding.packets)
        text = self.voice.language.count("packet {numbers}", "packets {numbers}", total, numbers=numbers)
        return self._and_more(text, total - len(finding.packets))

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

    def endpoint(self, endpoint: Endpoint) -> str:
        """Address, port, name, and what it was recognised as."""
        roles = self.roles(endpoint)
        shown = self.voice.endpoint(endpoint)
        return (
            self.voice.language.say("{endpoint} [{roles}]", endpoint=shown, roles=roles) if roles else shown
        )

    def roles(self, endpoint: Endpoint) -> str:
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

    def severity(self, severity: Severity) -> str:
        """FAULT, WARNING, NOTE."""
        say = self.voice.language.say
        return {
            Severity.FAULT: say("fault"),
            Severity.WARNING: say("warning"),
            Severity.NOTE: say("note"),
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
