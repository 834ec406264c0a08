"""The front of a packet's line: its time, the interface, the kind of what follows; the bytes printed below it; and
whether it is a row of a packet list.
"""

import csv
import itertools
import re
from datetime import datetime, timezone
from typing import NamedTuple

from kubectl_netshoot.packets.read.headers import ARP, IPV4, IPV6

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
_WAY = re.compile(r"(?:^|\s)(In|Out|B|M|P)\s")
_SIX = ("(hlim", "(class", "(flowlabel")
_KINDS = {"IP": IPV4, "IPv4": IPV4, "IP6": IPV6, "IPv6": IPV6, "ARP": ARP}
_DIRECTIONS = {"In": 1, "B": 1, "M": 1, "Out": 2}
# Packets that tcpdump names, and that no conversation is made of.
_OTHERS = re.compile(r"(?:STP|LLDP|CDPv\d|EAPOL|LLC|RARP|PPPoE|LACPv\d|MPLS|Loopback|IS-IS|AoE|Unknown)\b")
_PACKET = re.compile(
    r"\bip6?: |\((?:tos|hlim|class|flowlabel) |\b(?:IP6?|ARP)(?:[ ,]|$)|\bethertype(?: |$)"
    r"|\bAF IPv|, length \d|\S > \S+: "
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


def is_internet(what: str) -> bool:
    """Whether this is of an IP packet, behind its kind."""
    return bool(_BARE.match(what))


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
    if match := _BARE.match(line):
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


def day(date: str) -> int:
    """The beginning of a day, in nanoseconds since 1970; that of 1970 for a date that is none."""
    try:
        return int(datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=timezone.utc).timestamp()) * SECOND
    except ValueError:
        return 0


_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[()][0-9A-Za-z]|[=>])")
_ENTITY = re.compile(r"&(gt|lt|amp|nbsp);|\\([<>|_*\[\]#-])")
_ENTITIES = {"gt": ">", "lt": "<", "amp": "&", "nbsp": " "}
# A string of JSON, or of a program: the end of a container's log line, a line with ends of others, other characters.
_JSON_LINE = re.compile(r'^(.*"log".*?)(?:\\r)?\\n"(?:, ?"\w+": ?"[^"\n]*")*\}$', re.MULTILINE)
_STRING = re.compile(r"""^.*\\n(?:\\t|\s*\d|\s{4}|['"]|$).*$""", re.MULTILINE)
_CHARACTER = re.compile(r"""\\(?:u00(3[ce]|2[67])|([tn"])|r(?=\\n))""")
_CHARACTERS = {"t": "\t", "n": "\n", '"': '"'}
# No-break and other wide blanks are blanks; what has no width at all is nothing.
_BLANKS = str.maketrans(
    dict.fromkeys("\u00a0\u1680\u2002\u2003\u2007\u2009\u202f\u3000", " ")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", None)
    | dict.fromkeys("\u0085\u2028\u2029", "\n")
    | {"\uff1e": ">"}
)


_ODD = re.compile(r"[\x1b&\\\r]")


def cleaned(raw: bytes) -> list[str]:
    """Lines as they were printed, of bytes that end with a line's end."""
    text = raw.decode("utf-8", "replace")
    if not text.isascii():
        text = text.translate(_BLANKS)
    if _ODD.search(text):
        text = _ESCAPE.sub("", re.sub(r"\r+\n?", "\n", text))
        text = _ENTITY.sub(lambda found: found[2] or _ENTITIES[found[1]], text)
        if "\\n" in text:
            text = _STRING.sub(
                lambda found: unescaped(found[0]), _JSON_LINE.sub(lambda found: unescaped(found[1]), text)
            )
    return text.split("\n")[:-1]


def unescaped(text: str) -> str:
    """What a string of a program stands for."""
    return _CHARACTER.sub(
        lambda found: chr(int(found[1], 16)) if found[1] else _CHARACTERS.get(found[2], ""), text
    )


