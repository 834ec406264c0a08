"""The way to one API server for one command: pinned, and told about as long as it does not answer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kubectl_netshoot import __version__
from kubectl_netshoot.kube.api import Api, Fetch, connect, preload
from kubectl_netshoot.kube.kubeconfig import Connection, Pinned, pin
from kubectl_netshoot.rules.request import parse_duration
from kubectl_netshoot.terminal import Terminal

USER_AGENT = f"kubectl-netshoot/{__version__}"
PATIENCE_SECONDS = 0.5
# A server that is far away takes a second; after so many it is told, whether there is a live line or not.
SHOWN_SECONDS, TOLD_SECONDS = 1.0, 5.0


@dataclass
class Patience:
    """Looks now and then for how long a request has waited; `told` once, and again after the next answer."""

    api: Api
    terminal: Terminal
    told: bool = False

    def look(self) -> None:
        """Say what there is to say now; nothing while a child has the screen."""
        waited, server = self.api.unanswered(), self.api.target.server
        if waited < SHOWN_SECONDS or self.terminal.is_lent:
            self.told = False
        elif waited >= TOLD_SECONDS and not self.told:
            self.told = True
            until = f"giving up after {self.api.timeout:g} s (--request-timeout)"
            self.terminal.say(f"no answer from {server} for {int(waited)} s; {until}")
        else:
            self.terminal.live(f"waiting for an answer from {server}, {int(waited)} s")


@contextmanager
def patience(api: Api, terminal: Terminal) -> Iterator[None]:
    """Look until the body ends."""
    patient, over = Patience(api, terminal), threading.Event()

    def go_on() -> None:
        while not over.wait(PATIENCE_SECONDS):
            patient.look()

    thread = threading.Thread(target=go_on, name="patience", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def reached(connection: Connection, terminal: Terminal) -> Iterator[tuple[Pinned, Fetch]]:
    """Pin the target and read from it; the private kubeconfig is gone afterwards."""
    preload()
    terminal.live("reading the kubeconfig")
    with pin(connection) as pinned:
        terminal.live(f"{pinned.target.place}: asking the API server")
        timeout = seconds(connection.request_timeout)
        api = connect(pinned.kubeconfig, pinned.folder, USER_AGENT, timeout, pinned.target)
        with patience(api, terminal):
            yield pinned, Fetch(api, pinned.target.namespace)


def seconds(request_timeout: str) -> float:
    """--request-timeout in seconds; 0 or nothing means our own default, since no answer must not mean no end."""
    if not request_timeout:
        return 15.0
    plain = request_timeout if not request_timeout.isdigit() else f"{request_timeout}s"
    return parse_duration(plain, "--request-timeout").total_seconds() or 15.0
