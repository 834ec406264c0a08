"""Hides that a text may be a packet list of tshark or Wireshark: its rows become the lines that tcpdump prints.

The columns are those of the first start: No., Time, Source, Destination, Protocol, Length, Info; as tshark prints them,
as Wireshark copies them (as plain text, as CSV), with an arrow between the addresses or none.
"""

import csv
import re
from collections.abc import Iterable, Iterator

from kubectl_netshoot.packets.frame import Unread
from kubectl_netshoot.packets.text_head import ANY_TIME, looks_like_packet
from kubectl_netshoot.packets.text_hosts import Hosts
from kubectl_netshoot.packets.tshark_info import arp, dns, icmp
from kubectl_netshoot.packets.tshark_tcp import ARROW, Connections, number

_TIME = r"(?:(?P<date>\d{4}-\d\d-\d\d)[ T])?(?:(?P<clock>\d\d:\d\d:\d\d[.,]\d{1,9})|(?P<seconds>\d{1,12}[.,]\d{1,9}))"
_ROW = re.compile(
    rf"(?P<front>.{{0,40}}?)(?<![\w.:])(?P<number>\d+)\s+{_TIME}\s+(?P<source>\S+)\s+(?:{ARROW}\s+)?(?P<target>\S+)\s+"
    rf"(?P<protocol>[A-Za-z][^\s:]*)\s+(?:(?P<length>\d{{1,6}})\s+(?!{ARROW}))?(?P<info>\S.*)"
)
_CSV = re.compile(r'\W*(?:"[^"]*",){4,}')
_PLACE = re.compile(r"[\w<:][\w.:%<>()-]*$")
_ADDRESS = re.compile(r"[.:]\w")
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

    def __init__(self, width: int, hosts: Hosts, unread: Unread, *, hard: bool) -> None:
        """Lines were broken behind `width` characters (`hard`), or before the word that no longer fits."""
        self._tcp = Connections(hosts, unread)
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
            made = self._tcp.segment(source, target, size, info) or self._tcp.carried(
                source, target, size, info
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


def row(line: str) -> "re.Match[str] | None":
    """The columns of a row; None for what is none."""
    if '","' in line and _CSV.match(line):
        line = " ".join(next(csv.reader([line[line.index('"') :]])))
    match = _ROW.match(line)
    ends = (match["source"], match["target"]) if match else ()
    return match if all(map(_PLACE.match, ends)) and any(map(_ADDRESS.search, ends)) else None


def rows(first: list[str], hosts: Hosts, unread: Unread) -> Rows:
    """What turns the rows of a text that begins so: broken in the way in which the fewest of them are not read."""
    width = max(map(len, first), default=0)

    def badly(hard: bool) -> int:
        tried = Rows(width, Hosts(), Unread(), hard=hard)
        return sum(line.endswith("?") for line in [*tried.lines(first), *tried.close()])

    return Rows(width, hosts, unread, hard=min((False, True), key=badly))


def is_list(lines: list[str]) -> bool:
    """Whether these lines are a packet list's, and not what tcpdump prints."""
    listed = [bool(row(line)) for line in lines]
    return any(listed) and sum(listed) > sum(
        not one and bool((at := ANY_TIME.search(line)) and looks_like_packet(line[at.end() :].lstrip()))
        for line, one in zip(lines, listed, strict=True)
    )


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
