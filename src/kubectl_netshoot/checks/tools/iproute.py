"""ss -Hltun and ip -o link: what listens in the pod, and how large a packet its interfaces take."""

import re
from dataclasses import dataclass

_LINK = re.compile(r"^[0-9]+: ([^:@\s]+)(?:@\S+)?: <([^>]*)> mtu ([0-9]+) ", re.MULTILINE)


@dataclass(frozen=True)
class Socket:
    """One that waits for clients; `address` as ss writes it, `protocol` TCP or UDP."""

    protocol: str
    address: str
    port: int

    @property
    def loopback_only(self) -> bool:
        """Whether only the pod's own containers can come in."""
        plain = self.address.strip("[]").partition("%")[0]
        return plain.startswith("127.") or plain in ("::1", "::ffff:127.0.0.1")


@dataclass(frozen=True)
class Link:
    """An interface that is up."""

    name: str
    mtu: int


def sockets(text: str) -> tuple[Socket, ...]:
    """Netid, state, two queues, local, peer in each line."""
    found = []
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 5 or fields[0] not in ("tcp", "udp"):
            continue
        address, _, port = fields[4].rpartition(":")
        if port.isdecimal():
            found.append(Socket(fields[0].upper(), address, int(port)))
    return tuple(found)


def links(text: str) -> tuple[Link, ...]:
    """All but the loopback, the one with the default name first."""
    found = [
        Link(name, int(mtu))
        for name, flags, mtu in _LINK.findall(text)
        if "LOOPBACK" not in flags.split(",") and "UP" in flags.split(",")
    ]
    return tuple(sorted(found, key=lambda link: link.name != "eth0"))
