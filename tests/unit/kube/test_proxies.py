"""What is said of a proxy: its address and where it is named, once, never its password."""

import re
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.kube.api import Api, connect
from kubectl_netshoot.kube.proxies import proxy_for
from tests.unit.kube.apiserver import ApiServer
from tests.unit.kube.proxies import Proxy

SERVER = "http://api.example.test"


@pytest.fixture
def locked(server: ApiServer) -> Iterator[Proxy]:
    port = int(server.url.rpartition(":")[2])
    with Proxy("http", (port, port), ("me", "right")) as running:
        yield running


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def api(folder: Path, url: str = SERVER, **cluster: object) -> Api:
    kubeconfig = {
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": url, **cluster}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }
    return connect(kubeconfig, folder, "test", timeout=5.0)


def said(folder: Path, url: str = SERVER) -> str:
    with pytest.raises(ApiError) as caught:
        api(folder, url).request("GET", "/version")
    assert caught.value.code == 0
    return caught.value.message


REFUSED = r"cannot reach the API server: {} through the proxy {} \(HTTPS?_PROXY\): .*Connection refused"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "https://127.0.0.1:1", "socks5://127.0.0.1:1"])
def test_nobody_listens_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, proxy: str
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy".upper(), proxy)
    server = f"{scheme}://api.example.test"
    assert re.fullmatch(REFUSED.format(server, proxy), said(tmp_path, server))


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("login", "words"),
    [("", "wants a user and password"), ("me:wrong@", "does not take the user and password it was given")],
)
def test_it_wants_a_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locked: Proxy, scheme: str, login: str, words: str
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy".upper(), f"http://{login}127.0.0.1:{locked.port}")
    message = said(tmp_path, f"{scheme}://api.example.test")
    assert message == f"the proxy http://127.0.0.1:{locked.port} ({scheme.upper()}_PROXY) {words} (407)"


def test_its_name_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://me:hunter2@nobody.invalid:3128")
    message = said(tmp_path)
    assert "through the proxy http://nobody.invalid:3128 (HTTP_PROXY): " in message
    assert "resolve" in message
    assert "hunter2" not in message


def test_its_certificate_is_not_the_clusters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ApiServer
) -> None:
    """As in Go: whom the system trusts does not matter where the cluster names its authority."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    port = int(server.url.rpartition(":")[2])
    ours = tmp_path / "ca.crt"
    trustme.CA().cert_pem.write_to_path(str(ours))
    with Proxy("https", (port, port), tls=tls) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{proxy.port}")
        client = api(tmp_path, "https://api.example.test", **{"certificate-authority": str(ours)})
        with pytest.raises(ApiError, match=r"through the proxy .* certificate verify failed"):
            client.request("GET", "/version")
        assert proxy.hops == []


def test_every_request_goes_through_it_and_carries_its_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locked: Proxy
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://me:right@127.0.0.1:{locked.port}")
    client = api(tmp_path)
    client.request("GET", "/version")
    with client.open("GET", "/api/v1/pods", {"watch": "true"}) as response:
        assert response.status == 200
    assert [hop.login for hop in locked.hops] == [("me", "right")] * 2
    assert "right" not in repr(client)


NONE = [
    ("proxy", "http://[::1", "'http://[::1' is not a proxy URL"),
    ("proxy", "http:///", "'http:///' is not a proxy URL"),
    ("proxy", "http://me:hunter2@[::1", "what it says is not a proxy URL"),
    ("proxy", "http://me:hunter2/x@host", "what it says is not a proxy URL"),
    ("proxy", "http://host:0", "'http://host:0' is not a proxy URL"),
    ("proxy", "ftp://host", "'ftp://host' is not a proxy URL"),
    ("proxy-url", "host:3128", "'host:3128' is not a proxy URL"),
    ("proxy-url", "socks5h://host", "'socks5h://host' is not a proxy URL"),
    ("proxy-url", "http://host:99999", "'http://host:99999' is not a proxy URL"),
    ("proxy-url", "http://me:hunter2@host:x", "what it says is not a proxy URL"),
]


@pytest.mark.parametrize(("where", "value", "words"), NONE)
def test_what_is_no_proxy_is_quoted_where_no_password_can_be_in_it(
    where: str, value: str, words: str
) -> None:
    proxy_url, env = ("", {"HTTP_PROXY": value}) if where == "proxy" else (value, {})
    origin = "HTTP_PROXY" if where == "proxy" else where
    with pytest.raises(NetshootError) as caught:
        proxy_for(SERVER, proxy_url, env)
    assert caught.value.message == f"{origin}: {words}"
    assert caught.value.hint


def test_a_proxy_shows_no_login() -> None:
    proxy = proxy_for(SERVER, "", {"http_proxy": "http://me:hunter2@host"})
    assert proxy is not None
    assert (proxy.login, str(proxy)) == ((b"me", b"hunter2"), "http://host:80 (http_proxy)")
    assert "hunter2" not in repr(proxy)
