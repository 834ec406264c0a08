"""What a person is told while the API server does not answer: on the live line at once, in a line of its own later."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kubectl_netshoot.kube.api import Api
from kubectl_netshoot.terminal import Terminal

LOOK_SECONDS = 0.5
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
        while not over.wait(LOOK_SECONDS):
            patient.look()

    thread = threading.Thread(target=go_on, name="patience", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
