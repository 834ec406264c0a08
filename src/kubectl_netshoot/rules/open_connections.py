"""Who is in the middle of something with a pod, and who still comes, by what `ss` and /proc/net print: pure text in."""

import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

# kubectl exec ends with 0 too when its own stdout is full, or when its connection is closed cleanly in the middle: what
# lacks its last line says nothing, least of all that nobody is connected.
END = "all told"
COUNTERS = "counters"
_REST = f"echo '{COUNTERS}'; cat /proc/net/snmp /proc/net/dev; echo '{END}'"
SS = ("sh", "-c", f"ss -Htan && {{ {_REST}; }}")
PROC = ("sh", "-c", f"cat /proc/net/tcp /proc/net/tcp6; {_REST}")
# No connection within the pod has fewer: SYN, SYN-ACK, ACK, RST.
_PACKETS = 4
# The application has closed, but the client may not have all of the answer yet.
_CLOSING = frozenset({"FIN-WAIT-1", "CLOSING", "LAST-ACK"})
_NO_CLIENT = frozenset({"LISTEN", "UNCONN", "SYN-SENT"})
_OVER = _NO_CLIENT | {"FIN-WAIT-2", "TIME-WAIT"}
# include/net/tcp_states.h; a request socket (0C) is printed as 03.
_STATES = {
    "01": "ESTAB",
    "02": "SYN-SENT",
    "03": "SYN-RECV",
    "04": "FIN-WAIT-1",
    "05": "FIN-WAIT-2",
    "06": "TIME-WAIT",
    "07": "UNCONN",
    "08": "CLOSE-WAIT",
    "09": "LAST-ACK",
    "0A": "LISTEN",
    "0B": "CLOSING",
    "0C": "SYN-RECV",
}
_NUMBER = re.compile(r"[0-9]{1,10}")
_PORT = re.compile(r"[0-9]{1,5}")
_PROC_ADDRESS = re.compile(r"([0-9A-F]+):([0-9A-F]{4})")
_PROC_QUEUES = re.compile(r"([0-9A-F]{1,8}):")
# A sidecar that talks to the application inside the pod is not a client of the Service.
_INSIDE = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
_INSIDE_HEX = frozenset({"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"})


@dataclass(frozen=True)
class Socket:
    """One TCP socket of a pod; `unsent` are bytes that its peer has not acknowledged, `inside` that peer is the pod."""

    state: str
    unsent: int
    port: int
    peer: str
    inside: bool

    def is_busy(self, ports: Collection[int]) -> bool:
        """Whether a client on one of `ports` (none given: on any) would miss something if the pod were gone now.

        A FIN that is not acknowledged counts as one byte of the queue (tcp_diag: write_seq - snd_una).
        """
        # A Service that had no endpoint before the join told no port: then every connection may be a client's.
        if self.inside or self.state in _OVER or (ports and self.port not in ports):
            return False
        return self.state not in _CLOSING or self.unsent > 1


