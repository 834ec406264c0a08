"""`tcpdump` of a pod: the real one's banner, counts and file format, with made-up packets.

Every TCPDUMP_INTERVAL seconds (0.1) comes one packet of traffic with TCPDUMP_PORT (8080). After
TCPDUMP_PACKETS of them no more come, after -c COUNT it ends; or the pcap file TCPDUMP_REPLAY is written as
it is. Of a filter only the brackets and the first and last word are checked.
"""

from __future__ import annotations

import argparse
import itertools
import os
import signal
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.standins.frames import Segment, exchanges

SNAPLEN = 262144
ETHERNET = 1
_WORDS = [
    "arp",
    "dst",
    "ether",
    "greater",
    "host",
    "icmp",
    "icmp6",
    "ip",
    "ip6",
    "less",
    "net",
    "not",
    "port",
    "portrange",
    "proto",
    "src",
    "tcp",
    "udp",
    "vlan",
    "and",
    "or",
]


def main() -> int:
    options = _options()
    expression = " ".join(options.filter)
    if expression and not _parses(expression):
        print(f"tcpdump: can't parse filter expression: syntax error\n\t{expression}", file=sys.stderr)
        return 1
    if options.d:
        print("(000) ret      #262144")
        return 0
    return _capture(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tcpdump", add_help=False)
    for flag in "UnlpeqtvAXSKN":
        parser.add_argument(f"-{flag}", action="count", default=0)
    parser.add_argument("-d", action="store_true")
    parser.add_argument("-i", "--interface", default="eth0")
    parser.add_argument("-w", dest="file")
    parser.add_argument("-c", dest="count", type=int)
    parser.add_argument("-s", "--snapshot-length", dest="snaplen", type=int, default=SNAPLEN)
    parser.add_argument("-B", "--buffer-size", type=int)
    parser.add_argument("-Z", dest="user")
    parser.add_argument("--immediate-mode", action="store_true")
    parser.add_argument("filter", nargs="*")
    return parser.parse_args()


def _parses(expression: str) -> bool:
    words = expression.replace("(", " ( ").replace(")", " ) ").split()
    depths = itertools.accumulate((word == "(") - (word == ")") for word in words)
    first = next((word for word in words if word not in "()!"), "")
    balanced = words.count("(") == words.count(")") and min(depths, default=0) >= 0
    return balanced and first in _WORDS and words[-1] not in ("and", "or", "not")


class Stopped(Exception):
    """INT or TERM, which ends a capture in order."""


def _stop(*_: object) -> None:
    raise Stopped


def _capture(options: argparse.Namespace) -> int:
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    _banner(options)
    counted = Counted()
    try:
        (_write_file if options.file else _print)(options, counted)
    except Stopped:
        pass
    except BrokenPipeError:
        return 1
    packets = "packet" if counted.packets == 1 else "packets"
    print(f"{counted.packets} {packets} captured", file=sys.stderr)
    print(f"{counted.packets} {packets} received by filter", file=sys.stderr)
    print("0 packets dropped by kernel", file=sys.stderr)
    return 0


@dataclass
class Counted:
    """What the last lines tell."""

    packets: int = 0


def _banner(options: argparse.Namespace) -> None:
    if not options.file:
        print("tcpdump: verbose output suppressed, use -v[v]... for full protocol decode", file=sys.stderr)
    link = f"link-type EN10MB (Ethernet), snapshot length {options.snaplen} bytes"
    prefix = "tcpdump: " if options.file else ""
    print(f"{prefix}listening on {options.interface}, {link}", file=sys.stderr, flush=True)


def _write_file(options: argparse.Namespace, counted: Counted) -> None:
    """With -U every packet is out at once."""
    with open(1, "wb", closefd=False) if options.file == "-" else open(options.file, "wb") as out:
        if replay := os.environ.get("TCPDUMP_REPLAY"):
            out.write(Path(replay).read_bytes())
            return
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, options.snaplen, ETHERNET))
        out.flush()
        for at, segment in _captured(options, counted):
            frame = segment.frame()
            seconds, fraction = divmod(at, 1)
            kept = frame[: options.snaplen]
            out.write(struct.pack("<IIII", int(seconds), int(fraction * 1e6), len(kept), len(frame)) + kept)
            if options.U:
                out.flush()


def _print(options: argparse.Namespace, counted: Counted) -> None:
    for at, segment in _captured(options, counted):
        clock = time.strftime("%H:%M:%S", time.localtime(at)) + f".{int(at % 1 * 1e6):06}"
        print(clock, segment.text(), flush=bool(options.l) or sys.stdout.isatty())


def _captured(options: argparse.Namespace, counted: Counted) -> Iterator[tuple[float, Segment]]:
    limit = options.count or int(os.environ.get("TCPDUMP_PACKETS", "-1"))
    port = int(os.environ.get("TCPDUMP_PORT", "8080"))
    for segment in exchanges(os.environ.get("POD_IP", "10.244.0.2"), port):
        if counted.packets == limit:
            break
        time.sleep(float(os.environ.get("TCPDUMP_INTERVAL", "0.1")))
        yield time.time(), segment
        counted.packets += 1
    if limit != options.count:
        signal.pause()


if __name__ == "__main__":
    sys.exit(main())
