"""Watches only wake us: whatever a server sends or does not send, nobody is told a lie and no thread dies of it."""

import json
import threading

import pytest

from kubectl_netshoot.kube import watch
from kubectl_netshoot.kube.api import Api
from kubectl_netshoot.kube.watch import Watcher
from tests.unit.kube.apiserver import Answer, ApiServer, Asked, failure

WAIT = 5.0
MODIFIED = {"type": "MODIFIED", "object": {"kind": "Pod"}}
BOOKMARK = {"type": "BOOKMARK", "object": {"kind": "Pod"}}
GONE = {"type": "ERROR", "object": {"kind": "Status", "code": 410}}


def events(*found: object) -> Answer:
    return Answer(b"".join(json.dumps(event).encode() + b"\n" for event in found))


class Wakes:
    """Counts wakes, and how often the server was asked; lets a test wait for either."""

    def __init__(self, server: ApiServer, *answers: Answer) -> None:
        self.count = 0
        self.again = threading.Event()
        self._answers = list(answers)
        self._server = server
        server.decide = self._decide

    def wake(self) -> None:
        self.count += 1

    def _decide(self, _asked: Asked) -> Answer:
        if self._answers:
            return self._answers.pop(0)
        self.again.set()
        self._server.released.wait(WAIT)
        return events()


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "AGAIN_SECONDS", 0.0)


def watched(api: Api, wakes: Wakes) -> None:
    """Watch until all answers were given and the watch has come back for more."""
    watcher = Watcher(api, "shop", wakes.wake)
    watcher.watch_pod("copy")
    assert wakes.again.wait(WAIT)
    watcher.stop()


def test_what_is_asked_for(api: Api, server: ApiServer) -> None:
    watched(api, Wakes(server))
    path = server.asked[0].path
    assert path.startswith("/api/v1/namespaces/shop/pods?fieldSelector=metadata.name%3Dcopy&watch=true")
    assert "resourceVersion=" not in path


def test_a_change_wakes_and_a_bookmark_does_not(api: Api, server: ApiServer) -> None:
    wakes = Wakes(server, events(MODIFIED), events(BOOKMARK))
    watched(api, wakes)
    assert wakes.count == 1


NOISE = {
    "garbage": Answer(b"<html>\n"),
    "an array": Answer(b"[1]\n"),
    "a number": Answer(b"7\n"),
    "null": Answer(b"null\n"),
    "no type": Answer(b"{}\n"),
    "too old": events(GONE),
    "a cut": Answer(json.dumps(MODIFIED).encode() + b"\n", cut=True),
    "bytes": Answer(b"\xff\xfe\n"),
    "nesting": Answer(b"[" * 100_000 + b"\n"),
}


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_what_cannot_be_understood_wakes_and_the_watch_goes_on(
    api: Api, server: ApiServer, noise: Answer
) -> None:
    wakes = Wakes(server, noise, events(MODIFIED))
    watched(api, wakes)
    assert wakes.count == 2


PASSING = [
    failure(410, "Expired"),
    failure(500, "InternalError"),
    failure(429, "TooManyRequests"),
    failure(401, "Un"),
]


@pytest.mark.parametrize("answer", PASSING)
def test_a_watch_that_is_refused_for_now_is_begun_again(api: Api, server: ApiServer, answer: Answer) -> None:
    wakes = Wakes(server, answer, events(MODIFIED))
    watched(api, wakes)
    assert wakes.count == 1


@pytest.mark.parametrize("code", [403, 404])
def test_a_watch_that_is_refused_for_good_ends(api: Api, server: ApiServer, code: int) -> None:
    server.answers = [failure(code, "No")]
    before = set(threading.enumerate())
    Watcher(api, "shop", lambda: None).watch_endpoints(("web",))
    for thread in set(threading.enumerate()) - before:
        if thread.name == "watch":
            thread.join(WAIT)
            assert not thread.is_alive()
    assert len(server.asked) == 1
    assert "labelSelector=kubernetes.io%2Fservice-name%20in%20%28web%29" in server.asked[0].path


def test_no_services_no_watch(api: Api, server: ApiServer) -> None:
    before = threading.active_count()
    Watcher(api, "shop", lambda: None).watch_endpoints(())
    assert threading.active_count() == before
    assert server.asked == []
