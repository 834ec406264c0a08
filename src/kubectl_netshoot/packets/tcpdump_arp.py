"""ARP as tcpdump prints it, made into bytes again."""

import re

from kubectl_netshoot.packets.text_hosts import Hosts

_REQUEST = re.compile(r"(?:.*, )?Request who-has (?P<target>\S+)(?: \([^)]*\))? tell (?P<source>[^\s,]+)")
_REPLY = re.compile(
    r"(?:.*, )?Reply (?P<source>\S+) is-at (?P<hardware>(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2})"
)
_ANNOUNCEMENT = re.compile(r"(?:.*, )?Announcement (?P<source>[^\s,]+)")
_PROBE = re.compile(r"(?:.*, )?Probe (?P<target>[^\s,]+)")
# Ethernet, IPv4, their address lengths, and the first byte of the operation.
_FRONT = bytes.fromhex("00010800060400")
_WHOLE = re.compile(r"(?:tell|is-at|Announcement|Probe) \S+(?: \([^)]*\))?, length \d+")
MOST = 10_000


class ArpText:
    """Remembers who asked last for an address: a reply is printed without whom it is for."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._askers: dict[bytes, bytes] = {}

    def packet(self, what: str) -> bytes | None:
        """The packet; None when it cannot be told. What is not printed is zero."""
        for operation, pattern in ((1, _REQUEST), (2, _REPLY), (1, _ANNOUNCEMENT), (1, _PROBE)):
            if match := pattern.match(what):
                return self._made(operation, {name: text for name, text in match.groupdict().items() if text})
        return None

    def _made(self, operation: int, found: dict[str, str]) -> bytes | None:
        source = self._hosts.address(found.get("source", "0.0.0.0"), six=False)
        target = self._hosts.address(found.get("target", found.get("source", "")), six=False)
        if source is None or target is None:
            return None
        if operation == 2:
            target = self._askers.get(source, bytes(4))
        elif len(self._askers) < MOST:
            self._askers[target] = source
        hardware = bytes.fromhex(found.get("hardware", "").replace(":", "")).ljust(6, b"\0")[:6]
        return _FRONT + bytes((operation,)) + hardware + source + bytes(6) + target


def is_whole(what: str) -> bool:
    """Whether all that tcpdump prints of a packet is there."""
    return bool(_WHOLE.search(what))
