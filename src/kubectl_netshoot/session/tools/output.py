"""What each tool prints, read into plain values; pure text in. A line that is not understood is left out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from enum import Enum

_OURS = re.compile(r"^code=([0-9]{3}) connect=([0-9]+\.[0-9]+) total=([0-9]+\.[0-9]+)$", re.MULTILINE)
_ERROR = re.compile(r"^curl: \(([0-9]+)\) (.*)$", re.MULTILINE)
# What curl says where something listens that does not speak HTTP/1: libcurl-errors(3).
NOT_HTTP = (1, 8, 52, 56)


@dataclass(frozen=True)
class Got:
    """`status` is 0 without an answer of HTTP; `error` curl's number, 0 for none. Times are in seconds."""

    status: int
    connect: float
    total: float
    error: int = 0
    said: str = ""

    @property
    def connected(self) -> bool:
        return self.connect > 0

    @property
    def speaks_something_else(self) -> bool:
        """Whether the port took the connection, and what came back, if anything, was no HTTP."""
        return self.connected and not self.status and self.error in NOT_HTTP

    @property
    def timed_out(self) -> bool:
        return self.error == 28


def read_curl(text: str) -> Got | None:
    """None where it is not curl that spoke."""
    ours, error = _OURS.search(text), _ERROR.search(text)
    if not ours:
        return None
    number, said = (int(error[1]), error[2]) if error else (0, "")
    return Got(int(ours[1]), float(ours[2]), float(ours[3]), number, said)


_STATUS = re.compile(r"->>HEADER<<- .*status: ([A-Z]+)")
_QUESTION = re.compile(r";(\S+)\s+IN\s+([A-Z]+)")
_RECORD = re.compile(r"(\S+)\s+[0-9]+\s+IN\s+(A|AAAA|CNAME)\s+(\S+)")
_TIME = re.compile(r";; Query time: ([0-9]+) (usec|msec)")
_SERVER = re.compile(r";; SERVER: (\S+?)#[0-9]+")
_SILENT = re.compile(r";; communications error to (\S+?)#[0-9]+: (.+)|;; connection timed out")


@dataclass(frozen=True)
class Reply:
    """One server's reply to one question; `seconds` it took. `addresses` are all in the answer, behind a CNAME too."""

    status: str
    name: str = ""
    addresses: tuple[str, ...] = ()
    alias: str = ""
    seconds: float = 0.0
    server: str = ""

    @property
    def found(self) -> bool:
        return self.status == "NOERROR" and bool(self.addresses)


@dataclass(frozen=True)
class DigOutput:
    """All that one dig came to: replies in order, and the errors of servers that did not reply."""

    replies: tuple[Reply, ...]
    errors: tuple[str, ...]

    @property
    def server(self) -> str:
        return next((reply.server for reply in self.replies if reply.server), "")


def read_dig(text: str) -> DigOutput:
    """What dig (+comments +question +answer +stats) printed, of several questions one after the other."""
    return DigOutput(tuple(_replies(text)), tuple(_errors(text)))


def _errors(text: str) -> Iterator[str]:
    for found in _SILENT.finditer(text):
        yield f"{found[1]} {found[2]}" if found[1] else "timed out"


def _replies(text: str) -> Iterator[Reply]:
    reply: Reply | None = None
    for line in text.splitlines():
        if found := _STATUS.search(line):
            if reply:
                yield reply
            reply = Reply(found[1])
        elif reply:
            reply = _with(reply, line)
    if reply:
        yield reply


def _with(reply: Reply, line: str) -> Reply:
    if found := _RECORD.match(line):
        if found[2] == "CNAME":
            return replace(reply, alias=found[3])
        return replace(reply, addresses=(*reply.addresses, found[3]))
    if found := _TIME.match(line):
        return replace(reply, seconds=int(found[1]) / (1e6 if found[2] == "usec" else 1e3))
    if found := _SERVER.match(line):
        return replace(reply, server=found[1])
    if found := _QUESTION.match(line):
        return replace(reply, name=found[1])
    return reply


_LINK = re.compile(r"^[0-9]+: ([^:@\s]+)(?:@\S+)?: <([^>]*)> mtu ([0-9]+) ", re.MULTILINE)


@dataclass(frozen=True)
class ListeningSocket:
    """One that waits for clients; `address` as ss writes it, `protocol` TCP or UDP."""

    protocol: str
    address: str
    port: int

    @property
    def loopback_only(self) -> bool:
        """Whether only the pod's own containers can come in."""
        plain = self.address.strip("[]").partition("%")[0]
        return plain.startswith("127.") or plain in ("::1", "::ffff:127.0.0.1")


@dataclass(frozen=True)
class Link:
    """An interface that is up."""

    name: str
    mtu: int


