"""Counting a pod's established connections from what `ss` or /proc/net/tcp prints: pure text in, a number out."""

from collections.abc import Collection

SS = ("ss", "-Htn", "state", "established")
PROC = ("cat", "/proc/net/tcp", "/proc/net/tcp6")
_ESTABLISHED = "01"
# A sidecar that talks to the application inside the pod is not a client of the Service.
_INSIDE = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
_INSIDE_HEX = frozenset({"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"})


def in_ss(text: str, ports: Collection[int]) -> int:
    """Established connections to local `ports` in the output of `ss -Htn state established`.

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
    if not port.isdigit():
        return True
    return int(port) in ports and address.strip("[]").partition("%")[0] not in _INSIDE


def in_proc(text: str, ports: Collection[int]) -> int:
    """The same from /proc/net/tcp and tcp6, for images without ss: `sl local rem st ...`, all in hex (proc(5))."""
    count = 0
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 4 or fields[3] != _ESTABLISHED or ":" not in fields[1]:
            continue
        address, _, port = fields[1].rpartition(":")
        count += int(port, 16) in ports and address not in _INSIDE_HEX
    return count
