"""A packet list of tshark or Wireshark: its rows become the lines that tcpdump prints."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from kubectl_netshoot.packets.read.frame import UnreadLines
from kubectl_netshoot.packets.read.text.hosts import Hosts, port
from kubectl_netshoot.packets.read.text.line import ARROW, row
from kubectl_netshoot.packets.read.text.paste import is_border
from kubectl_netshoot.packets.read.text.records import is_omission

_SEGMENT = re.compile(
    rf"(?:\[[^\]]*\]\s*)*(?P<source>\S+)\s+{ARROW}\s+(?P<target>\S+)\s+\[(?P<flags>[A-Za-z, ]+)\] "
    r"Seq=(?P<seq>\d{1,10})(?: Ack=(?P<ack>\d{1,10}))?(?: Win=(?P<window>\d{1,10}))?(?: Urg=\d+)?(?: \[[^\]]*\])*"
    r" Len=(?P<length>\d{1,7})(?P<more>\s*$|\s+[A-Z\[].*)"
)
_HTTP = re.compile(r"(?:[A-Z][A-Z-]{2,15} \S+ HTTP/\d\.\d|HTTP/\d\.\d \d{3}\b[^\[(]*)")
_JUDGED = re.compile(r"\[TCP [A-Z]")
_UNFINISHED = re.compile(r"\[TCP (?:segment of a reassembled PDU|PDU reassembled in \d+)\]")
_MSS = re.compile(r"MSS=(\d{1,5})\b")
_NAMED = re.compile(r"\w[\w-]*\((\d{1,5})\)$")
_LETTERS = {
    "FIN": "F",
    "SYN": "S",
    "RST": "R",
    "PSH": "P",
    "ACK": ".",
    "URG": "U",
    "ECE": "E",
    "ECN": "E",
    "CWR": "W",
}
# tcpdump's grammar takes numbers far from the first one as they are.
_FAR = 1 << 30
MOST = 10_000

# An address as it is printed, and a port.
End: TypeAlias = tuple[str, int]


@dataclass
class RowDirection:
    """One direction: the number behind its last byte, the size of its frames' headers, how it stands.

    `unfinished`: the message goes on in another row; `hidden`: none of its rows showed its first line.
    """

    next: int | None = None
    headers: int | None = None
    window: int = 0
    acked: str | None = None
    unfinished: bool = False
    hidden: bool = False
    portless: bool = False
    over: bool = False


@dataclass
class ListedConnection:
    """Its two directions, by who sends."""

    client: End
    server: End
    ways: dict[End, RowDirection] = field(default_factory=dict)


class Connections:
    """Remembers the connections between each two addresses."""

    def __init__(self, hosts: Hosts, unread: UnreadLines) -> None:
        self._hosts = hosts
        self._unread = unread
        self._between: dict[frozenset[str], list[ListedConnection]] = {}

    def segment(self, source: str, target: str, size: int | None, info: str) -> str | None:
        """What tcpdump prints of a row with ports, from the ends on; None for a row that has none."""
        match = _SEGMENT.match(info)
        ports = (number(match["source"]), number(match["target"])) if match else (None, None)
        if match is None or ports[0] is None or ports[1] is None:
            return None
        here, there = (source, ports[0]), (target, ports[1])
        words = [word.strip().upper() for word in match["flags"].split(",")]
        if not all(word in _LETTERS for word in words):
            return None
        flags = "".join(_LETTERS[word] for word in words)
        seq, length = int(match["seq"]), int(match["length"])
        connection = self._of(here, there, begins=flags == "S")
        mine, other = connection.ways[here], connection.ways[there]
        if size is not None and "S" not in flags and size >= length:
            mine.headers = size - length
        if match["ack"] and other.portless and other.next is not None and int(match["ack"]) > other.next:
            # A row without flags had a FIN, or one is missing.
            self._partly(here, there)
        behind = seq + length + ("S" in flags) + ("F" in flags)
        if mine.next is None or behind > mine.next or "S" in flags:
            mine.next, mine.portless = behind, False
        if length:
            mine.hidden = mine.unfinished = bool(_UNFINISHED.search(match["more"]))
        mine.over = mine.over or "F" in flags
        if "R" in flags:
            mine.over = other.over = True
        mine.window = min(int(match["window"] or 0), 0xFFFF)
        mss = _MSS.search(match["more"]) if "S" in flags else None
        options = f", options [mss {mss[1]}]" if mss else ""
        mine.acked = match["ack"] or mine.acked
        rest = f", win {mine.window}{options}, length {length}"
        return told(here, there, flags, (seq, length, match["ack"]), rest)

    def carried(
        self, source: str, target: str, size: int | None, info: str, *, begun: bool = False
    ) -> str | None:
        """The same of a row that shows only what is carried; None where its connection cannot be told.

        `begun`: the row is of a message that goes on in another row.
        """
        known = self._between.get(frozenset((source, target)), [])
        open_ones = [one for one in known if not all(way.over for way in one.ways.values())] or known[-1:]
        if len(open_ones) != 1 or size is None or _JUDGED.search(_UNFINISHED.sub("", info)):
            return None
        (connection,) = open_ones
        here, there = connection.client, connection.server
        if here[0] != source or source == target:
            here, there = there, here
        mine, other = connection.ways[here], connection.ways[there]
        headers = mine.headers if mine.headers is not None else other.headers
        acked = mine.acked if other.next is None else str(other.next)
        if headers is None or mine.next is None or acked is None or size <= headers or source == target:
            return None
        seq, length = mine.next, size - headers
        http = _HTTP.match(info)
        if http and mine.hidden:
            self._partly(here, there)
        http = None if mine.unfinished else http
        mine.next, mine.portless = seq + length, True
        mine.unfinished, mine.hidden = begun or bool(_UNFINISHED.search(info)), False
        said = f": HTTP: {http[0].strip()}" if http else ""
        return told(here, there, "P.", (seq, length, acked), f", win {mine.window}, length {length}{said}")

    def _of(self, here: End, there: End, *, begins: bool) -> ListedConnection:
        known = self._between.setdefault(frozenset((here[0], there[0])), [])
        if begins:
            known[:] = [one for one in known if not all(way.over for way in one.ways.values())]
        found = next((one for one in known if here in one.ways and there in one.ways), None)
        if found is None:
            found = ListedConnection(here, there, {here: RowDirection(), there: RowDirection()})
            if len(known) >= MOST:
                known.clear()
            known.append(found)
        return found

    def _partly(self, *ends: End) -> None:
        places = (self._hosts.place(f"{host}.{at}", six=":" in host, ported=True) for host, at in ends)
        self._unread.partly(frozenset(place for place in places if place))


def told(here: End, there: End, flags: str, numbers: tuple[int, int, str | None], rest: str) -> str:
    """A segment in tcpdump's words; `numbers` are of its first byte, its length, and the acknowledged one."""
    seq, length, ack = numbers
    acked = f", ack {far(int(ack))}" if ack else ""
    sent = f"seq {far(seq)}:{far(seq + length)}{acked}{rest}"
    return f"{here[0]}.{here[1]} > {there[0]}.{there[1]}: Flags [{flags}], {sent}"