def sockets(text: str) -> tuple[ListeningSocket, ...]:
    """Netid, state, two queues, local, peer in each line."""
    found = []
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 5 or fields[0] not in ("tcp", "udp"):
            continue
        address, _, port = fields[4].rpartition(":")
        if port.isdecimal():
            found.append(ListeningSocket(fields[0].upper(), address, int(port)))
    return tuple(found)


def links(text: str) -> tuple[Link, ...]:
    """All but the loopback, the one with the default name first."""
    found = [
        Link(name, int(mtu))
        for name, flags, mtu in _LINK.findall(text)
        if "LOOPBACK" not in flags.split(",") and "UP" in flags.split(",")
    ]
    return tuple(sorted(found, key=lambda link: link.name != "eth0"))


class Connected(Enum):
    """SILENT: nothing came back, as behind a NetworkPolicy or a firewall. UNKNOWN: it is not nc that spoke."""

    YES = "takes connections"
    REFUSED = "refuses connections"
    SILENT = "does not answer (timeout)"
    UNREACHABLE = "cannot be reached"
    UNKNOWN = ""


_WORDS = (
    (re.compile(r"^(?:Connection to .* succeeded!|.* open)$", re.MULTILINE), Connected.YES),
    (re.compile(r"^nc: .*refused", re.MULTILINE), Connected.REFUSED),
    (re.compile(r"^nc: .*timed out", re.MULTILINE), Connected.SILENT),
    (
        re.compile(r"^nc: .*(?:unreachable|No route to host|not permitted)", re.MULTILINE | re.IGNORECASE),
        Connected.UNREACHABLE,
    ),
)


def read_nc(text: str) -> Connected:
    """By netcat-openbsd's words; those of others are near enough."""
    return next((meaning for words, meaning in _WORDS if words.search(text)), Connected.UNKNOWN)


def count(text: str) -> tuple[int, int]:
    """Of several in a row, how many came about, and how many kept silent."""
    states = [read_nc(line) for line in text.splitlines()]
    return states.count(Connected.YES), states.count(Connected.SILENT)


_FIELD = re.compile(r"^(subject|issuer|notBefore|notAfter)=(.*)$", re.MULTILINE)
_NAMES = re.compile(r"X509v3 Subject Alternative Name:.*\n\s*(.+)")
_VERDICT = re.compile(r"^Verify return code: ([0-9]+) \((.*)\)$", re.MULTILINE)
_COMMON_NAME = re.compile(r"\bCN ?= ?([^,/]+)")
_VERIFY_ERROR = re.compile(r":error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):")
# X509_V_ERR_*: the chain ends in something that this image does not know, which says nothing of the clients'.
UNKNOWN_AUTHORITY = (18, 19, 20, 21)
_EXPIRED, _NOT_YET = 10, 9


@dataclass(frozen=True)
class Certificate:
    """`names` are the DNS names and addresses that it is for; `verdict` is openssl's, 0 for a chain that it trusts."""

    subject: str
    issuer: str
    begins: datetime | None
    ends: datetime | None
    names: tuple[str, ...]
    verdict: int = 0
    verdict_text: str = ""

    def is_over(self, now: datetime) -> bool:
        """Whether it has expired."""
        return self.verdict == _EXPIRED or (self.ends is not None and self.ends <= now)

    def is_early(self, now: datetime) -> bool:
        """Whether it is not valid yet."""
        return self.verdict == _NOT_YET or (self.begins is not None and self.begins > now)

    def is_for(self, name: str) -> bool:
        """Whether a client that asks for this name may take it (RFC 6125: `*` stands for one whole label)."""
        rest = name.lower().rstrip(".").partition(".")[2]
        return any(n.lower() in (name.lower().rstrip("."), f"*.{rest}" if rest else "") for n in self.names)


@dataclass(frozen=True)
class TlsHandshake:
    """What came of a TLS handshake: a certificate, or openssl's words for why there is none."""

    certificate: Certificate | None
    error: str = ""
    connected: bool = False


def read_openssl(text: str) -> TlsHandshake:
    """Out of what our script prints of both."""
    error = _VERIFY_ERROR.search(text)
    fields = {key: value.strip() for key, value in _FIELD.findall(text)}
    connected = "CONNECTED(" in text
    if "notAfter" not in fields:
        return TlsHandshake(None, error[1] if error else "", connected)
    verdict = _VERDICT.search(text)
    certificate = Certificate(
        subject=fields.get("subject", ""),
        issuer=fields.get("issuer", ""),
        begins=_date(fields.get("notBefore", "")),
        ends=_date(fields["notAfter"]),
        names=_names(text, fields.get("subject", "")),
        verdict=int(verdict[1]) if verdict else 0,
        verdict_text=verdict[2] if verdict else "",
    )
    return TlsHandshake(certificate, "", connected)


def _names(text: str, subject: str) -> tuple[str, ...]:
    found = _NAMES.search(text)
    if found:
        parts = (part.strip().partition(":") for part in found[1].split(","))
        return tuple(value for kind, _, value in parts if kind in ("DNS", "IP Address"))
    common = _COMMON_NAME.search(subject)
    return (common[1].strip(),) if common else ()


