"""`tcptraceroute` of a pod: one hop, open or closed as a connection finds it; it needs the capability NET_RAW."""

from __future__ import annotations

import os
import socket
import sys

from fakecluster.standins import network
from fakecluster.standins.ping import NET_RAW


def main(host: str, port: int) -> int:
    if not int(os.environ.get("POD_CAP_EFF", "ffffffff"), 16) >> NET_RAW & 1:
        failed = "libnet_open_raw4(): SOCK_RAW allocation failed: Operation not permitted"
        print(f"libnet_init() failed: {failed}\n", file=sys.stderr)
        return 1
    try:
        address = network.address_of(host)
    except socket.gaierror as error:
        print(f"Bad destination address: {error.strerror}", file=sys.stderr)
        return 1
    print(f"Selected device eth0, address {os.environ['POD_IP']}, port 45691 for outgoing packets")
    print(f"Tracing the path to {host} ({address}) on TCP port {port}, 7 hops max")
    try:
        network.connect(host, port, 1.0).close()
        state = "open"
    except ConnectionRefusedError:
        state = "closed"
    except OSError:
        print(" 1  *\nDestination not reached")
        return 1
    print(f" 1  {address} [{state}]  0.082 ms")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[-2], int(sys.argv[-1])))
