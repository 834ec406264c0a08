"""Counting a pod's established connections from what `ss` or /proc/net/tcp prints: pure text in, a number out."""

import re
from collections.abc import Collection

# kubectl exec ends with 0 too when its own stdout is full, or when its connection is closed cleanly in the middle: what
# lacks its last line says nothing, least of all that nobody is connected.
END = "all told"
SS = ("sh", "-c", f"ss -Htn state established && echo '{END}'")
PROC = ("sh", "-c", f"cat /proc/net/tcp /proc/net/tcp6; echo '{END}'")
_ESTABLISHED = "01"
_PORT = re.compile(r"[0-9]{1,5}")
_PORT_HEX = re.compile(r"[0-9A-Fa-f]{4}")
# A sidecar that talks to the application inside the pod is not a client of the Service.
_INSIDE = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
_INSIDE_HEX = frozenset({"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"})


def by_ss(status: int, said: str, ports: Collection[int]) -> int | None:
    """How many connections there are, by how SS ended and what it said; None where that cannot be known."""
    listed = _whole(said)
    return in_ss(listed, ports) if status == 0 and listed is not None else None


def by_proc(said: str, ports: Collection[int]) -> int | None:
    """The same by what PROC said; its status tells only whether both tables are there."""
    table = _whole(said)
    return in_proc(table, ports) if table is not None and "local_address" in table else None


def _whole(said: str) -> str | None:
    lines = said.splitlines()
    return "\n".join(lines[:-1]) if lines and lines[-1] == END else None


def in_ss(text: str, ports: Collection[int]) -> int:
    """Established connections to local `ports` (none given: to any) in what `ss -Htn state established` prints.

    A line is Recv-Q, Send-Q, local address:port, peer address:port (the State column is left out when the
    state is asked for; some builds print it all the same). A line that cannot be read counts: better to wait.
    """
    return sum(1 for line in text.splitlines() if line.strip() and _counts(line.split(), ports))


def _counts(fields: list[str], ports: Collection[int]) -> bool:
    if fields and fields[0] == "ESTAB":
        fields = fields[1:]
    if len(fields) < 4:
        return True
    address, _, port = fields[2].rpartition(":")
    if not _PORT.fullmatch(port):
        return True
    return _is_meant(int(port), ports) and address.strip("[]").partition("%")[0] not in _INSIDE


def _is_meant(port: int, ports: Collection[int]) -> bool:
    # A Service that had no endpoint before the join told no port: then every connection may be a client's.
    return not ports or port in ports


def in_proc(text: str, ports: Collection[int]) -> int:
    """The same from /proc/net/tcp and tcp6, for images without ss: `sl local rem st ...`, all in hex (proc(5))."""
    count = 0
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 4 or fields[3] != _ESTABLISHED:
            continue
        address, _, port = fields[1].rpartition(":")
        readable = _PORT_HEX.fullmatch(port) is not None
        count += not readable or (_is_meant(int(port, 16), ports) and address not in _INSIDE_HEX)
    return count
