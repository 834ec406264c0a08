"""Makes a frame of a packet's lines.

Hides which part of them tells most: the bytes themselves where they are printed, else what tcpdump says of them.
"""

from typing import NamedTuple

from kubectl_netshoot.packets.frame import Frame, Unread
from kubectl_netshoot.packets.link import ARP, IPV4, IPV6, TEXT
from kubectl_netshoot.packets.tcpdump_arp import ArpText, is_whole
from kubectl_netshoot.packets.tcpdump_ip import IpText, Made
from kubectl_netshoot.packets.text_head import Head, head
from kubectl_netshoot.packets.text_hex import dumped, is_hex
from kubectl_netshoot.packets.text_hosts import Hosts
from kubectl_netshoot.packets.text_records import Record

# `-v` prints the ends in a second line; a pasted one may be broken further.
_SECOND = 4
_ETHERNET = 14
# A tunnel in a tunnel happens; deeper ones only in made up text.
DEEPEST = 4


class Read(NamedTuple):
    """A frame whose time is still to be told (None: nothing made of it), whether its line was whole, what is below."""

    frame: Frame | None
    whole: bool
    below: list[str]


class Packets:
    """Remembers what later lines count from."""

    def __init__(self, hosts: Hosts, unread: Unread) -> None:
        self._ip = IpText(hosts, unread)
        self._arp = ArpText(hosts)

    def read(self, record: Record) -> Read:
        """What a packet's lines say."""
        try:
            return self._read(record)
        except ValueError:
            # Python reads no number of thousands of digits (sys.set_int_max_str_digits), and tcpdump prints none.
            return Read(None, whole=False, below=[])

    def _read(self, record: Record) -> Read:
        front = head(record.head)
        if front is None:
            return Read(None, whole=False, below=record.below)
        data, verdict, length, whole, below = self._packet(front, record.below, 0)
        if data is None:
            return Read(None, whole=False, below=below)
        kind = front.kind
        if below and any(map(is_hex, below)) and (bytes_of_it := dumped(below, kind)):
            data, verdict, length = bytes_of_it, 0, len(bytes_of_it)
        made_of = bytes((front.direction, kind >> 8, kind & 255, verdict)) + data
        wire = front.wire if front.wire is not None else length + _ETHERNET
        return Read((0, TEXT, made_of, 0, len(made_of), wire), whole, below)

    def _packet(self, front: Head, below: list[str], depth: int) -> Made:
        what, below = joined(front.what, below)
        if front.kind in (IPV4, IPV6):

            def unwrap(text: str, below: list[str]) -> tuple[int, Made]:
                inner = head(text) if depth < DEEPEST else None
                if inner is None:
                    return 0, Made(None, 0, 0, whole=False, below=below)
                return inner.kind, self._packet(inner, below, depth + 1)

            made = self._ip.packet(what, below, unwrap, six=front.kind == IPV6)
            return made or Made(None, 0, 0, whole=False, below=below)
        if front.kind == ARP:
            return Made(self._arp.packet(what), 0, 28, is_whole(what), below)
        # Only what is tagged has something behind it that is told.
        return Made(b"", 0, 0, not front.tagged, below)


def joined(what: str, below: list[str]) -> tuple[str, list[str]]:
    """What is of the packet itself in one line, and the lines below it."""
    if not what.startswith("(") or " > " in what.replace("(->", ""):
        return what, below
    for place, line in enumerate(below[:_SECOND]):
        what = f"{what} {line.strip()}" if line.strip() else what
        if " > " in line:
            return what, below[place + 1 :]
    return what, below
