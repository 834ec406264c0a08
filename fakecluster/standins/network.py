"""How a stand-in finds its way in the cluster: names and Services' addresses are asked for, see servicenet.py."""

from __future__ import annotations

import errno
import json
import os
import socket
import time
from typing import Any

SEARCH = ("{}.svc.cluster.local", "svc.cluster.local", "cluster.local")
SERVER, NDOTS = "10.96.0.10", 5
_SECONDS = 5.0
# tcp_syn_retries of Linux: 6.
_GIVES_UP_SECONDS = 127.0


def resolve(name: str, kind: str = "A") -> dict[str, Any]:
    """`status`, `addresses` and `alias` of a full name; outside the cluster as this machine sees it."""
    if name.rstrip(".").endswith(".cluster.local"):
        return _ask({"name": name, "type": kind})
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

    Where a NetworkPolicy is in the way nothing comes back: TimeoutError, after so many seconds or the kernel's own.
    """
    address = address_of(host)
    if address == "127.0.0.1":
        # The containers of a pod share it; the pod's own loopback address is what there is of it here.
        return os.environ["POD_IP"], port
    if not address.startswith(("10.96.", "127.")):
        return address, port
    route = _ask({"address": address, "port": port})
    if route.get("dropped"):
        time.sleep(_GIVES_UP_SECONDS if seconds is None else seconds)
        raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
    if not route:
        raise ConnectionRefusedError(111, "Connection refused")
    return str(route["address"]), int(route["port"])


def connect(host: str, port: int, seconds: float | None, local_port: int = 0) -> socket.socket:
    """A connection from the pod's own address. Raises OSError as the kernel would."""
    end = end_of(host, port, seconds)
    # Pods talk to each other from their own addresses; elsewhere the machine's routes decide.
    source = (os.environ["POD_IP"], local_port) if end[0].startswith("127.") else None
    return socket.create_connection(end, timeout=seconds, source_address=source)


def _ask(question: dict[str, Any]) -> dict[str, Any]:
    host, _, port = os.environ["POD_CLUSTER"].rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(_SECONDS)
        asking.bind((os.environ["POD_IP"], 0))
        asking.sendto(json.dumps(question).encode(), (host, int(port)))
        answer: dict[str, Any] = json.loads(asking.recv(65536))
        return answer
