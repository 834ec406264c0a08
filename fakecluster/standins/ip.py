"""`ip -o link show` of a pod: the loopback and eth0."""

from __future__ import annotations

import sys

_UP = "qdisc noqueue state UP mode DEFAULT group default"
LINKS = f"""\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 {_UP}\\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
2: eth0@if7: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 {_UP}\\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff"""

if __name__ == "__main__":
    if "link" not in sys.argv[1:]:
        sys.exit("ip: only links are faked")
    print(LINKS)