# Where a packet begins within a line: what is in a tunnel has no time.
_RUN_ON = re.compile(
    r"(?<=\S)(?<!-\d\d)\s+(?=(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d{1,9} "
    r"(?:[\w.@?-]+ +(?:In|Out|B|M|P) +)?(?:IP6?|ARP,) )"
)


def runs_on(lines: list[str]) -> bool:
    """Whether packets stand behind each other in one line: the ends of lines are lost."""
    return any(len(begins) > 1 for line in lines if (begins := _RUN_ON.split(line, 2)) and _begins(begins[0]))


def _begins(text: str) -> bool:
    """Whether a packet is in it."""
    found = ANY_TIME.search(text)
    return found is not None and looks_like_packet(text[found.end() :])


def apart(lines: list[str]) -> list[str]:
    """Each packet of such a text in a line of its own."""
    return [packet for line in lines for packet in _RUN_ON.split(line)]


# What diff puts before lines, and what stands around them.
_CHANGED, _DIFF = re.compile(r"[+ -]"), re.compile(r"[+ -]|@@ |diff |index |\\ No newline")
# The name of a file, which no time, MAC or IPv6 address is.
_FILE = re.compile(r"(?![0-9A-Fa-f]{1,4}:)([^\s:]{0,200}[A-Za-z][^\s:]{0,200}):")
# A number of a line, and no hour, year or beginning of a MAC address.
_LINE_NUMBER = r"(?P<number>\d{1,7})[:-](?!\d\d:\d\d\.\d|\d\d-\d\d[ T]|(?:[0-9a-f]{2}:){4}[0-9a-f]{2} )"
_FILES = 50


def put_before(lines: list[str]) -> "re.Pattern[str] | None":
    """What diff, or grep with names, numbers or lines around, has put before each of these lines; None: nothing."""
    filled = [line for line in lines if line.strip() and line != "--"]
    if any(line[0] in "+-" for line in filled) and all(map(_DIFF.match, filled)):
        return _CHANGED
    if len(filled) > 1 and _numbered(number := re.compile(_LINE_NUMBER), filled):
        return number
    files: list[str] = []
    for file in sorted({match[1] for line in filled if (match := _FILE.match(line))}):
        # Lines around have no colon behind the name.
        if not file.startswith(tuple(f"{known}-" for known in files)):
            files.append(file)
    if not files or len(files) > _FILES:
        return None
    name = rf"(?:{'|'.join(map(re.escape, files))})[:-]"
    both, alone = re.compile(name + _LINE_NUMBER), re.compile(name)
    return both if _numbered(both, filled) else alone if all(map(alone.match, filled)) else None


def _numbered(pattern: "re.Pattern[str]", lines: list[str]) -> bool:
    """Whether all begin so, with numbers that rise."""
    numbers = [int(match["number"]) for line in lines if (match := pattern.match(line))]
    return len(numbers) == len(lines) and all(b > a for a, b in itertools.pairwise(numbers))


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
    rf"(?P<front>.{{0,40}}?)(?<![\w.:])(?P<number>\d+)\s+{_LISTED_TIME}\s+(?P<source>\S+)\s+(?:{ARROW}\s+)?(?P<target>\S+)\s+"
    rf"(?P<protocol>[A-Za-z][^\s:]*)\s+(?:(?P<length>\d{{1,6}})\s+(?!{ARROW}))?(?P<info>\S.*)"
)
_CSV = re.compile(r'\W*(?:"[^"]*",){4,}')
_PLACE = re.compile(r"[\w<:][\w.:%<>()-]*$")
_ADDRESS = re.compile(r"[.:]\w")


def row(line: str) -> "re.Match[str] | None":
    """The columns of a row; None for what is none."""
    if '","' in line and _CSV.match(line):
        line = " ".join(next(csv.reader([line[line.index('"') :]])))
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
