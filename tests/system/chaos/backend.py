"""A server that does to each connection what a test says, behind a Service of its own."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fakecluster.client import Api

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Behaviour = Callable[[socket.socket], None]


@contextmanager
def behind_service(api: Api, namespace: str, behaviour: Behaviour) -> Iterator[None]:
    """Service `odd`, port 80; `behaviour` gets each connection in a thread of its own, and it is closed afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        _publish(api, namespace, listener.getsockname()[1])
        threading.Thread(target=_accept, args=(listener, behaviour), daemon=True).start()
        yield
        listener.shutdown(socket.SHUT_RDWR)


def read_request(connection: socket.socket) -> bool:
    """Whether there was one, and not the end."""
    received = b""
    while b"\r\n\r\n" not in received:
        data = connection.recv(4096)
        if not data:
            return False
        received += data
    return True


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _accept(listener: socket.socket, behaviour: Behaviour) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, behaviour), daemon=True).start()


def _serve(connection: socket.socket, behaviour: Behaviour) -> None:
    with connection:
        behaviour(connection)


def _publish(api: Api, namespace: str, port: int) -> None:
    """A Service without a selector, and its slice."""
    service = {"metadata": {"name": "odd"}, "spec": {"ports": [{"port": 80, "targetPort": port}]}}
    api.create(f"/api/v1/namespaces/{namespace}/services", service)
    slice_ = {
        "metadata": {"name": "odd-1", "labels": {"kubernetes.io/service-name": "odd"}},
        "addressType": "IPv4",
        "ports": [{"name": "", "protocol": "TCP", "port": port}],
        "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": True}}],
    }
    api.create(f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices", slice_)