def far(printed: int) -> int:
    """A relative number as one that was sent."""
    return (printed + _FAR) % (1 << 32)


def number(text: str) -> int | None:
    """A port by number, by name, or by both."""
    named = _NAMED.match(text)
    return port(named[1] if named else text)


_DNS = re.compile(r"Standard query (?P<response>response )?0x(?P<id>[0-9a-f]{1,4}) (?P<rest>.*)")
_CODES = {
    "No such name": "NXDomain",
    "Server failure": "ServFail",
    "Refused": "Refused",
    "Format error": "FormErr",
    "Not implemented": "NotImp",
}
_CODE = re.compile(rf"({'|'.join(_CODES)}) ")
_ASKED = re.compile(r"(?P<type>[A-Z]+) (?P<name>\S+)(?P<records>.*)")
_RECORD = re.compile(r" (A|AAAA|CNAME|PTR) (\S+)")
_ECHO = re.compile(
    r"Echo \(ping\) (?P<kind>request|reply)\s+id=0x(?P<id>[0-9a-f]{1,4}), seq=(?P<seq>\d{1,5})"
)
_ASKS = re.compile(r"Neighbor Solicitation for (?P<address>[0-9a-f:.]+)")
_TELLS = re.compile(r"Neighbor Advertisement (?P<address>[0-9a-f:.]+)(?P<flags>[^)]*)")
_ROUTER = re.compile(r"(Router (?:Solicitation|Advertisement)|Multicast Listener Report(?: Message v2)?)")
_MAC = r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"
_ARP = (
    (re.compile(r"Who has (\S+?)\? (?:\(ARP Probe\)|Tell 0\.0\.0\.0\b)"), "Probe {0}"),
    (re.compile(r"Who has (\S+?)\?(?: Gratuitous)? +Tell (\S+)"), "Request who-has {0} tell {1}"),
    (re.compile(r"(?:ARP Announcement|Gratuitous ARP) for (\S+)(?! \(Reply)"), "Announcement {0}"),
    (re.compile(rf"(\S+) is at ({_MAC})"), "Reply {0} is-at {1}"),
)
_DNS_HEADERS = {False: 14 + 20 + 8, True: 14 + 40 + 8}


