"""ARP as tcpdump prints it, made into bytes again."""

import ipaddress
import re

_REQUEST = re.compile(r"(?:.*, )?Request who-has (?P<target>[\d.]+)(?: \([^)]*\))? tell (?P<source>[\d.]+)")
_REPLY = re.compile(r"(?:.*, )?Reply (?P<source>[\d.]+) is-at (?P<hardware>[0-9a-fA-F:]{17})")
_ANNOUNCEMENT = re.compile(r"(?:.*, )?Announcement (?P<source>[\d.]+)")
_PROBE = re.compile(r"(?:.*, )?Probe (?P<target>[\d.]+)")


def arp_bytes(what: str) -> bytes | None:
    """The packet; None when it cannot be told. What is not printed is zero."""
    for operation, pattern in ((1, _REQUEST), (2, _REPLY), (1, _ANNOUNCEMENT), (1, _PROBE)):
        if match := pattern.match(what):
            found = match.groupdict()
            source = packed(found.get("source") or "0.0.0.0")
            target = packed(found.get("target") or found.get("source") or "")
            if source is None or target is None:
                return None
            hardware = bytes.fromhex((found.get("hardware") or "").replace(":", "")).ljust(6, b"\0")
            if operation == 2:
                target = b"\0" * 4
            return (
                bytes.fromhex("0001080006040000")[:7]
                + bytes((operation,))
                + hardware
                + source
                + bytes(6)
                + target
            )
    return None


def packed(text: str) -> bytes | None:
    """An address in network form; None for a name."""
    try:
        return ipaddress.ip_address(text).packed
    except ValueError:
        return None