@dataclass(frozen=True)
class Counters:
    """What the pod's network has counted since it exists: connections from and to it, packets of its loopback."""

    passive: int
    active: int
    loopback: int

    def opened_since(self, before: "Counters") -> int:
        """How many connections came from outside the pod at least; one to itself is active too, and has packets."""
        within = min(self.active - before.active, (self.loopback - before.loopback) // _PACKETS)
        return max(0, self.passive - before.passive - max(0, within))


@dataclass(frozen=True)
class Count:
    """One look: `clients` in the middle of something, and all `peers` of the ports, those that are done among them.

    `is_all` says whether the pod listens on nothing but these ports, so that whoever comes from outside comes to them.
    """

    clients: int
    peers: frozenset[str] = frozenset()
    counters: Counters | None = None
    is_all: bool = False

    def arrived_since(self, before: "Count", seconds: float, probes: Sequence[float] = ()) -> "Arrivals":
        """Who has come since an earlier look, less what the kubelet's probes with these periods may have opened."""
        probing = _probing(seconds, probes)
        seen = len(self.peers - before.peers)
        opened = self.counters.opened_since(before.counters) if self.counters and before.counters else 0
        known = max(seen, opened if self.is_all else 0) - probing
        return Arrivals(max(known, opened - probing, 0), is_known=known > 0)

    def accepted(self, seconds: float, probes: Sequence[float] = ()) -> "Accepted | None":
        """What a pod that is so old has accepted, with probes of these periods; None where that was not counted."""
        if self.counters is None:
            return None
        number = self.counters.opened_since(Counters(0, 0, 0))
        return Accepted(number, number < self.counters.passive, min(number, _probing(seconds, probes)))


def _probing(seconds: float, periods: Sequence[float]) -> int:
    """How many connections the kubelet's probes with these periods open in this time at most."""
    return sum(math.floor(seconds / period) + 1 for period in periods)


@dataclass(frozen=True)
class Accepted:
    """Connections that came from outside a pod since its start, at most so many of them by `probes`.

    `or_more`: some of those within the pod may have been taken for more of them than they were.
    """

    number: int
    or_more: bool = False
    probes: int = 0


@dataclass(frozen=True)
class Arrivals:
    """`is_known`: they came to the Services' ports, and not perhaps to another one."""

    number: int = 0
    is_known: bool = False


def by_ss(status: int, said: str, ports: Collection[int]) -> Count | None:
    """Who is there, by how SS ended and what it said; None where that cannot be known."""
    listed, rest = _whole(said)
    return _count(list(_of_ss(listed)), rest, ports) if status == 0 and listed is not None else None


def by_proc(said: str, ports: Collection[int]) -> Count | None:
    """The same by what PROC said; its status tells only whether both tables are there."""
    table, rest = _whole(said)
    if table is None or "local_address" not in table:
        return None
    return _count(list(_of_proc(table)), rest, ports)


def _whole(said: str) -> tuple[str | None, str]:
    """The table and the counters."""
    lines = said.splitlines()
    if not lines or lines[-1] != END:
        return None, ""
    cut = lines.index(COUNTERS) if COUNTERS in lines else len(lines) - 1
    return "\n".join(lines[:cut]), "\n".join(lines[cut:-1])


def _count(sockets: Sequence[Socket | None], rest: str, ports: Collection[int]) -> Count:
    others = [s for s in sockets if s and not s.inside]
    served = [s for s in others if s.state not in _NO_CLIENT and (not ports or s.port in ports)]
    listening = {s.port for s in others if s.state == "LISTEN"}
    return Count(
        # A line that cannot be read counts: better to wait.
        sum(1 for found in sockets if found is None or found.is_busy(ports)),
        frozenset(s.peer for s in served),
        _counters(rest),
        bool(ports) and bool(listening) and listening <= set(ports),
    )


def _counters(text: str) -> Counters | None:
    """From /proc/net/snmp (a line of names and a line of numbers) and /proc/net/dev."""
    tcp = [line.split() for line in text.splitlines() if line.startswith("Tcp:")]
    found = dict(zip(*tcp, strict=False)) if len(tcp) == 2 else {}
    loopback = re.search(r"^\s*lo:\s*[0-9]+\s+([0-9]+)\s", text, re.MULTILINE)
    try:
        return Counters(
            int(found["PassiveOpens"]), int(found["ActiveOpens"]), int(loopback[1]) if loopback else 0
        )
    except (KeyError, ValueError):
        return None


def _of_ss(text: str) -> Iterator[Socket | None]:
    """By `ss -Htan`: State, Recv-Q, Send-Q, local address:port, peer address:port; established without a State."""
    for line in text.splitlines():
        fields = line.split()
        if fields:
            yield _line_of_ss(fields if not _NUMBER.fullmatch(fields[0]) else ["ESTAB", *fields])


def _line_of_ss(fields: list[str]) -> Socket | None:
    if len(fields) < 5 or not _NUMBER.fullmatch(fields[2]):
        return None
    state, _, unsent, local, peer = fields[:5]
    address, _, port = local.rpartition(":")
    if not _PORT.fullmatch(port):
        return None
    here, there = _plain(address), _plain(peer.rpartition(":")[0])
    inside = here in _INSIDE or (here == there and state != "LISTEN")
    return Socket(state, int(unsent), int(port), peer, inside)


def _plain(address: str) -> str:
    return address.partition("%")[0].strip("[]")


def _of_proc(text: str) -> Iterator[Socket | None]:
    """By /proc/net/tcp and tcp6, for images without ss: `sl local rem st tx:rx ...`, in hex (proc(5))."""
    for line in text.splitlines():
        fields = line.split()
        if len(fields) >= 4 and fields[0] != "sl":
            yield _line_of_proc(fields)


def _line_of_proc(fields: list[str]) -> Socket | None:
    local, peer = _PROC_ADDRESS.fullmatch(fields[1]), _PROC_ADDRESS.fullmatch(fields[2])
    queue = _PROC_QUEUES.match(fields[4]) if len(fields) > 4 else None
    if not local or not peer or not queue:
        return None
    state = _STATES.get(fields[3], "")
    inside = local[1] in _INSIDE_HEX or (local[1] == peer[1] and state != "LISTEN")
    return Socket(state, int(queue[1], 16), int(local[2], 16), fields[2], inside)
