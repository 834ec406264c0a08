"""Hides that a capture may be what `tcpdump -nv` printed: each packet of the text is made into bytes again.

What the text does not show is left out as a short snap length would, so that all that follows reads these packets as
it reads any others. The frame begins with what only the text knows: direction and whether the checksum was right.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timezone

from kubectl_netshoot.packets.frame import Damage, DamageKind, Format, Frame, NotACaptureError
from kubectl_netshoot.packets.link import ARP, IPV4, IPV6, TEXT
from kubectl_netshoot.packets.tcpdump_arp import ArpText
from kubectl_netshoot.packets.tcpdump_ip import IpText

SECOND = 1_000_000_000
LONGEST_LINE = 1 << 16
LONGEST_RECORD = 2000

_MAC = r"(?:[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}|Broadcast)(?: \([^)]*\))?"
# [number] [time] [interface direction] [link level header] what
_RECORD = re.compile(
    r"(?:\s{0,8}\d+\s\s)?"
    r"(?:(?:(?P<date>\d{4}-\d\d-\d\d) )?(?P<clock>\d\d:\d\d:\d\d\.\d{1,9})\s+|(?P<epoch>\d{5,12}\.\d{1,9})\s+)?"
    r"(?:(?:(?P<interface>[\w.@?-]+)\s+)?(?P<direction>In|Out|B|M|P)\s+)?"
    rf"(?:(?:ifindex \d+ )?(?:{_MAC}(?: > {_MAC})?,? )?"
    r"ethertype (?P<ethertype>[\w.-]+)(?: \(0x[0-9a-fA-F]+\))?, length (?P<wire>\d+): "
    r"(?:vlan \d+, p \d+,(?: DEI,)? ethertype (?P<tagged>[\w.-]+)(?: \(0x[0-9a-fA-F]+\))?, )*)?"
    r"(?:(?P<kind>IP6|IP|ARP|ip6:|ip:)[ ,]\s*)?(?P<what>.+)",
    re.DOTALL,
)
_NUMBERED = re.compile(r"\s{0,8}\d+\s\s(?=\d|IP|ARP)")
_KINDS = {"ip:": IPV4, "ip6:": IPV6, "IP": IPV4, "IPv4": IPV4, "IP6": IPV6, "IPv6": IPV6, "ARP": ARP}
_DIRECTIONS = {"In": 1, "B": 1, "M": 1, "Out": 2}
_COUNTS = re.compile(r"(\d+) packets? (captured|received by filter|dropped by (?:kernel|interface))$")
_TALK = re.compile(r"tcpdump: |listening on |dropped privs to |\^C|reading from file ")


class TextReader:
    """Reads text in pieces; see frame.Reader."""

    format = Format.TEXT

    def __init__(self) -> None:
        self.damage: Damage | None = None
        self.kernel_drops: int | None = None
        self.unread_lines = 0
        self.dated = False
        self._rest = b""
        self._record: list[str] = []
        self._lines = 0
        self._packets = 0
        self._clock = 0
        self._days = 0
        self._ip = IpText()
        self._arp = ArpText()

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """The packets that are complete now: one is when the next begins."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self._lines += 1
            yield from self._line(line.decode("utf-8", "replace").rstrip("\r"))

    def close(self) -> Iterator[Frame]:
        """The end of the text; raises NotACaptureError when no packet was in it."""
        cut = bool(self._rest)
        if cut:
            self._lines += 1
            yield from self._line(self._rest.decode("utf-8", "replace"))
            self._rest = b""
        unread = self.unread_lines
        yield from self._complete()
        if not self._packets:
            raise NotACaptureError(
                "this is neither pcap nor pcapng, and nothing in it looks like what tcpdump prints",
                "Text must come from tcpdump with -n (best with -nv), numbers instead of names",
            )
        if cut and self.unread_lines > unread:
            self.damage = Damage(DamageKind.CUT, self._lines, self._packets)

    def _line(self, line: str) -> Iterator[Frame]:
        if count := _COUNTS.match(line.strip()):
            if count[2] == "dropped by kernel":
                self.kernel_drops = int(count[1])
        elif not line.strip() or (line[0] in "\t " and not _NUMBERED.match(line)):
            if self._record and len(self._record) < LONGEST_RECORD:
                self._record.append(line)
        elif _TALK.match(line):
            return
        else:
            yield from self._complete()
            self._record = [line]

    def _complete(self) -> Iterator[Frame]:
        lines, self._record = self._record, []
        if not lines:
            return
        frame = self._frame(lines)
        if frame is None:
            self.unread_lines += sum(1 for line in lines if line.strip())
        else:
            self._packets += 1
            yield frame

    def _frame(self, lines: list[str]) -> Frame | None:
        head, below = joined(lines)
        match = _RECORD.match(head)
        kind = _KINDS.get(match["kind"] or match["tagged"] or match["ethertype"] or "") if match else None
        if match is None or kind is None:
            return None
        if kind == ARP:
            made, verdict, length = self._arp.packet(match["what"]), 0, 28
        else:
            made, verdict, length = self._ip.packet(match["what"], below, six=kind == IPV6)
        if made is None:
            return None
        ns = self._time(match)
        front = bytes((_DIRECTIONS.get(match["direction"] or "", 0), kind >> 8, kind & 255, verdict))
        wire = int(match["wire"]) if match["wire"] else length + 14
        data = front + made
        return ns, TEXT, data, 0, len(data), wire

    def _time(self, match: "re.Match[str]") -> int:
        if match["epoch"]:
            self.dated = True
            seconds, fraction = match["epoch"].split(".")
            return int(seconds) * SECOND + int(fraction.ljust(9, "0"))
        if not match["clock"]:
            return self._clock
        hours, minutes, rest = match["clock"].split(":")
        seconds, fraction = rest.split(".")
        clock = ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * SECOND + int(fraction.ljust(9, "0"))
        if match["date"]:
            self.dated = True
            return clock + day(match["date"])
        # Midnight has passed.
        if clock + 12 * 3600 * SECOND < self._clock - self._days:
            self._days += 24 * 3600 * SECOND
        self._clock = clock + self._days
        return self._clock


def day(date: str) -> int:
    """The beginning of a day, in nanoseconds since 1970; that of 1970 for a date that is none."""
    try:
        return int(datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=timezone.utc).timestamp()) * SECOND
    except ValueError:
        return 0


def joined(lines: list[str]) -> tuple[str, list[str]]:
    """What is of the packet itself in one line, and the lines of its payload (or of a packet within it)."""
    below = lines[1:]
    head = lines[0]
    if below and below[0].startswith("    ") and not below[0].startswith("\t"):
        head += " " + below.pop(0).strip()
    return head, [line.removeprefix("\t") for line in below]
