"""`ss` of a pod: the sockets of this machine whose local address is the pod's, in iproute2's format.

With -u those of UDP too, and then each with its Netid. Understands -t -n -a -l -H, and `state NAME`; takes and ignores
what does not change these lists. Handshakes that are not complete are those of the pod's wire.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from fakecluster.standins import network, wire

BACKLOG = 128

STATES = {
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
}
NAMES = {name.lower(): {name} for name in STATES.values()}
NAMES["established"] = {"ESTAB"}
NAMES["listening"] = {"LISTEN"}
NAMES["connected"] = set(STATES.values()) - {"LISTEN", "UNCONN"}
NAMES["synchronized"] = NAMES["connected"] - {"SYN-SENT"}
NAMES["all"] = set(STATES.values())


def main(arguments: list[str]) -> int:
    flags = "".join(a[1:] for a in arguments if a.startswith("-") and not a.startswith("--"))
    try:
        wanted = _states(arguments, flags)
    except KeyError as unknown:
        print(f"ss: wrong state name: {unknown.args[0]}", file=sys.stderr)
        return 255
    one_state = "state" in arguments
    if "H" not in flags and "--no-header" not in arguments:
        print(*([] if one_state else ["State"]), "Recv-Q Send-Q Local Address:Port Peer Address:Port Process")
    if "syn-recv" in arguments:
        for client, own in wire.handshakes(os.environ.get("POD_IP", "")):
            print(f"{0:<6} {0:<6} {_written(own):>21} {_written(client):>21}")
        return 0
    queues = network.full_queues() if "l" in flags and os.environ.get("POD_CLUSTER") else {}
    for table in ("tcp", "udp") if "u" in flags else ("tcp",):
        netid = f"{table} " if "u" in flags else ""
        for state, received, sent, local, peer in sockets(table, os.environ.get("POD_IP", "")):
            # One of UDP never listens: it waits for its clients unconnected.
            if state in wanted or (table == "udp" and state == "UNCONN" and "LISTEN" in wanted):
                shown = "" if one_state else f"{state:<6} "
                queue = received, sent
                if state == "LISTEN":
                    queue = queues.get(int(local.rpartition(":")[2]), (received, BACKLOG))
                print(f"{netid}{shown}{queue[0]:<6} {queue[1]:<6} {local:>21} {peer:>21}")
    return 0


def _states(arguments: list[str], flags: str) -> set[str]:
    if "state" in arguments:
        name = arguments[arguments.index("state") + 1]
        if name not in NAMES:
            raise KeyError(name)
        return NAMES[name]
    if "l" in flags or "--listening" in arguments:
        return NAMES["listening"]
    return NAMES["all"] if "a" in flags or "--all" in arguments else NAMES["connected"]


def sockets(protocol: str, address: str) -> list[tuple[str, int, int, str, str]]:
    """(state, Recv-Q, Send-Q, local, peer) of each socket with this local address."""
    found = []
    for table in (f"/proc/net/{protocol}", f"/proc/net/{protocol}6"):
        lines = Path(table).read_text().splitlines()[1:] if Path(table).exists() else []
        for line in lines:
            _, local, peer, state, queues, *_ = line.split()
            sent, received = (int(part, 16) for part in queues.split(":"))
            if _address(local)[0] == address:
                name = STATES.get(state, "UNKNOWN")
                # In a network of its own, what takes clients on the pod's address does so on all of them.
                here = f"0.0.0.0:{_address(local)[1]}" if name in ("LISTEN", "UNCONN") else _shown(local)
                found.append((name, received, sent, here, _shown(peer)))
    return found


def _written(end: wire.End) -> str:
    return f"{end[0]}:{end[1]}"


def _address(text: str) -> tuple[str, int]:
    """/proc writes each 32-bit word in the machine's order; an IPv4 address in IPv6 is shown as IPv4."""
    words, port = text.split(":")
    raw = b"".join(bytes.fromhex(words[i : i + 8])[::-1] for i in range(0, len(words), 8))
    if len(raw) == 16 and raw.startswith(b"\0" * 10 + b"\xff\xff"):
        raw = raw[12:]
    family = socket.AF_INET if len(raw) == 4 else socket.AF_INET6
    return socket.inet_ntop(family, raw), int(port, 16)


def _shown(text: str) -> str:
    address, port = _address(text)
    host = f"[{address}]" if ":" in address else address
    return f"{host}:{port or '*'}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
