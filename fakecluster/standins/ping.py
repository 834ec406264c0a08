"""`ping` of a pod, iputils': pods of the cluster answer, cluster IPs and everybody else keep silent.

Without the capability NET_RAW nothing can be sent. Nothing is sent anyway: the machine may not let us.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import time

from fakecluster.standins import network

NET_RAW = 13
MTU, HEADERS = 1500, 28


def main() -> int:
    parser = argparse.ArgumentParser(prog="ping", add_help=False)
    parser.add_argument("-n", action="store_true")
    parser.add_argument("-c", dest="count", type=int, default=3)
    parser.add_argument("-i", dest="interval", type=float, default=1.0)
    parser.add_argument("-W", dest="wait", type=float, default=10.0)
    parser.add_argument("-M", dest="discover", default="dont")
    parser.add_argument("-s", dest="size", type=int, default=56)
    parser.add_argument("host")
    options = parser.parse_args()
    if not int(os.environ.get("POD_CAP_EFF", "ffffffff"), 16) >> NET_RAW & 1:
        print("ping: socktype: SOCK_RAW\nping: socket: Operation not permitted", file=sys.stderr)
        return 2
    try:
        address = network.address_of(options.host)
    except socket.gaierror as error:
        print(f"ping: {options.host}: {error.strerror}", file=sys.stderr)
        return 2
    return _report(options, address)


def _report(options: argparse.Namespace, address: str) -> int:
    whole = options.size + HEADERS
    print(f"PING {options.host} ({address}) {options.size}({whole}) bytes of data.")
    too_long = options.discover == "do" and whole > MTU
    received = 0
    for number in range(1, options.count + 1):
        if too_long:
            print(f"ping: local error: message too long, mtu={MTU}", file=sys.stderr)
        elif address.startswith("127."):
            received += 1
            print(f"{options.size + 8} bytes from {address}: icmp_seq={number} ttl=64 time=0.055 ms")
        if number < options.count:
            time.sleep(options.interval)
    lost = 100 * (options.count - received) // options.count
    errors = f" +{options.count} errors," if too_long else ""
    print(f"\n--- {options.host} ping statistics ---")
    print(
        f"{options.count} packets transmitted, {received} received,{errors} {lost}% packet loss, time "
        f"{round(options.count * options.interval * 1000)}ms"
    )
    print("rtt min/avg/max/mdev = 0.043/0.055/0.079/0.008 ms" if received else "")
    return 0 if received else 1


if __name__ == "__main__":
    sys.exit(main())