def _date(text: str) -> datetime | None:
    try:
        return datetime.strptime(" ".join(text.split()), "%b %d %H:%M:%S %Y GMT").replace(tzinfo=timezone.utc)
    except ValueError:
        return None


_COUNTS = re.compile(r"([0-9]+) packets transmitted, ([0-9]+) (?:packets )?received")
_TIMES = re.compile(r"(?:rtt|round-trip) min/avg/max(?:/mdev)? = [0-9.]+/([0-9]+\.[0-9]+)/([0-9]+\.[0-9]+)")
_LARGEST = re.compile(r"mtu ?[=:] ?([0-9]+)")
_NO_PERMISSION = re.compile(r"not permitted|Permission denied|permission denied|lacking privilege")


@dataclass(frozen=True)
class Pinged:
    """Times are in milliseconds; `largest` the MTU that somebody on the way told, 0 for none."""

    sent: int
    received: int
    average: float = 0.0
    worst: float = 0.0
    largest: int = 0

    @property
    def lost(self) -> int:
        return self.sent - self.received


def read_ping(text: str) -> Pinged | None:
    """None where it did not come to send anything."""
    counts, times, largest = _COUNTS.search(text), _TIMES.search(text), _LARGEST.findall(text)
    if not counts:
        return None
    average, worst = (float(times[1]), float(times[2])) if times else (0.0, 0.0)
    return Pinged(int(counts[1]), int(counts[2]), average, worst, min(map(int, largest), default=0))


def lacks_right(text: str, status: int | None) -> bool:
    """Whether the container may not send such packets at all (no NET_RAW, no ping group)."""
    return status == 126 or _NO_PERMISSION.search(text) is not None


DEFAULT_DOMAIN = "cluster.local"
# resolv.conf(5): without an option it is 1, and the last line counts.
DEFAULT_NDOTS = 1


@dataclass(frozen=True)
class Resolver:
    """How this pod's programs look names up."""

    servers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    ndots: int = DEFAULT_NDOTS

    def cluster_domain(self, namespace: str) -> str:
        """The cluster's own domain, by the search list; empty where that is not the cluster's."""
        prefix = f"{namespace}.svc."
        return next((s.removeprefix(prefix).rstrip(".") for s in self.search if s.startswith(prefix)), "")

    def tried(self, name: str) -> tuple[str, ...]:
        """The full names that this name stands for, in the order in which they are asked for."""
        if name.endswith("."):
            return (name,)
        found = tuple(f"{name}.{suffix.rstrip('.')}." for suffix in self.search)
        as_it_is = (f"{name}.",)
        return (*as_it_is, *found) if name.count(".") >= self.ndots else (*found, *as_it_is)


def read_hosts(text: str, host: str) -> tuple[str, ...]:
    """The addresses of this name in /etc/hosts, which goes before DNS."""
    wanted, found = host.rstrip(".").lower(), []
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if wanted in map(str.lower, names):
            found.append(address)
    return tuple(dict.fromkeys(found))


def read_resolver(text: str) -> Resolver:
    """Out of resolv.conf's text."""
    servers: list[str] = []
    search: tuple[str, ...] = ()
    ndots = DEFAULT_NDOTS
    for line in text.splitlines():
        words = line.split()
        if len(words) < 2 or words[0].startswith(("#", ";")):
            continue
        if words[0] == "nameserver":
            servers.append(words[1])
        elif words[0] in ("search", "domain"):
            search = tuple(words[1:])
        elif words[0] == "options":
            found = re.search(r"\bndots:([0-9]{1,2})", line)
            ndots = int(found[1]) if found else ndots
    return Resolver(tuple(servers), search, ndots)


_HOP = re.compile(r"^\s*([0-9]+):?\s+(?:([0-9a-fA-F.:]+[0-9a-fA-F])\s+|(\*|no reply))(.*)$", re.MULTILINE)
_PMTU = re.compile(r"\bpmtu ([0-9]+)")
_STATE = re.compile(r"\[(open|closed)\]")


@dataclass(frozen=True)
class Route:
    """`hops` are addresses, `*` for one that kept silent. `mtu` is 0 where it was not found."""

    hops: tuple[str, ...]
    reached: bool
    mtu: int = 0

    def __str__(self) -> str:
        return " > ".join(self.hops)


def read_route(text: str, host: str) -> Route:
    """Of any of the three; `host` is the address that was aimed at."""
    hops: dict[int, str] = {}
    for number, address, _, _ in _HOP.findall(text):
        if address or int(number) not in hops:
            hops[int(number)] = address or "*"
    told = _PMTU.findall(text)
    reached = _STATE.search(text) is not None or "ms reached" in text or host in hops.values()
    return Route(tuple(hops[n] for n in sorted(hops)), reached, int(told[-1]) if told else 0)
