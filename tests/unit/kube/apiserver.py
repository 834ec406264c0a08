"""A real HTTP server on loopback that gives the answers it was told, in order, and remembers what it was asked."""

import json
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
OK: Json = {"kind": "Status", "status": "Success"}


@dataclass(frozen=True)
class Asked:
    """One request as it came in; `common_name` is that of the client's certificate, empty without one."""

    method: str
    path: str
    headers: Message
    body: bytes
    common_name: str = ""


@dataclass(frozen=True)
class Answer:
    """A status and a body; `cut` ends the connection after it, before what Content-Length promised."""

    body: object = field(default_factory=lambda: OK)
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def failure(code: int, reason: str, message: str = "no", *headers: tuple[str, str]) -> Answer:
    """An answer as Kubernetes says no."""
    return Answer({"kind": "Status", "code": code, "reason": reason, "message": message}, code, headers)


def _common_name(connection: socket.socket) -> str:
    shown: Any = (connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None) or {}
    return str(dict(pair for part in shown.get("subject", ()) for pair in part).get("commonName", ""))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A plan asks a dozen questions at once; a connection beyond the queue comes a second later.
    request_queue_size = 128


class ApiServer:
    """`answers` are given one after the other, the last one again and again; or `decide` gives them."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: list[Answer] = [Answer()]
        self.asked: list[Asked] = []
        self.decide: Callable[[Asked], Answer] = self._next
        self.released = threading.Event()
        # Of its clock; the machine's where it is empty.
        self.date = ""
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self) -> "ApiServer":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def kubeconfig(self, user: Json, **cluster: object) -> Json:
        """A kubeconfig with one context that leads here."""
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "clusters": [{"name": "here", "cluster": {"server": self.url, **cluster}}],
            "users": [{"name": "me", "user": user}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me", "namespace": "shop"}}],
        }

    def _next(self, _asked: Asked) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def date_time_string(self, timestamp: float | None = None) -> str:
                return outer.date or super().date_time_string(timestamp)

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                asked = Asked(self.command, self.path, self.headers, body, _common_name(self.connection))
                outer.asked.append(asked)
                self._give(outer.decide(asked))

            do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 (the library calls them so)

            def _give(self, answer: Answer) -> None:
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                # Nobody closes a client's idle connections in a test: there are none.
                self.send_header("Connection", "close")
                self.send_header("Content-Length", str(len(answer.content) + (1000 if answer.cut else 0)))
                self.end_headers()
                self.wfile.write(answer.content)
                if answer.cut:
                    self.wfile.flush()
                    self.connection.shutdown(socket.SHUT_RDWR)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
