"""A gate on the way to the API server: it lets everything through but one request, or one answer, that it holds.

So a session can be stopped between any two of its steps, on any cluster, for as long as a test looks at it.
`kubectl proxy` brings the credentials; what comes in here is plain HTTP on loopback.
"""

import contextlib
import json
import re
import socket
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

CHUNK = 65536
# 101: the streams of exec and attach.
_ACCEPTED = re.compile(rb"HTTP/1\.[01] (?:2\d\d|101) ")


@dataclass(frozen=True)
class Hold:
    """The `nth` request with this method and path (a regex) that the server accepts, or only its `answer`.

    One that it refuses is made again, as after a conflict, and is not a step.
    """

    method: str
    path: str = r"/pods(?!\S*dryRun)"
    nth: int = 1
    answer: bool = False

    def matches(self, head: bytes) -> bool:
        return re.match(rf"{self.method} \S*{self.path}", head.decode("latin-1")) is not None


class _Cut(Exception):
    """Whoever asked is gone, or the gate was closed for good."""


@dataclass
class Turnstile:
    """Serves while its context lasts; `kubeconfig` leads through it. `hold` may be None: everything passes."""

    kubectl: str
    upstream: Path
    folder: Path
    namespace: str
    hold: Hold | None = None
    reached: threading.Event = field(default_factory=threading.Event)
    _open: threading.Event = field(default_factory=threading.Event)
    _accepted: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> "Turnstile":
        argv = [self.kubectl, f"--kubeconfig={self.upstream}", "proxy", "--port=0", "--reject-paths=^$"]
        self._proxy = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._proxy.stdout is not None
        said = self._proxy.stdout.readline().decode()
        self._behind = int(said.rpartition(":")[2])
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        self.kubeconfig = self.folder / "turnstile.conf"
        self.kubeconfig.write_text(json.dumps(self._config()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.open()
        self._listener.close()
        self._proxy.terminate()
        self._proxy.wait()
        assert self._proxy.stdout is not None
        self._proxy.stdout.close()

    def open(self) -> None:
        """Let pass what was held, and everything after it."""
        self._open.set()

    def _config(self) -> dict[str, object]:
        address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        context = {"cluster": "turnstile", "user": "nobody", "namespace": self.namespace}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "turnstile",
            "clusters": [{"name": "turnstile", "cluster": {"server": address}}],
            "users": [{"name": "nobody", "user": {}}],
            "contexts": [{"name": "turnstile", "context": context}],
        }

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError, _Cut):
            server = socket.create_connection(("127.0.0.1", self._behind))
            asked = threading.Event()
            with server:
                back = threading.Thread(target=self._answers, args=(server, client, asked), daemon=True)
                back.start()
                self._requests(client, server, asked)
                back.join()

    def _requests(self, client: socket.socket, server: socket.socket, asked: threading.Event) -> None:
        while chunk := client.recv(CHUNK):
            # A client sends the head of a request in one piece, and never before it has the last answer.
            if self.hold is not None and self.hold.matches(chunk):
                if not self.hold.answer and self._is_next(self.hold):
                    self._wait(client)
                asked.set()
            server.sendall(chunk)
        server.shutdown(socket.SHUT_WR)

    def _answers(self, server: socket.socket, client: socket.socket, asked: threading.Event) -> None:
        with contextlib.suppress(OSError, _Cut):
            while chunk := server.recv(CHUNK):
                if asked.is_set():
                    asked.clear()
                    if self._is_held(chunk):
                        self._wait(client)
                client.sendall(chunk)
            client.shutdown(socket.SHUT_WR)

    def _is_next(self, hold: Hold) -> bool:
        with self._lock:
            if self.reached.is_set() or self._accepted < hold.nth - 1:
                return False
            self.reached.set()
            return True

    def _is_held(self, answer: bytes) -> bool:
        """Counts this answer to a request that matches, and says whether it is the one to hold."""
        if not _ACCEPTED.match(answer):
            return False
        with self._lock:
            self._accepted += 1
            if self.hold is None or not self.hold.answer or self._accepted != self.hold.nth:
                return False
            self.reached.set()
            return True

    def _wait(self, client: socket.socket) -> None:
        self._open.wait()
        # What a dead client had asked is not carried out: it is as if it had died a moment earlier.
        if _is_gone(client):
            raise _Cut


def _is_gone(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    finally:
        client.setblocking(True)
