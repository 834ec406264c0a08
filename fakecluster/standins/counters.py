"""`cat /proc/net/snmp /proc/net/netstat` of a pod: what the packets of its wire would have counted."""

from __future__ import annotations

import os

from fakecluster.standins import network, wire
from fakecluster.standins.wire import RST


def main() -> None:
    lines, _ = wire.lines(os.environ["POD_IP"])
    received = [line for line in lines if line["in"]]
    delivered = [line for line in received if line["delivered"]]
    resets = [line for line in lines if not line["in"] and wire.frame_of(line)[20 + 33] & RST]
    overflows = len(received) if network.full_queues() else 0
    print(f"Ip: InReceives InDelivers\nIp: {len(received)} {len(delivered)}")
    print("Icmp: OutDestUnreachs\nIcmp: 0")
    print(f"Tcp: ActiveOpens PassiveOpens OutRsts\nTcp: 0 0 {len(resets)}")
    print(f"TcpExt: ListenOverflows ListenDrops\nTcpExt: {overflows} {overflows}")


if __name__ == "__main__":
    main()
