"""DNS as tcpdump prints it, made into bytes again by dnspython."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dns.message import Message

_QUESTION = re.compile(r"(?P<id>\d+)[+%$*|-]*\s+(?:\[[^\]]*\]\s+)*(?P<type>[A-Za-z0-9]+)\? (?P<name>\S+)")
_ANSWER = re.compile(
    r"(?P<id>\d+)\s?(?P<code>[A-Z]\w+)?(?P<flags>[*|$-]*)\s+(?:q: (?P<type>[A-Za-z0-9]+)\? (?P<name>\S+)\s+)?"
    r"(?P<counts>\d+/\d+/\d+)\s*(?P<records>.*)",
    re.DOTALL,
)
_RECORD = re.compile(r"(?:(\S+) )?(?:\[[^\]]*\] )?(A|AAAA|CNAME) ([^\s,()]+)")
_CODES = {
    "NXDomain": "NXDOMAIN",
    "ServFail": "SERVFAIL",
    "Refused": "REFUSED",
    "FormErr": "FORMERR",
    "NotImp": "NOTIMP",
}
MOST = 10_000


class DnsText:
    """Remembers questions: without -v, answers do not repeat them."""

    def __init__(self) -> None:
        self._questions: dict[tuple[bytes, int, int], tuple[str, str]] = {}

    def message(self, source: bytes, target: bytes, ports: tuple[int, int], rest: str) -> bytes | None:
        """The message; None when it cannot be told."""
        if match := _ANSWER.match(rest):
            asked = self._questions.get((target, ports[1], int(match["id"])), ("", ""))
            name, kind = match["name"] or asked[0], match["type"] or asked[1]
            return made(match, name, kind) if name else None
        if match := _QUESTION.match(rest):
            if len(self._questions) > MOST:
                self._questions.clear()
            self._questions[source, ports[0], int(match["id"])] = (match["name"], match["type"])
            return made(match, match["name"], match["type"])
        return None


def made(match: "re.Match[str]", name: str, kind: str) -> bytes | None:
    """A message in wire form."""
    import dns.exception
    import dns.message

    try:
        query = dns.message.make_query(name, kind, id=int(match["id"]) & 0xFFFF)
        response = "records" in match.re.groupindex
        return (answered(query, match, name) if response else query).to_wire()
    except (dns.exception.DNSException, ValueError):
        return None


def answered(query: "Message", match: "re.Match[str]", name: str) -> "Message":
    """The answer to a question."""
    import dns.flags
    import dns.message
    import dns.rcode
    import dns.rrset

    message = dns.message.make_response(query)
    message.set_rcode(dns.rcode.from_text(_CODES.get(match["code"] or "", "NOERROR")))
    if "|" in match["flags"]:
        message.flags |= dns.flags.TC
    if not match["counts"].startswith("0/"):
        for owner, kind, value in _RECORD.findall(match["records"]):
            message.answer.append(dns.rrset.from_text(owner or name, 0, "IN", kind, value))
    return message
