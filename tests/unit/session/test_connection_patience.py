"""A server that does not answer: what is shown at once, what is told, and that it is waited for once."""

import io
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.api import Api, connect
from kubectl_netshoot.kube.kubeconfig import Connection
from kubectl_netshoot.session import connection
from kubectl_netshoot.session.connection import Patience
from kubectl_netshoot.terminal import Terminal


class Screen(io.StringIO):
    """A stream that is a terminal, as far as anybody can ask."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(Terminal, "_live", None)
    return Screen()


def patient(screen: Screen, waited: list[float]) -> Patience:
    """Looks as often as there are seconds."""
    target = SimpleNamespace(server="https://api")
    api: Any = SimpleNamespace(unanswered=lambda: waited.pop(0), target=target, timeout=15.0)
    return Patience(api, Terminal(io.StringIO(), io.StringIO(), screen))


TOLD = "no answer from https://api for 5 s; giving up after 15 s (--request-timeout)\n"


def test_it_is_shown_while_it_lasts_and_told_once(screen: Screen) -> None:
    seconds = [0.3, 1.2, 4.8, 5.1, 5.6, 0.0, 5.2]
    patience = patient(screen, list(seconds))
    for _ in seconds:
        patience.look()
    shown = screen.getvalue().replace("\r\x1b[K", "|")
    live = "|waiting for an answer from https://api, {} s"
    assert shown == f"{live.format(1)}{live.format(4)}|{TOLD}{live.format(5)}|{TOLD}"


def test_nothing_is_written_while_a_child_has_the_screen(screen: Screen) -> None:
    patience = patient(screen, [9.0])
    with patience.terminal.lent():
        patience.look()
        patience.terminal.live("anything")
    assert screen.getvalue() == ""


def test_what_is_asked_is_on_the_screen_before_anything_is_asked(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(
        "{current-context: prod, clusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}], "
        "users: [{name: u, user: {}}], "
        "contexts: [{name: prod, context: {cluster: c, user: u, namespace: shop}}]}"
    )
    shown: list[str] = []

    def connecting(*words: Any) -> Api:
        shown.append(screen.getvalue())
        return connect(*words)

    monkeypatch.setattr(connection, "connect", connecting)
    terminal = Terminal(io.StringIO(), io.StringIO(), screen)
    with connection.reached(Connection(kubeconfig=str(kubeconfig)), terminal):
        terminal.end_live()
    assert shown[0].endswith("context prod · namespace shop: asking the API server")
    assert shown[0].startswith("\r\x1b[Kreading the kubeconfig")


def test_who_never_answers_is_waited_for_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, ThreadPoolExecutor(2) as pool:
        kubeconfig = {
            "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{mute.getsockname()[1]}"}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        }
        api = connect(kubeconfig, tmp_path, "test", 0.5)
        first = pool.submit(api.request, "GET", "/one")
        held = mute.accept()[0]
        assert api.unanswered() > 0
        with pytest.raises(ApiError) as told:
            first.result()
        assert api.unanswered() == 0
        with pytest.raises(ApiError) as again:
            api.request("GET", "/two")
        assert again.value.message == told.value.message
        mute.settimeout(0)
        with pytest.raises(BlockingIOError):
            mute.accept()
        held.close()