def dns(source: str, target: str, size: int | None, info: str) -> str | None:
    """A question or an answer; the client's port is not shown, and 0."""
    match = _DNS.match(info)
    if match is None:
        return None
    code = _CODE.match(match["rest"])
    asked = _ASKED.match(match["rest"][code.end() if code else 0 :])
    if asked is None:
        return None
    length = f"({max((size or 0) - _DNS_HEADERS[':' in source], 12)})"
    number, question = int(match["id"], 16), f"{asked['type']}? {asked['name']}"
    if not match["response"]:
        return f"{source}.0 > {target}.53: {number}+ {question}. {length}"
    records = [f"{kind} {value.rstrip(',')}" for kind, value in _RECORD.findall(asked["records"])]
    said = _CODES[code[1]] if code else ""
    answers = " " + ", ".join(records) if records else ""
    return f"{source}.53 > {target}.0: {number} {said} q: {question}. {len(records)}/0/0{answers} {length}"


def icmp(source: str, target: str, size: int | None, info: str) -> str | None:
    """Echo and neighbour discovery; of an error the packet that it is about is not shown, so it is not read."""
    six = ":" in source
    name, length = "ICMP6," if six else "ICMP", max((size or 0) - (54 if six else 34), 8)
    said = ""
    if echo := _ECHO.match(info):
        said = f"echo {echo['kind']}, id {int(echo['id'], 16)}, seq {echo['seq']}"
    elif asks := _ASKS.match(info):
        said = f"neighbor solicitation, who has {asks['address']}"
    elif tells := _TELLS.match(info):
        flags = [
            word
            for sign, word in (("rtr", "router"), ("sol", "solicited"), ("ovr", "override"))
            if sign in tells["flags"]
        ]
        said = f"neighbor advertisement, tgt is {tells['address']}, Flags [{','.join(flags)}]"
    elif router := _ROUTER.match(info):
        said = router[1].lower().replace(" message", "")
    return f"{source} > {target}: {name} {said}, length {length}" if said else None


def arp(info: str) -> str | None:
    """Who asks for whom, and who answers."""
    for pattern, words in _ARP:
        if match := pattern.match(info):
            return words.format(*match.groups()) + ", length 28"
    return None


_DATAGRAM = re.compile(rf"(?P<source>\S+)\s+{ARROW}\s+(?P<target>\S+)\s+Len=(?P<length>\d{{1,5}})\b")
_UDP = frozenset(
    {"QUIC", "NTP", "DHCP", "DHCPv6", "MDNS", "LLMNR", "NBNS", "SSDP", "SNMP", "Syslog", "STUN", "RADIUS"}
)
# A line as they become.
LINE = "00:00:00.000000 IP 192.0.2.1 > 192.0.2.2: Flags [.]"
_EPOCH = 100_000_000
# Shorter lines are what nobody broke.
_NARROW = 60
# Trailing blanks are lost.
_BLANKS = 2


