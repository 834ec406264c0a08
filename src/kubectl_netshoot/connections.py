"""Who is in the middle of something with a pod, by what `ss` or /proc/net/tcp prints: pure text in, a number out."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

# kubectl exec ends with 0 too when its own stdout is full, or when its connection is closed cleanly in the middle: what
# lacks its last line says nothing, least of all that nobody is connected.
END = "all told"
SS = ("sh", "-c", f"ss -Htan && echo '{END}'")
PROC = ("sh", "-c", f"cat /proc/net/tcp /proc/net/tcp6; echo '{END}'")
# CLOSE-WAIT: the client has sent its request, shut down its writing side, and waits for the answer.
_OPEN = frozenset({"ESTAB", "SYN-RECV", "CLOSE-WAIT"})
# The application has closed, but the client may not have all of the answer yet.
_CLOSING = frozenset({"FIN-WAIT-1", "CLOSING", "LAST-ACK"})
_OVER = frozenset({"LISTEN", "UNCONN", "SYN-SENT", "FIN-WAIT-2", "TIME-WAIT"})
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
    """How many clients of local `ports` (none given: of any) are in the middle of something, by `ss -Htan`.

    A line is State, Recv-Q, Send-Q, local address:port, peer address:port; without a State the connection is
    established. A line that cannot be read counts: better to wait.
    """
    return _busy(_of_ss(text), ports)


def in_proc(text: str, ports: Collection[int]) -> int:
    """The same from /proc/net/tcp and tcp6, for images without ss: `sl local rem st tx:rx ...`, in hex (proc(5))."""
    return _busy(_of_proc(text), ports)


def _busy(sockets: Iterator[Socket | None], ports: Collection[int]) -> int:
    return sum(1 for found in sockets if found is None or found.is_busy(ports))


def _of_ss(text: str) -> Iterator[Socket | None]:
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
    return Socket(state, int(unsent), int(port), peer, inside=here in _INSIDE or here == there)


def _plain(address: str) -> str:
    return address.partition("%")[0].strip("[]")


def _of_proc(text: str) -> Iterator[Socket | None]:
    for line in text.splitlines():
        fields = line.split()
        if len(fields) >= 4 and fields[0] != "sl":
            yield _line_of_proc(fields)


def _line_of_proc(fields: list[str]) -> Socket | None:
    local, peer = _PROC_ADDRESS.fullmatch(fields[1]), _PROC_ADDRESS.fullmatch(fields[2])
    queue = _PROC_QUEUES.match(fields[4]) if len(fields) > 4 else None
    if not local or not peer or not queue:
        return None
    inside = local[1] in _INSIDE_HEX or local[1] == peer[1]
    return Socket(_STATES.get(fields[3], ""), int(queue[1], 16), int(local[2], 16), fields[2], inside)
