"""How a stand-in finds its way in the cluster: names and Services' addresses are asked for, see servicenet.py."""

from __future__ import annotations

import errno
import json
import os
import socket
import time
from dataclasses import dataclass
from typing import Any

from fakecluster.standins.wire import Conversation

SEARCH = ("{}.svc.cluster.local", "svc.cluster.local", "cluster.local")
SERVER, NDOTS = "10.96.0.10", 5
_SECONDS = 5.0
# tcp_syn_retries of Linux: 6.
GIVES_UP_SECONDS = 127.0
SYN_SECONDS = 1.0
PORT_UNREACHABLE, HOST_PROHIBITED = 3, 10
NO_ENDPOINT = "no-endpoint"
# Nothing comes back that the client's kernel takes for an answer.
SILENT = ("drop", "input-drop", "queue-full", "answer-drop", "untranslated")


def resolve(name: str, kind: str = "A", tcp: bool = False) -> dict[str, Any]:
    """`status`, `addresses` and `alias` of a full name; outside the cluster as this machine sees it.

    Raises TimeoutError where no answer comes, without the wait for it.
    """
    if name.rstrip(".").endswith(".cluster.local"):
        if not (answer := _ask({"name": name, "type": kind, "tcp": tcp})):
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        return answer
    family = socket.AF_INET6 if kind == "AAAA" else socket.AF_INET
    # A name of one word is nobody's out there, and asking for it can take long.
    known = "." in name.rstrip(".") or name.rstrip(".") == "localhost"
    try:
        found = socket.getaddrinfo(name.rstrip("."), None, family, socket.SOCK_STREAM) if known else []
    except socket.gaierror:
        found = []
    addresses = sorted({str(address[0]) for *_, address in found})
    return {"status": "NOERROR" if addresses else "NXDOMAIN", "addresses": addresses, "alias": ""}


def tried(name: str) -> list[str]:
    """The full names that this name may mean, in the order of resolv.conf(5)."""
    if name.endswith("."):
        return [name]
    namespace = os.environ["POD_NAMESPACE"]
    found = [f"{name}.{suffix.format(namespace)}." for suffix in SEARCH]
    return [f"{name}.", *found] if name.count(".") >= NDOTS else [*found, f"{name}."]


def address_of(host: str) -> str:
    """The first address of a name or address. Raises socket.gaierror."""
    if host.replace(".", "").isdecimal() or ":" in host:
        return host
    for name in tried(host):
        addresses = resolve(name)["addresses"]
        if addresses:
            return str(addresses[0])
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def end_of(host: str, port: int, seconds: float | None = None) -> tuple[str, int]:
    """Where a connection there comes out: an endpoint, where it is a Service's address. Raises OSError.

    Where a NetworkPolicy or a rule is in the way nothing comes back: TimeoutError, after so many seconds or the
    kernel's own.
    """
    route = route_to(host, port)
    if route.effect in SILENT:
        _give_up(seconds)
    if route.effect == NO_ENDPOINT:
        raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
    return route.end


@dataclass(frozen=True)
class Route:
    """Where packets to `dialled` come out, and what happens to them: see settings.NetworkRule."""

    dialled: tuple[str, int]
    end: tuple[str, int]
    effect: str = ""


def route_to(host: str, port: int) -> Route:
    """Raises OSError for a name that there is not."""
    address = address_of(host)
    if address == "127.0.0.1":
        # The containers of a pod share it; the pod's own loopback address is what there is of it here.
        return Route((address, port), (os.environ["POD_IP"], port))
    if not address.startswith(("10.96.", "127.")):
        return Route((address, port), (address, port))
    found = _ask({"address": address, "port": port})
    if found.get("dropped"):
        return Route((address, port), (address, port), "drop")
    if not found:
        return Route((address, port), (address, port), NO_ENDPOINT)
    return Route((address, port), (str(found["address"]), int(found["port"])), found.get("effect", ""))


@dataclass
class Connected:
    """A connection from the pod's own address, and its packets."""

    socket: socket.socket
    wire: Conversation
    effect: str

    def close(self) -> None:
        """By the client, as the server then does."""
        self.socket.close()
        self.wire.fin_by_client()
        self.wire.fin_by_server()
        self.wire.ack()


def connect(host: str, port: int, seconds: float | None, local_port: int = 0) -> Connected:
    """Raises OSError as the kernel would."""
    route = route_to(host, port)
    family = socket.AF_INET6 if ":" in route.end[0] else socket.AF_INET
    sock = socket.socket(family)
    sock.settimeout(seconds)
    # Pods talk to each other from their own addresses; elsewhere the machine's routes decide.
    if route.end[0].startswith(("127.", "10.96.")):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((os.environ["POD_IP"], local_port))
    wire = Conversation(sock.getsockname()[:2], route.dialled, route.end, route.effect == "proxy")
    try:
        _open(sock, route, wire, seconds)
    except OSError:
        sock.close()
        raise
    return Connected(sock, wire, route.effect)


def _open(sock: socket.socket, route: Route, wire: Conversation, seconds: float | None) -> None:
    if route.effect in SILENT:
        _repeat_syn(route, wire, seconds)
    elif route.effect == "forbid":
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
    elif route.effect == "no-arp":
        wire.no_arp()
        time.sleep(min(3.0, seconds or 3.0))
        raise OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))
    elif route.effect in ("reset", "prohibit", NO_ENDPOINT):
        wire.syn(arrives=False)
        _rejected(route.effect, wire)
    wire.syn()
    try:
        sock.connect(route.end)
    except ConnectionRefusedError:
        wire.reset_by_server()
        raise
    wire.syn_ack()
    wire.ack()


def _rejected(effect: str, wire: Conversation) -> None:
    if effect == "reset":
        wire.reset_by_nobody()
    else:
        node = ".".join([*os.environ["POD_IP"].split(".")[:2], "0", "1"])
        wire.unreachable(node, HOST_PROHIBITED if effect == "prohibit" else PORT_UNREACHABLE)
    number = errno.EHOSTUNREACH if effect == "prohibit" else errno.ECONNREFUSED
    raise OSError(number, os.strerror(number))


def _repeat_syn(route: Route, wire: Conversation, seconds: float | None) -> None:
    """As Linux does it from 6.5 on, each second (at first), until the time is over."""
    until = time.monotonic() + (GIVES_UP_SECONDS if seconds is None else seconds)
    while True:
        wire.syn(arrives=route.effect != "drop", delivered=route.effect != "input-drop")
        if route.effect == "answer-drop":
            wire.syn_ack(arrives=False)
        elif route.effect == "untranslated":
            wire.syn_ack(untranslated=True)
            wire.reset_by_client(route.end)
        left = until - time.monotonic()
        time.sleep(max(0.0, min(SYN_SECONDS, left)))
        if left <= SYN_SECONDS:
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))


def _give_up(seconds: float | None) -> None:
    time.sleep(GIVES_UP_SECONDS if seconds is None else seconds)
    raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))


def full_queues() -> dict[int, tuple[int, int]]:
    """By port of this pod: connections that wait to be accepted, and how many may; only where that is too many."""
    return {int(port): (number, most) for port, (number, most) in _ask({"queues": True}).items()}


def _ask(question: dict[str, Any]) -> dict[str, Any]:
    host, _, port = os.environ["POD_CLUSTER"].rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(_SECONDS)
        asking.bind((os.environ["POD_IP"], 0))
        asking.sendto(json.dumps(question).encode(), (host, int(port)))
        answer: dict[str, Any] = json.loads(asking.recv(65536))
        return answer
