"""The front of a packet's line: its time, the interface, the kind of what follows; the bytes printed below it; and
whether it is a row of a packet list.
"""

import csv
import itertools
import re
from datetime import datetime, timezone
from typing import NamedTuple

from kubectl_netshoot.packets.read.headers import ARP, IPV4, IPV6
from kubectl_netshoot.packets.read.text.tcpdump_before_4 import arp_in_new_words

_TIME = (
    r"(?:(?:(?P<date>\d{4}-\d\d-\d\d)[ T])?(?P<clock>\d\d:\d\d:\d\d\.\d{1,9})|(?P<epoch>\d{5,12}\.\d{1,9}))"
)
TIME = re.compile(_TIME + r"(?=\s+\S)")
# Where a line that has been quoted, numbered or indented may have it.
ANY_TIME = re.compile(r"(?<![\w:.,-])" + _TIME + r"(?=\s+\S)")
_DIRECTION = r"(?:(?P<interface>[\w.@?-]+)\s+)?(?P<direction>In|Out|B|M|P)\s+"
_QUICK = re.compile(rf"(?:{_DIRECTION})?(?P<kind>IP6|IP|ARP),? (?P<what>.+)", re.DOTALL)
# Ethernet, cooked, loopback; with any number of tags before what counts.
_LINK = re.compile(
    r"(?P<front>.{0,200}?)(?:\bethertype |\bAF |, (?=[A-Z8]))(?P<ethertype>\w[\w .-]*?)"
    r"(?: \((?:0x[0-9a-f]+|\d+)\))?, length (?P<wire>\d{1,9}): "
    r"(?:vlan \d+, p \d+,(?: DEI,)? (?:ethertype (?P<tagged>[\w.-]+)(?: \(0x[0-9a-f]+\))?,? )?)*"
    r"(?:(?:IP6|IP|ARP),? (?=\S))?(?P<what>.*)",
    re.DOTALL,
)
# Names of processes (ptcpdump, pktap) and others.
_FRONT = re.compile(r"(?P<front>[^>]{1,120}?[\s)])(?P<kind>IP6|IP|ARP),? (?P<what>.+)", re.DOTALL)
_BARE = re.compile(r"(?P<front>)(?:ip6?: (?=\S))?(?P<what>\(\w+ .+|(?:<[^<>]*>)?\S+ > \S+: .+)", re.DOTALL)
# What a firewall of BSD has logged.
_RULE = re.compile(r"^rule \S{1,40}: \w+ \w+ on \S+: ")
_WAY = re.compile(r"(?:^|\s)(In|Out|B|M|P)\s")
_SIX = ("(hlim", "(class", "(flowlabel")
_KINDS = {"IP": IPV4, "IPv4": IPV4, "IP6": IPV6, "IPv6": IPV6, "ARP": ARP}
_DIRECTIONS = {"In": 1, "B": 1, "M": 1, "Out": 2}
# Packets that tcpdump names, and that no conversation is made of.
_OTHERS = re.compile(r"(?:STP|LLDP|CDPv\d|EAPOL|LLC|RARP|PPPoE|LACPv\d|MPLS|Loopback|IS-IS|AoE|Unknown)\b")
_PACKET = re.compile(
    r"\bip6?: |\((?:tos|hlim|class|flowlabel) |\b(?:IP6?|ARP)(?:[ ,]|$)|\bethertype(?: |$)"
    r"|\bAF IPv|, length \d|\barp (?:who-has|reply) |\S > \S+: "
    r"|^(?:[\w.@?-]+\s+)?(?:In|Out|B|M|P)\s+(?:ifindex|[0-9a-f]{2}:|ethertype|$)"
    r"|[0-9a-f]{2}(?::[0-9a-f]{2}){5} > |^(?:[0-9a-f]{2}:){2,5}[0-9a-f]{0,2}(?: >)?$"
)
OTHER = 0xFFFF


class LinePrefix(NamedTuple):
    """What stands before the packet itself; `kind` is an ethertype, OTHER for one that is not told."""

    kind: int
    direction: int
    wire: int | None
    what: str
    tagged: bool = False


def looks_like_packet(line: str) -> bool:
    """Whether this is of a packet, be it damaged."""
    return bool(_PACKET.search(line) or _OTHERS.match(line))


