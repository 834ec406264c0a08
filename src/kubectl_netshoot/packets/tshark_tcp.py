"""TCP in a packet list of tshark or Wireshark, said in tcpdump's words.

Hides that a row which is shown by what it carries (HTTP, TLS, ...) has neither ports nor numbers: it is of the only
connection between its two addresses, follows on the last bytes, and what the frame holds beyond its headers is carried.
"""

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from kubectl_netshoot.packets.frame import Unread
from kubectl_netshoot.packets.text_hosts import Hosts, port

ARROW = r"(?:\u2192|->|>)"
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
class Way:
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
class Connection:
    """Its two directions, by who sends."""

    client: End
    server: End
    ways: dict[End, Way] = field(default_factory=dict)


class Connections:
    """Remembers the connections between each two addresses."""

    def __init__(self, hosts: Hosts, unread: Unread) -> None:
        self._hosts = hosts
        self._unread = unread
        self._between: dict[frozenset[str], list[Connection]] = {}

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

    def carried(self, source: str, target: str, size: int | None, info: str) -> str | None:
        """The same of a row that shows only what is carried; None where its connection cannot be told."""
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
        mine.unfinished, mine.hidden = bool(_UNFINISHED.search(info)), False
        said = f": HTTP: {http[0].strip()}" if http else ""
        return told(here, there, "P.", (seq, length, acked), f", win {mine.window}, length {length}{said}")

    def _of(self, here: End, there: End, *, begins: bool) -> Connection:
        known = self._between.setdefault(frozenset((here[0], there[0])), [])
        if begins:
            known[:] = [one for one in known if not all(way.over for way in one.ways.values())]
        found = next((one for one in known if here in one.ways and there in one.ways), None)
        if found is None:
            found = Connection(here, there, {here: Way(), there: Way()})
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
