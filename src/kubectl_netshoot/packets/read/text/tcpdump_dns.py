"""DNS as tcpdump prints it, made into bytes again."""

import re
import struct
from dataclasses import dataclass, field

from kubectl_netshoot.packets.read.text.hosts import Place, packed

_FLAGS = r"(?P<flags>[+%$*|-]*)"
_OPERATION = r"(?: (?:update|notify|stat|inv_q|op\d+))?"
_QUESTION = re.compile(
    rf"(?P<id>\d+){_FLAGS}{_OPERATION}\s+(?:\[[^\]]*\]\s+)*(?P<type>[A-Za-z0-9-]+)(?: \([A-Z]+\))?\? (?P<name>[^\s(]+)"
)
_ANSWER = re.compile(
    rf"(?P<id>\d+){_OPERATION}\s?(?P<code>[A-Z]\w+)?{_FLAGS}\s+"
    r"(?:\[\d+q\]\s+)?(?:q: (?P<type>[A-Za-z0-9-]+)(?: \([A-Z]+\))?\? (?P<name>\S+)\s+)?"
    r"(?P<answers>\d+)/(?P<authority>\d+)/(?P<more>\d+)\s*(?P<records>.*)",
    re.DOTALL,
)
_SECTION = re.compile(r" (?:ns|ar): | \(\d+\)\s*$|(?<!\s)\s*\(\d+\)$")
_RECORD = re.compile(
    r"(?:(?P<name>\S+) )?(?:\((?:Class |Cache flush)[^)]*\) )?(?:\[(?P<ttl>[^\]]*)\] )?"
    r"(?P<type>AAAA|A|CNAME|PTR|NS|SRV|MX|TXT|SOA|HTTPS|SVCB|Type\d+)(?: (?P<value>.*))?$"
)
_CODES = {"NXDomain": 3, "ServFail": 2, "Refused": 5, "FormErr": 1, "NotImp": 4, "YXDomain": 6, "NotAuth": 9}
_TYPES = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "HINFO": 13, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33,
    "NAPTR": 35, "DS": 43, "DNSKEY": 48, "SVCB": 64, "HTTPS": 65, "AXFR": 252, "ANY": 255, "CAA": 257,
}  # fmt: skip
_RESPONSE, _TRUNCATED, _AUTHORITATIVE, _DESIRED, _AVAILABLE = 0x8000, 0x0200, 0x0400, 0x0100, 0x0080
MOST = 10_000
# Where the name is that was asked for.
ASKED = b"\xc0\x0c"


@dataclass(eq=False)
class DnsText:
    """Remembers questions: without -v, answers do not repeat them."""

    _questions: dict[tuple[bytes, int, int], tuple[str, str]] = field(default_factory=dict)

    def message(self, source: bytes, target: bytes, ports: tuple[int, int], rest: str) -> bytes | None:
        """The message; None when it cannot be told, or is none."""
        if not rest[:1].isdecimal():
            return None
        if match := _ANSWER.match(rest):
            asked = self._questions.get((target, ports[1], int(match["id"])), ("", ""))
            name, kind = match["name"] or asked[0], match["type"] or asked[1]
            return response(match, name, kind) if name else None
        if match := _QUESTION.match(rest):
            if len(self._questions) > MOST:
                self._questions.clear()
            self._questions[source, ports[0], int(match["id"])] = (match["name"], match["type"])
            flags = _DESIRED if "+" in match["flags"] else 0
            return message(match, flags, match["name"], match["type"], [])
        return None

    def in_stream(self, ends: tuple[Place, Place], said: str, length: int) -> bytes:
        """What a segment of so many bytes carries, with its length in front; nothing where that cannot be told."""
        (source, source_port), (target, target_port) = ends
        made = self.message(source, target, (source_port or 0, target_port or 0), said.strip()) or b""
        fits = made and len(made) <= length - 2
        # Sections that are not printed, or not understood, have taken the rest.
        return (struct.pack(">H", length - 2) + made).ljust(length, b"\0") if fits else b""


def message(match: "re.Match[str]", flags: int, name: str, kind: str, records: list[bytes]) -> bytes | None:
    """A message in wire form; None when its question cannot be."""
    asked, number = wire_name(name), type_number(kind)
    if asked is None or number is None:
        return None
    front = struct.pack(">HHHHHH", int(match["id"]) & 0xFFFF, flags, 1, len(records), 0, 0)
    return front + asked + struct.pack(">HH", number, 1) + b"".join(records)


def response(match: "re.Match[str]", name: str, kind: str) -> bytes | None:
    """The answer to a question; its records as far as they are understood."""
    marks = match["flags"]
    flags = _RESPONSE | _DESIRED | _CODES.get(match["code"] or "", 0)
    flags |= ("|" in marks) * _TRUNCATED | ("*" in marks) * _AUTHORITATIVE | ("-" not in marks) * _AVAILABLE
    printed = _SECTION.split(match["records"])[0].split(", ")[: min(int(match["answers"]), MOST)]
    made = []
    owner = name
    if int(match["answers"]):
        for text in printed:
            record = _RECORD.match(text.strip())
            if record is None:
                continue
            owner = record["name"] or owner
            # What is asked for stands behind the header, and needs not be said again.
            front = ASKED if owner == name else wire_name(owner)
            if front and (one := record_bytes(front, record["type"], record["value"] or "")):
                made.append(one)
            if record["type"] == "CNAME" and not record["name"]:
                owner = record["value"] or owner
    return message(match, flags, name, kind, made)


def record_bytes(front: bytes, kind: str, value: str) -> bytes | None:
    """A record in wire form, behind its owner's name; None for data that is not understood."""
    number, data = type_number(kind), data_bytes(kind, value.strip())
    if number is None or data is None:
        return None
    return front + struct.pack(">HHIH", number, 1, 0, len(data)) + data


def data_bytes(kind: str, value: str) -> bytes | None:
    """The data of a record."""
    words = value.split(" ")
    if kind in ("A", "AAAA"):
        data = packed(words[0])
        return data if data and len(data) == (4 if kind == "A" else 16) else None
    if kind in ("CNAME", "PTR", "NS"):
        return wire_name(words[0])
    if kind == "MX":
        host, preference = wire_name(words[0]), words[1] if len(words) > 1 and words[1].isdecimal() else "0"
        return struct.pack(">H", int(preference) & 0xFFFF) + host if host else None
    if kind == "SRV":
        name, _, port = words[0].rpartition(":")
        numbers = [int(word) & 0xFFFF for word in (*words[1:3], port) if word.isdecimal()]
        host = wire_name(name)
        return struct.pack(">HHH", *numbers) + host if host and len(numbers) == 3 else None
    if kind == "TXT":
        text = value.strip('"').encode("utf-8", "replace")[:255]
        return bytes((len(text),)) + text
    return None


def type_number(kind: str) -> int | None:
    """The number of a record's type."""
    if kind in _TYPES:
        return _TYPES[kind]
    digits = kind.lower().removeprefix("type")
    return int(digits) & 0xFFFF if digits.isdecimal() else None


def wire_name(name: str) -> bytes | None:
    """A name in wire form; None for one that cannot be."""
    made = b""
    for label in name.rstrip(".").split("."):
        raw = label.encode("utf-8", "replace")
        if len(raw) > 63 or (not raw and name.rstrip(".")):
            return None
        made += bytes((len(raw),)) + raw if raw else b""
    return made + b"\0" if len(made) < 255 else None
