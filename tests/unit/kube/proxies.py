"""Real proxies on loopback: HTTP (CONNECT and plain), HTTP by TLS, SOCKS5. They note who wants to go where, as whom.

Whatever the name of the target, the way leads to one of two API servers: by TLS or not, as the client begins.
"""

import base64
import contextlib
import select
import socket
import ssl
import threading
from dataclasses import dataclass, field

Login = tuple[str, str] | None


@dataclass(frozen=True)
class Hop:
    """One wish to go on: which kind of proxy, the target's host:port in lower case, the login that was sent."""

    kind: str
    target: str
    login: Login


@dataclass
class Proxy:
    """`backends` are the ports for TLS and for plain HTTP; with `wanted`, nobody comes through without that login."""

    kind: str
    backends: tuple[int, int]
    wanted: Login = None
    tls: ssl.SSLContext | None = None
    hops: list[Hop] = field(default_factory=list)

    def __enter__(self) -> "Proxy":
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            client.settimeout(10)
            if self.tls:
                client = self.tls.wrap_socket(client, server_side=True)
            with client:
                (self._socks if self.kind == "socks" else self._http)(client)

    def _http(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096) or _end()
            if not head[:1].isalpha():
                # Somebody speaks TLS here.
                return
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        login = _basic(head.decode("latin-1"))
        if method != "CONNECT":
            target = target.split("/")[2]
        self.hops.append(Hop(self.kind, target.lower(), login))
        if self.wanted and login != self.wanted:
            answer = (
                "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            client.sendall(answer.encode())
        elif method == "CONNECT":
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self._go_on(client, b"")
        else:
            self._go_on(client, head)

    def _socks(self, client: socket.socket) -> None:
        _, count = _exactly(client, 2)
        methods = _exactly(client, count)
        method = 2 if self.wanted else 0
        if method not in methods:
            self.hops.append(Hop(self.kind, "", None))
            client.sendall(b"\x05\xff")
            return
        client.sendall(bytes((5, method)))
        login = None
        if method:
            user = _exactly(client, _exactly(client, 2)[1]).decode()
            login = user, _exactly(client, _exactly(client, 1)[0]).decode()
            if login != self.wanted:
                self.hops.append(Hop(self.kind, "", login))
                client.sendall(b"\x01\x01")
                return
            client.sendall(b"\x01\x00")
        _, _, _, kind = _exactly(client, 4)
        host = _socks_host(client, kind)
        port = int.from_bytes(_exactly(client, 2), "big")
        self.hops.append(Hop(self.kind, f"{host.lower()}:{port}", login))
        client.sendall(b"\x05\x00\x00\x01" + bytes(6))
        self._go_on(client, b"")

    def _go_on(self, client: socket.socket, first: bytes) -> None:
        first = first or client.recv(65536) or _end()
        with socket.create_connection(("127.0.0.1", self.backends[first[0] != 0x16])) as server:
            server.sendall(first)
            _pump(client, server)


def _pump(client: socket.socket, server: socket.socket) -> None:
    """Both ways in one thread: a socket with TLS must not be read and written at once."""
    other = {client: server, server: client}
    while True:
        pending = isinstance(client, ssl.SSLSocket) and client.pending()
        ready = [client] if pending else select.select([client, server], [], [], 10)[0]
        for source in ready:
            if not (data := source.recv(65536)):
                return
            other[source].sendall(data)


def _end() -> bytes:
    raise ValueError("the client has gone")


def _exactly(client: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += client.recv(count - len(data)) or _end()
    return data


def _socks_host(client: socket.socket, kind: int) -> str:
    if kind == 3:
        return _exactly(client, _exactly(client, 1)[0]).decode()
    family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
    address = socket.inet_ntop(family, _exactly(client, size))
    return f"[{address}]" if kind == 4 else address


def _basic(head: str) -> Login:
    for line in head.split("\r\n"):
        name, _, value = line.partition(": ")
        if name.lower() == "proxy-authorization":
            user, _, password = base64.b64decode(value.removeprefix("Basic ")).decode().partition(":")
            return user, password
    return None
