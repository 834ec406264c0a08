"""What keeps the API server from answering: the reasons told apart, each with the next step, and asked for once."""

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.api import Fetch, connect
from kubectl_netshoot.kube.kubeconfig import Connection, Target
from tests.unit.kube.apiserver import ApiServer, failure

HERE = Target("prod", "", "", "shop", "", Connection(kubeconfig="my file").words)
FLAGS = "--context prod --kubeconfig 'my file'"
CONFIG, VERSION = f"try: kubectl config view --minify {FLAGS}", f"try: kubectl version {FLAGS}"
Server = Iterator[str]


@contextlib.contextmanager
def nobody() -> Server:
    with ApiServer() as server:
        url = server.url
    yield url


@contextlib.contextmanager
def silent() -> Server:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextlib.contextmanager
def untrusted() -> Server:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    with ApiServer(tls) as server:
        yield server.url


@contextlib.contextmanager
def without_tls() -> Server:
    with ApiServer() as server:
        yield server.url.replace("http:", "https:")


@contextlib.contextmanager
def nowhere() -> Server:
    yield "https://api.nowhere.invalid:6443"


@contextlib.contextmanager
def unauthorized() -> Server:
    with ApiServer() as server:
        server.answers = [failure(401, "Unauthorized", "Unauthorized")]
        yield server.url


@pytest.mark.parametrize(
    ("made", "says", "step"),
    [
        (
            nobody,
            "cannot reach context prod: {} refused the connection",
            f"is the cluster running? {VERSION}",
        ),
        (
            silent,
            "cannot reach context prod: no answer from {} within 0.3 s",
            f"is the cluster running? {VERSION}",
        ),
        (
            untrusted,
            "cannot reach context prod: the certificate of {} is not trusted: unable to get local issuer certificate",
            f"is certificate-authority that of this cluster? {CONFIG}",
        ),
        (without_tls, "cannot reach context prod: {} does not speak TLS", f"is the address right? {CONFIG}"),
        (
            nowhere,
            'cannot reach context prod: no host "api.nowhere.invalid"',
            f"is DNS or a VPN down, or the name wrong? {CONFIG}",
        ),
        (
            unauthorized,
            "not logged in to context prod (401)",
            f"renew your login, then try: kubectl auth whoami {FLAGS}",
        ),
    ],
)
def test_reasons_are_told_apart_without_waiting(
    made: Callable[[], contextlib.AbstractContextManager[str]], says: str, step: str, tmp_path: Path
) -> None:
    pauses: list[float] = []
    with made() as url, ApiServer() as other:
        kubeconfig = other.kubeconfig({"token": "t"}, server=url)
        api = connect(kubeconfig, tmp_path, "test", timeout=0.3, target=HERE)
        with pytest.raises(ApiError) as caught:
            Fetch(api, "shop", pauses.append).get("/version")
    assert caught.value.message == says.format(url)
    assert caught.value.hint == step
    assert pauses == []


def test_who_has_answered_before_is_asked_again(tmp_path: Path) -> None:
    pauses: list[float] = []
    with ApiServer() as server:
        fetch = Fetch(connect(server.kubeconfig({}), tmp_path, "test"), "shop", pauses.append)
        fetch.get("/version")
    with pytest.raises(ApiError, match="refused the connection"):
        fetch.get("/version")
    assert len(pauses) == 2


def test_the_flags_that_led_here_stand_in_the_next_step_and_no_credential() -> None:
    given = Connection(
        server="https://a b", token="s3cret", impersonate="jane", impersonate_groups=("x", "y")
    )
    assert Target("prod", "", "", "shop", "", given.words).words == (
        "-n shop --context prod --server 'https://a b' --as jane --as-group x --as-group y"
    )
