"""`tcpdump` of a pod: the real one's options, complaints, counts and file format, with made-up packets.

What is captured is told by the environment: see dumping.py. Of a filter only the brackets and the first and last word
are checked. POD_CAP_EFF are the container's capabilities: without NET_RAW no interface can be opened.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys

from fakecluster.standins import dumping
from fakecluster.standins.ip import address_of

SNAPLEN = 262144
NET_RAW = 13
INTERFACES = ("any", "eth0", "lo")
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
    device = options.interface
    if device not in INTERFACES and not address_of(device):
        return _complain(f"{device}: No such device exists", "(No such device exists)")
    if not int(os.environ.get("POD_CAP_EFF", "ffffffff"), 16) >> NET_RAW & 1:
        permission = "You don't have permission to perform this capture on that device"
        return _complain(f"{device}: {permission}", "(socket: Operation not permitted)")
    if device == "any":
        print("tcpdump: data link type LINUX_SLL2", file=sys.stderr)
    expression = " ".join(options.filter)
    if expression and not _parses(expression):
        return _complain("can't parse filter expression: syntax error")
    if options.d:
        print("(000) ret      #262144")
        return 0
    return dumping.capture(options)


def _complain(text: str, *more: str) -> int:
    print("\n".join([f"tcpdump: {text}", *more]), file=sys.stderr)
    return 1


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


if __name__ == "__main__":
    sys.exit(main())