def head(line: str) -> LinePrefix | None:
    """What follows the time; None when it is of no packet."""
    if match := _QUICK.match(line):
        return LinePrefix(
            _KINDS[match["kind"]], _DIRECTIONS.get(match["direction"] or "", 0), None, match["what"]
        )
    if (match := _LINK.match(line)) and " > " not in match["ethertype"]:
        kind = _KINDS.get(match["tagged"] or match["ethertype"], OTHER)
        tagged = match["ethertype"].startswith("802.1")
        return LinePrefix(kind, _way(match["front"]), int(match["wire"]), match["what"], tagged)
    if match := _FRONT.match(line):
        return LinePrefix(_KINDS[match["kind"]], _way(match["front"]), None, match["what"])
    if _OTHERS.match(line):
        return LinePrefix(OTHER, 0, None, line)
    if line.startswith("arp ") and (said := arp_in_new_words(line)):
        return LinePrefix(ARP, 0, None, said)
    if match := _BARE.match(_RULE.sub("", line, 1)):
        what = match["what"]
        six = what.startswith(_SIX) or (what[0] != "(" and what.split(" > ", 1)[0].count(":") > 1)
        return LinePrefix(IPV6 if six else IPV4, 0, None, what)
    return None


def _way(front: str) -> int:
    found = _WAY.search(front)
    return _DIRECTIONS.get(found[1], 0) if found else 0


SECOND = 1_000_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
HELD = 200
# Packets are captured nearly in order; differences fall as often as they rise.
FALLING = 0.15


class Times:
    """Turns printed times into nanoseconds since 1970, or since the midnight before the capture."""

    def __init__(self) -> None:
        self.dated = False
        self._now = 0
        self._days = 0
        self._second, self._began = "", 0
        # None until it is known whether each time is since the packet before.
        self._differences: bool | None = None

    def printed(self, match: "re.Match[str] | None") -> int:
        """The number that a time says; -1 for a line without one."""
        if match is None:
            return -1
        if match["epoch"]:
            self.dated, self._differences = True, False
            seconds, fraction = match["epoch"].split(".")
            return int(seconds) * SECOND + int(fraction.ljust(9, "0"))
        clock = match["clock"]
        second = clock[:8]
        if second != self._second:
            self._second = second
            self._began = ((int(clock[:2]) * 60 + int(clock[3:5])) * 60 + int(clock[6:8])) * SECOND
        time = self._began + int(clock[9:].ljust(9, "0"))
        if match["date"]:
            self.dated, self._differences = True, False
            return time + day(match["date"])
        return time

    def settled(self, printed: list[int], *, over: bool) -> bool:
        """Whether these first times tell how they are meant; `over`: no more will come."""
        if self._differences is not None:
            return True
        timed = [time for time in printed if time >= 0]
        if not timed and not over:
            return len(printed) >= HELD
        falls = sum(later < earlier for earlier, later in itertools.pairwise(timed))
        if any(time >= HOUR for time in timed):
            self._differences = False
        elif over or len(timed) >= HELD or (falls and not timed[0]):
            zero = bool(timed) and not timed[0]
            self._differences = bool(falls) and (zero or falls > FALLING * len(timed))
        return self._differences is not None

    def at(self, printed: int) -> int:
        """The time of the next packet, whose line says so."""
        if printed < 0:
            return self._now
        if self.dated:
            self._now = printed
        elif self._differences:
            self._now += printed
        else:
            # Midnight has passed.
            if printed + DAY // 2 < self._now - self._days:
                self._days += DAY
            self._now = printed + self._days
        return self._now


# Where nearly all numbers fall they are told backwards.
FALLEN = 0.9


def backwards(times: "list[re.Match[str]]") -> bool:
    """Whether of packets with these times the last stands first, as programs show logs."""
    clock = Times()
    told = [clock.printed(match) for match in times]
    # Times since the packet before fall, too; at midnight those of a day do, once.
    return min(told, default=0) >= HOUR and falling(told, least=-DAY // 2)


def falling(numbers: list[int], least: int) -> bool:
    """Whether nearly every number is less than the one before it, but not by more than `least`."""
    steps = [later - earlier for earlier, later in itertools.pairwise(numbers) if later != earlier]
    falls = sum(least < step < 0 for step in steps)
    return falls > 0 and falls >= FALLEN * len(steps)


def day(date: str) -> int:
    """The beginning of a day, in nanoseconds since 1970; that of 1970 for a date that is none."""
    try:
        return int(datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=timezone.utc).timestamp()) * SECOND
    except ValueError:
        return 0