class Rows:
    """Turns rows into lines."""

    def __init__(self, width: int, hosts: Hosts, unread: UnreadLines, *, hard: bool) -> None:
        """Lines were broken behind `width` characters (`hard`), or before the word that no longer fits."""
        self._tcp = Connections(hosts, unread)
        self._unread = unread
        self._row: str | None = None
        self._length = 0
        self._width = width
        self._hard = hard

    def lines(self, lines: Iterable[str]) -> Iterator[str]:
        """The lines of the rows that are complete; what is no row is dropped, as it is of no packet."""
        for line in lines:
            if row(line):
                yield from self.close()
                self._row = line
            elif is_border(line):
                yield from self.close()
            elif is_omission(line, []):
                yield from self.close()
                self._unread.note(frozenset())
            elif self._row is not None:
                between = self._between(line)
                if between is None:
                    yield from self.close()
                    continue
                self._row += between + line
            self._length = len(line)

    def close(self) -> Iterator[str]:
        """The last row."""
        whole, self._row = self._row, None
        if whole is not None and (match := row(whole)):
            yield f"{time(match)} {self._told(match)}"

    def _between(self, line: str) -> str | None:
        """What stands between a row and its other part; None where that is something else."""
        if self._length < _NARROW or not line.strip():
            return None
        missing = self._width - self._length
        if self._hard:
            return " " * missing if 0 <= missing < _BLANKS else None
        return " " if self._length + 1 + len(line.split(maxsplit=1)[0]) > self._width else None

    def _told(self, match: "re.Match[str]") -> str:
        source, target, protocol, info = match["source"], match["target"], match["protocol"], match["info"]
        size = int(match["length"]) if match["length"] else None
        if protocol == "ARP":
            said = arp(info)
            return f"ARP, {said}" if said else f"ARP, {info}"
        kind = "IP6" if source.count(":") > 1 and ":" in target and not is_hardware(source) else "IP"
        if is_hardware(source):
            return "Unknown"
        if protocol == "TCP":
            # From 4.4 on tshark says by the protocol alone that the message is not whole yet.
            made = self._tcp.segment(source, target, size, info) or self._tcp.carried(
                source, target, size, info, begun=True
            )
        elif protocol.startswith("ICMP"):
            made = icmp(source, target, size, info)
            if made is None:
                # It may be about any conversation of the one that it was sent to.
                return f"{kind} {target} > ?: {protocol}"
        elif protocol == "DNS":
            made = dns(source, target, size, info)
        elif protocol == "UDP" or protocol in _UDP:
            made = datagram(source, target, info)
        else:
            made = self._tcp.carried(source, target, size, info)
        return f"{kind} {made or f'{source} > {target}: {protocol}?'}"


def rows(first: list[str], hosts: Hosts, unread: UnreadLines) -> Rows:
    """What turns the rows of a text that begins so: broken in the way in which the fewest of them are not read."""
    width = max(map(len, first), default=0)

    def badly(hard: bool) -> int:
        tried = Rows(width, Hosts(), UnreadLines(), hard=hard)
        return sum(line.endswith("?") for line in [*tried.lines(first), *tried.close()])

    return Rows(width, hosts, unread, hard=min((False, True), key=badly))


def time(match: "re.Match[str]") -> str:
    """The time as tcpdump prints it; one that counts from the first packet or the last is of a day."""
    if match["clock"]:
        return f"{match['date']} {match['clock']}" if match["date"] else match["clock"]
    seconds, fraction = re.split("[.,]", match["seconds"])
    if int(seconds) >= _EPOCH:
        return f"{seconds}.{fraction}"
    minutes, second = divmod(int(seconds), 60)
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}:{second:02d}.{fraction}"


def datagram(source: str, target: str, info: str) -> str | None:
    """A datagram of which nothing but the length is shown."""
    match = _DATAGRAM.match(info)
    ports = (number(match["source"]), number(match["target"])) if match else (None, None)
    if match is None or None in ports:
        return None
    return f"{source}.{ports[0]} > {target}.{ports[1]}: UDP, length {match['length']}"


def is_hardware(place: str) -> bool:
    """Whether this is the address of an interface, be it with its vendor's name."""
    return bool(
        re.match(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$|\w+_(?:[0-9a-f]{2}:){2}[0-9a-f]{2}$|Broadcast$", place)
    )
