"""`ip -o link show` of a pod: the loopback and eth0; `route get` on a node, which leads to that pod's own end there.

Such an end is called after the pod's address, so that the stand-in for tcpdump knows whose packets it has.
"""

from __future__ import annotations

import socket
import sys

_UP = "qdisc noqueue state UP mode DEFAULT group default"
LINKS = f"""\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 {_UP}\\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
2: eth0@if7: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 {_UP}\\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff"""


def end_of(address: str) -> str:
    """The name of the node's end of the pod with this address."""
    return f"veth{socket.inet_aton(address).hex()}"


def address_of(interface: str) -> str:
    """The address of the pod whose end this is; empty for other interfaces."""
    written = interface.removeprefix("veth")
    return socket.inet_ntoa(bytes.fromhex(written)) if len(written) == 8 != len(interface) else ""


def main() -> None:
    words = sys.argv[1:]
    if words[-3:-1] == ["route", "get"]:
        print(f"{words[-1]} dev {end_of(words[-1])} src 10.0.0.1 uid 0 \\    cache")
    elif words[-2:-1] == ["dev"]:
        print(f"7: {words[-1]}@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 {_UP} link-netnsid 1")
    elif "link" in words:
        print(LINKS)
    else:
        sys.exit("ip: only links and routes to pods are faked")


if __name__ == "__main__":
    main()