# At most 16 bytes in pairs; what stands behind two blanks shows them as characters.
_ROW = re.compile(
    r"\s*0x(?P<at>[0-9a-f]{4,5}):\s+(?P<bytes>(?:[0-9a-f]{2}){1,2}(?: (?:[0-9a-f]{2}){1,2}){0,7})(?:\s|$)"
)
# With the link level header (`-XX`): where the packet behind it may begin. Ethernet, tagged once, cooked, loopback.
_STARTS = (0, 14, 18, 16, 20, 4, 22)


def is_hex(line: str) -> bool:
    """Whether a line is of a dump."""
    return "0x" in line and bool(_ROW.match(line))


def dumped(below: list[str], kind: int) -> bytes | None:
    """The IP packet that the lines below its head show in full; None where they do not."""
    made = bytearray()
    for line in below:
        row = _ROW.match(line)
        if row is None:
            # Also the characters of a row that was broken.
            continue
        if int(row["at"], 16) != len(made):
            break
        made += bytes.fromhex(row["bytes"])
    return _packet(bytes(made), kind)


def _packet(data: bytes, kind: int) -> bytes | None:
    for start in _STARTS:
        packet = data[start:]
        if kind == IPV4 and len(packet) >= 20 and packet[0] >> 4 == 4 and packet[0] & 15 >= 5:
            if 20 <= int.from_bytes(packet[2:4], "big") <= len(packet):
                return packet[: int.from_bytes(packet[2:4], "big")]
        elif kind == IPV6 and len(packet) >= 40 and packet[0] >> 4 == 6:
            end = int.from_bytes(packet[4:6], "big") + 40
            if end <= len(packet):
                return packet[:end]
    return None


# A row of a packet list.
ARROW = r"(?:\u2192|->|>)"
_LISTED_TIME = (
    r"(?:(?P<date>\d{4}-\d\d-\d\d)[ T])?"
    r"(?:(?P<clock>\d\d:\d\d:\d\d[.,]\d{1,9})|(?P<seconds>\d{1,12}[.,]\d{1,9}))"
)
_LISTED = re.compile(
    rf"(?P<front>.{{0,40}}?)(?<![\w.:])(?P<number>\d+)\s+{_LISTED_TIME}\s+(?:\d{{1,6}}[.,]\d{{1,9}}\s+)?(?P<source>\S+)\s+"
    rf"(?:\d{{1,5}}\s+)?(?:{ARROW}\s+)?(?P<target>\S+)\s+(?:\d{{1,5}}\s+)?"
    rf"(?P<protocol>[A-Za-z][^\s:]*)\s+(?:(?P<length>\d{{1,6}})\s+(?!{ARROW})(?:\d{{1,6}}\s+(?!{ARROW}))?)?(?P<info>\S.*)"
)
# What is drawn around the cells of a table.
BARS = "|\u2502\u2503\u2551"
# A row whose columns are such cells, or values between marks.
_VALUES = re.compile(rf'[\s"{BARS}]*\d+"?\s*([,;{BARS}])\s*"?[\d-]')
_COLUMNS = 6
LONGEST_ROW = 1 << 16
_PLACE = re.compile(r"[\w<:][\w.:%<>()-]*$")
_ADDRESS = re.compile(r"[.:]\w")


def row(line: str) -> "re.Match[str] | None":
    """The columns of a row; None for what is none."""
    if values := _VALUES.match(line):
        # The module takes no NUL (up to Python 3.10), and no cell that is twice as long.
        line = line[:LONGEST_ROW].strip(f" \t{BARS}").replace("\0", "")
        cells = next(csv.reader([line], delimiter=values[1]), [])
        # What is told of a packet may have such marks in it.
        line = " ".join(map(str.strip, [*cells[:_COLUMNS], values[1].join(cells[_COLUMNS:])]))
    match = _LISTED.match(line)
    ends = (match["source"], match["target"]) if match else ()
    return match if all(map(_PLACE.match, ends)) and any(map(_ADDRESS.search, ends)) else None


def is_list(lines: list[str]) -> bool:
    """Whether these lines are a packet list's, and not what tcpdump prints."""
    listed = [bool(row(line)) for line in lines]
    return any(listed) and sum(listed) > sum(
        not one and bool((at := ANY_TIME.search(line)) and looks_like_packet(line[at.end() :].lstrip()))
        for line, one in zip(lines, listed, strict=True)
    )


def last_row_first(lines: list[str]) -> bool:
    """Whether the rows of such a list stand in the order of falling numbers."""
    return falling([int(found["number"][:9]) for line in lines if (found := row(line))], least=-(10**9))
