"""Hides how values become words: units, names of addresses, masks over secrets, and the choice of a table's sentence.

Everything that came from packets passes through here, and leaves without control characters and not longer than
people read.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field

from kubectl_netshoot.packets.messages.kinds import Choice, Detail, Sentence, Wording
from kubectl_netshoot.packets.messages.language import Language
from kubectl_netshoot.packets.report import Endpoint, Guarded, Header, Parameters, Side, Step, Value
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

    def _text(self, name: str, value: "str | Guarded | Header | Endpoint | Side") -> str:
        if isinstance(value, Guarded):
            return bounded(self.revealed(value))
        if isinstance(value, Header):
            return f"{bounded(value.name)}: {bounded(self.revealed(value.value))}"
        if isinstance(value, Endpoint):
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

    def endpoint(self, endpoint: Endpoint) -> str:
        """10.0.0.7:80, with its name before it where it has one."""
        address = bounded(endpoint.address)
        if endpoint.port is not None:
            address = f"[{address}]:{endpoint.port}" if ":" in address else f"{address}:{endpoint.port}"
        name = self.name(endpoint)
        return f"{name} ({address})" if name else address

    def name(self, endpoint: Endpoint) -> str:
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
