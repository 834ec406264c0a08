"""Who connects where: a real kubectl and we, in the same environment, with the same kubeconfig, through real proxies.

Names are resolved by the proxies alone. TCP to a multicast address fails at once: what goes there goes nowhere.
"""

import contextlib
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube.api import connect
from kubectl_netshoot.kube.kubeconfig import Connection, pin
from tests.unit.kube.apiserver import ApiServer
from tests.unit.kube.proxies import Hop, Proxy

KUBECTL = Path(sys.executable).with_name("kubectl")
NAMES = (
    *("127.0.0.1", "::1", "localhost", "10.1.2.3", "239.1.2.3", "2001:db8::5", "api.example.test"),
    *("proxy.example.test", "xn--bcher-kva.test", "example.test", "API.EXAMPLE.TEST"),
)
LOGIN = ("mé", "p@ss:w/ord%")
ENCODED = "m%C3%A9:p%40ss%3Aw%2Ford%25"
HIDDEN = ("p@ss:w/ord", "w%2Ford", "ss%3Aw")
DIRECT, NOWHERE = "direct", "nowhere"


@dataclass
class Street:
    """The servers of all cases, and the kubeconfig's place."""

    secure: ApiServer
    plain: ApiServer
    proxies: dict[str, Proxy]
    authority: str
    folder: Path

    def fill(self, text: str) -> str:
        ports = {name: f"127.0.0.1:{proxy.port}" for name, proxy in self.proxies.items()}
        return text.format(
            **ports,
            secure=self.secure.url.rpartition(":")[2],
            plain=self.plain.url.rpartition(":")[2],
            login=ENCODED,
            http_port=self.proxies["http"].port,
        )

    def way(self) -> tuple[frozenset[Hop], bool]:
        """What was asked since the last time: of the proxies, and of the API servers."""
        hops = frozenset(hop for proxy in self.proxies.values() for hop in proxy.hops)
        reached = bool(self.secure.asked or self.plain.asked)
        for proxy in self.proxies.values():
            proxy.hops.clear()
        self.secure.asked.clear()
        self.plain.asked.clear()
        return hops, reached


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder = tmp_path_factory.mktemp("street")
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*NAMES).configure_cert(tls)
    with contextlib.ExitStack() as stack:
        secure = stack.enter_context(ApiServer(tls))
        plain = stack.enter_context(ApiServer())
        backends = tuple(int(server.url.rpartition(":")[2]) for server in (secure, plain))
        assert len(backends) == 2
        made = {
            "http": Proxy("http", backends),
            "https": Proxy("https", backends, tls=tls),
            "socks": Proxy("socks", backends),
            "locked": Proxy("http", backends, LOGIN),
            "locked_https": Proxy("https", backends, LOGIN, tls),
            "locked_socks": Proxy("socks", backends, LOGIN),
        }
        for proxy in made.values():
            stack.enter_context(proxy)
        path = folder / "ca.crt"
        authority.cert_pem.write_to_path(str(path))
        yield Street(secure, plain, made, str(path), folder)


API = "https://api.example.test:6443"
THERE = "api.example.test:6443"
# The server; the cluster's other fields; the environment; the way: proxy's kind and target, direct, or nowhere.
Case = tuple[str, dict[str, Any], dict[str, str], str]


def through(value: str, server: str = API, target: str = THERE, kind: str = "http", **env: str) -> Case:
    return server, {}, {"HTTPS_PROXY": value, **env}, f"{kind} {target}"


def unsafe(way: str, server: str = "http://api.example.test", **env: str) -> Case:
    """A server without TLS."""
    return server, {}, env, way


def without(no_proxy: str, server: str, way: str = NOWHERE) -> Case:
    return server, {}, {"HTTPS_PROXY": "{http}", "NO_PROXY": no_proxy}, way


def named(proxy_url: str, way: str, server: str = API, **env: str) -> Case:
    return server, {"proxy-url": proxy_url}, env, way


HERE = "https://127.0.0.1:{secure}"
CASES: dict[str, Case] = {
    # Which variable
    "no proxy at all": (HERE, {}, {}, DIRECT),
    "upper case": through("http://{http}"),
    "lower case": (API, {}, {"https_proxy": "http://{http}"}, f"http {THERE}"),
    "both": through("http://{http}", https_proxy="http://{socks}"),
    "an empty one is none": (API, {}, {"HTTPS_PROXY": "", "https_proxy": "{http}"}, f"http {THERE}"),
    "the other scheme's": (API, {}, {"HTTP_PROXY": "http://{http}"}, NOWHERE),
    "http": unsafe("http api.example.test", HTTP_PROXY="{http}"),
    "http, the other scheme's": unsafe(NOWHERE, HTTPS_PROXY="{http}"),
    "all_proxy": (API, {}, {"ALL_PROXY": "{http}", "all_proxy": "{http}"}, NOWHERE),
    "as a CGI program": unsafe(NOWHERE, HTTP_PROXY="{http}", REQUEST_METHOD="GET"),
    "as a CGI program, to here": unsafe(
        NOWHERE, "http://127.0.0.1:{plain}", HTTP_PROXY="{http}", REQUEST_METHOD="GET"
    ),
    "as a CGI program, by https": through("{http}", REQUEST_METHOD="GET"),
    "http in lower case": unsafe("http api.example.test", http_proxy="{http}"),
    "as a CGI program, in lower case": unsafe(NOWHERE, http_proxy="{http}", REQUEST_METHOD="GET"),
    "an empty method is no CGI program": unsafe(
        "http api.example.test", HTTP_PROXY="{http}", REQUEST_METHOD=""
    ),
    "mixed case is none": (API, {}, {"Https_Proxy": "{http}"}, NOWHERE),
    # What its value may be
    "host and port alone": through("{http}"),
    "a scheme in capitals": through("HTTP://{http}"),
    "a path behind it": through("http://{http}/x?y#z"),
    "a space in the path": through("http://{http}/a b"),
    "an escape that is none in the path": (API, {}, {"HTTPS_PROXY": "http://{http}/%zz"}, NOWHERE),
    "an escape that is none in the query": through("http://{http}/?%zz"),
    "an escape that is none in the fragment": (API, {}, {"HTTPS_PROXY": "http://{http}/#%zz"}, NOWHERE),
    "two slashes without a scheme": (API, {}, {"HTTPS_PROXY": "//{http}"}, NOWHERE),
    "a space in front": (API, {}, {"HTTPS_PROXY": " http://{http}"}, NOWHERE),
    "the proxy by an address of IPv6": through("http://[::ffff:127.0.0.1]:{http_port}"),
    "the proxy by its name": through("http://localhost:{http_port}"),
    "zeros before the port": through("http://127.0.0.1:0{http_port}"),
    "port zero": (API, {}, {"HTTPS_PROXY": "http://127.0.0.1:0"}, NOWHERE),
    "a user without a host": (API, {}, {"HTTPS_PROXY": "http://u:p@:80"}, NOWHERE),
    "a scheme alone": (API, {}, {"HTTPS_PROXY": "http://"}, NOWHERE),
    "a word": (API, {}, {"HTTPS_PROXY": "foo"}, NOWHERE),
    "https": through("https://{https}", kind="https"),
    "https and a server by http": (
        "http://api.example.test:80",
        {},
        {"HTTP_PROXY": "https://{https}"},
        NOWHERE,
    ),
    "socks5": through("socks5://{socks}", kind="socks"),
    "socks5h": through("socks5h://{socks}", kind="socks"),
    "socks5 and a server by http": (
        "http://api.example.test",
        {},
        {"HTTP_PROXY": "socks5://{socks}"},
        "socks api.example.test:80",
    ),
    "socks5 and an address": through("socks5://{socks}", "https://10.1.2.3", "10.1.2.3:443", "socks"),
    "socks5 and an address of IPv6": through(
        "socks5://{socks}", "https://[2001:db8::5]:6443", "[2001:db8::5]:6443", "socks"
    ),
    "a scheme that Go does not know": through("ftp://{http}"),
    "no host, which is this one": through(":{http_port}"),
    "control characters are none": (API, {}, {"HTTPS_PROXY": "http://{http}\r"}, NOWHERE),
    "a space": (API, {}, {"HTTPS_PROXY": "http://{http} "}, NOWHERE),
    "no URL with http before it either": (API, {}, {"HTTPS_PROXY": "%zz"}, NOWHERE),
    "no URL, and a server that is here": (HERE, {}, {"HTTPS_PROXY": "http://[::1"}, DIRECT),
    "no port that there is": (API, {}, {"HTTPS_PROXY": "http://127.0.0.1:99999"}, NOWHERE),
    "a port that nobody listens on": (API, {}, {"HTTPS_PROXY": "http://127.0.0.1:1"}, NOWHERE),
    "a proxy that no one knows": (API, {}, {"HTTPS_PROXY": "http://no.example.test:1"}, NOWHERE),
    "socks5 that nobody listens on": (API, {}, {"HTTPS_PROXY": "socks5://127.0.0.1:1"}, NOWHERE),
    "http to a proxy by TLS": (API, {}, {"HTTPS_PROXY": "http://{https}"}, NOWHERE),
    "https to a proxy without": (API, {}, {"HTTPS_PROXY": "https://{http}"}, NOWHERE),
    # User and password
    "a login": through("http://{login}@{locked}"),
    "a login by TLS": through("https://{login}@{locked_https}", kind="https"),
    "a login by socks5": through("socks5://{login}@{locked_socks}", kind="socks"),
    "a login for who wants none": through("http://{login}@{http}"),
    "a login for socks5 that wants none": through("socks5://{login}@{socks}", kind="socks"),
    "a user alone for socks5 that wants none": through("socks5://me@{socks}", kind="socks"),
    "an empty user": through("http://:secret@{http}"),
    "an empty login": through("http://@{http}"),
    "a login without a scheme": through("{login}@{locked}"),
    "a user alone": through("http://me@{http}"),
    "an at sign that is not encoded": through("http://a@b:c@{http}"),
    "a login and a server by http": (
        "http://api.example.test",
        {},
        {"HTTP_PROXY": "http://{login}@{locked}"},
        "http api.example.test",
    ),
    "a plus in a password": through("http://me:a+b%2Bc%20d@{http}"),
    "an escape that is none in a password": (API, {}, {"HTTPS_PROXY": "http://me:a%zz@{http}"}, NOWHERE),
    "no login": (API, {}, {"HTTPS_PROXY": "http://{locked}"}, f"http {THERE} refused"),
    "no login, by http": (
        "http://api.example.test",
        {},
        {"HTTP_PROXY": "http://{locked}"},
        "http api.example.test refused",
    ),
    "a wrong login": (API, {}, {"HTTPS_PROXY": "http://me:wrong@{locked}"}, f"http {THERE} refused"),
    "a wrong login by TLS": (
        API,
        {},
        {"HTTPS_PROXY": "https://me:wrong@{locked_https}"},
        f"https {THERE} refused",
    ),
    "a wrong login by socks5": (
        API,
        {},
        {"HTTPS_PROXY": "socks5://me:wrong@{locked_socks}"},
        "socks  refused",
    ),
    "no login by socks5": (API, {}, {"HTTPS_PROXY": "socks5://{locked_socks}"}, "socks  refused"),
    # What is never proxied
    "this machine": (HERE, {}, {"HTTPS_PROXY": "http://{http}"}, DIRECT),
    "this machine by name": ("https://localhost:{secure}", {}, {"HTTPS_PROXY": "http://{http}"}, DIRECT),
    "this machine by IPv6": ("https://[::1]:1", {}, {"HTTPS_PROXY": "http://{http}"}, NOWHERE),
    "this machine as IPv4 in IPv6": (
        "https://[::ffff:127.0.0.1]:1",
        {},
        {"HTTPS_PROXY": "http://{http}"},
        NOWHERE,
    ),
    "another address of this machine": ("https://127.8.8.8:1", {}, {"HTTPS_PROXY": "{http}"}, NOWHERE),
    "in capitals it is a name": through("{http}", "https://LOCALHOST:1", "localhost:1"),
    "with a dot it is a name": through("{http}", "https://localhost.:1", "localhost.:1"),
    "an address cut short is a name": through("{http}", "https://127.1:1", "127.1:1 refused"),
    "an address of all is not this machine": through("{http}", "https://0.0.0.0:1", "0.0.0.0:1 refused"),
    "below localhost": through("{http}", "https://x.localhost:1", "x.localhost:1 refused"),
    # NO_PROXY
    "the name": without("api.example.test", API),
    "the name in capitals": without("API.Example.TEST", API),
    "the server in capitals": without("api.example.test", "https://API.EXAMPLE.TEST:6443"),
    "in lower case": (API, {}, {"HTTPS_PROXY": "{http}", "no_proxy": "api.example.test"}, NOWHERE),
    "an empty upper case": (
        API,
        {},
        {"HTTPS_PROXY": "{http}", "NO_PROXY": "", "no_proxy": "api.example.test"},
        NOWHERE,
    ),
    "upper case goes first": (
        API,
        {},
        {"HTTPS_PROXY": "{http}", "NO_PROXY": "x", "no_proxy": "api.example.test"},
        f"http {THERE}",
    ),
    "a domain": without("example.test", API),
    "a domain is itself": without("example.test", "https://example.test"),
    "half a name": without("ample.test", API, f"http {THERE}"),
    "a domain with a dot": without(".example.test", API),
    "a domain with a dot is not itself": without(
        ".example.test", "https://example.test", "http example.test:443"
    ),
    "a star and a dot": without("*.example.test", API),
    "a star and a dot is not itself": without(
        "*.example.test", "https://example.test", "http example.test:443"
    ),
    "a star in front": without("*example.test", API, f"http {THERE}"),
    "a star": without("*", API),
    "a star among others": without("x, * ,y", API),
    "a star with a port": without("*:6443", API, f"http {THERE}"),
    "spaces and empty ones": without(" ,, api.example.test ,", API),
    "spaces alone do not part": without("x api.example.test", API, f"http {THERE}"),
    "a dot at the end of the server": without(
        "example.test", "https://api.example.test.:6443", "http api.example.test.:6443"
    ),
    "a dot at the end of both": without("example.test.", "https://api.example.test.:6443"),
    "a port": without("api.example.test:6443", API),
    "a port of a domain": without(".example.test:6443", API),
    "another port": without("api.example.test:443", API, f"http {THERE}"),
    "the port of the scheme": without("api.example.test:443", "https://api.example.test"),
    "an empty port": without("api.example.test:", API),
    "a port alone": without(":6443", API, f"http {THERE}"),
    "a URL": without("https://api.example.test", API, f"http {THERE}"),
    "an address": without("239.1.2.3", "https://239.1.2.3:6443"),
    "an address and its port": without("239.1.2.3:6443", "https://239.1.2.3:6443"),
    "an address and another port": without("239.1.2.3:443", "https://239.1.2.3:6443", "http 239.1.2.3:6443"),
    "a network": without("239.0.0.0/8", "https://239.1.2.3:6443"),
    "a network by one of it": without("239.9.9.9/8", "https://239.1.2.3:6443"),
    "another network": without("10.0.0.0/16", "https://10.1.2.3:6443", "http 10.1.2.3:6443"),
    "a network with a mask": without("10.0.0.0/255.0.0.0", "https://10.1.2.3", "http 10.1.2.3:443"),
    "a network that is none": without("10.0.0.0/33", "https://10.1.2.3", "http 10.1.2.3:443"),
    "an address cut short": without("10.1.", "https://10.1.2.3", "http 10.1.2.3:443"),
    "a domain that ends like an address": without("3", "https://10.1.2.3", "http 10.1.2.3:443"),
    "an address of IPv6": without("ff05::5", "https://[ff05:0::5]:1"),
    "an address of IPv6 in brackets": without(
        "[2001:db8::5]", "https://[2001:db8::5]:6443", "http [2001:db8::5]:6443"
    ),
    "an address of IPv6 and its port": without("[ff05::5]:6443", "https://[ff05::5]:6443"),
    "a network of IPv6": without("ff05::/32", "https://[ff05::5]:1"),
    "an address as IPv4 in IPv6": without("::ffff:239.1.2.3", "https://239.1.2.3:1"),
    "a name beyond ASCII": without("bücher.test", "https://bücher.test:1"),
    "a domain beyond ASCII": without("bücher.test", "https://api.bücher.test:1"),
    "a domain beyond ASCII with a dot": without(".bücher.test", "https://api.bücher.test:1"),
    "quotation marks": (API, {}, {"HTTPS_PROXY": '"http://{http}"'}, NOWHERE),
    "all addresses": without("0.0.0.0/0", "https://239.1.2.3"),
    "all addresses of IPv6": without("::/0", "https://239.1.2.3", "http 239.1.2.3:443"),
    "a server as IPv4 in IPv6": without("239.0.0.0/8", "https://[::ffff:239.1.2.3]"),
    "zeros before an address": without("239.01.2.3", "https://239.1.2.3", "http 239.1.2.3:443"),
    "two stars": without("*.*", API, f"http {THERE}"),
    "the last label": without("test", API),
    "semicolons do not part": without("x;api.example.test", API, f"http {THERE}"),
    "a dot at the end of it alone": without("api.example.test.", API, f"http {THERE}"),
    "two dots in front": without("..example.test", API, f"http {THERE}"),
    "the name as DNS has it": without("xn--bcher-kva.test", "https://bücher.test:1"),
    "a network and a port": without("239.0.0.0/8:6443", "https://239.1.2.3:6443", "http 239.1.2.3:6443"),
    "zeros before the length of a network": without("239.0.0.0/08", "https://239.1.2.3:6443"),
    "a network of none": without("239.0.0.0/", "https://239.1.2.3:6443", "http 239.1.2.3:6443"),
    "a network of IPv6 in brackets": without(
        "[2001:db8::]/32", "https://[2001:db8::5]:6443", "http [2001:db8::5]:6443"
    ),
    "another network of IPv6": without(
        "2001:db9::/32", "https://[2001:db8::5]:6443", "http [2001:db8::5]:6443"
    ),
    "a network of IPv6 in capitals": without("FF05::/16", "https://[ff05::5]:1"),
    "a network as IPv4 in IPv6": without("::ffff:239.0.0.0/104", "https://239.1.2.3:1"),
    "rubbish": without("!!,[,],:,/,%zz,*.,.", API, f"http {THERE}"),
    # proxy-url
    "proxy-url": named("http://{http}", f"http {THERE}"),
    "proxy-url before the environment": named(
        "http://{http}", f"http {THERE}", HTTPS_PROXY="socks5://{socks}"
    ),
    "proxy-url to this machine": named("http://{http}", "http 127.0.0.1:{secure}", HERE),
    "proxy-url knows no exceptions": named("http://{http}", f"http {THERE}", NO_PROXY="*"),
    "proxy-url for http": named("http://{http}", "http api.example.test", "http://api.example.test"),
    "proxy-url by TLS": named("https://{https}", f"https {THERE}"),
    "proxy-url by TLS with a login": named("https://{login}@{locked_https}", f"https {THERE}"),
    "proxy-url by socks5": named("socks5://{socks}", f"socks {THERE}"),
    "proxy-url by socks5 with a login": named("socks5://{login}@{locked_socks}", f"socks {THERE}"),
    "proxy-url by socks5 to this machine": named(
        "socks5://{socks}", "socks localhost:1", "https://localhost:1"
    ),
    "proxy-url as a CGI program": named(
        "http://{http}", "http api.example.test", "http://api.example.test", REQUEST_METHOD="GET"
    ),
    "proxy-url by socks5h": named("socks5h://{socks}", NOWHERE),
    "proxy-url without a scheme": named("{http}", NOWHERE),
    "proxy-url of another scheme": named("ftp://{http}", NOWHERE),
    "proxy-url that is none": named("http://[::1", NOWHERE),
    "proxy-url without a host": named("http:///", NOWHERE),
    "proxy-url with a user and no host": named("http://u:p@:1", NOWHERE),
    "proxy-url whose port is too large": named("http://127.0.0.1:99999", NOWHERE),
    "proxy-url with an escape that is none": named("http://{http}/%zz", NOWHERE),
    "proxy-url with a space behind it": named("http://{http} ", NOWHERE),
    "proxy-url of IPv6": named("http://[::ffff:127.0.0.1]:{http_port}", f"http {THERE}"),
    "proxy-url with a wrong login": named("http://me:wrong@{locked}", f"http {THERE} refused"),
    # The server's address
    "no scheme is http": ("127.0.0.1:{plain}", {}, {}, DIRECT),
    "no scheme is http whatever certificates there are": (
        "api.example.test:6443",
        {},
        {"HTTP_PROXY": "{http}"},
        f"http {THERE}",
    ),
    "no scheme and a path": ("127.0.0.1:{plain}/x", {}, {}, NOWHERE),
    "no scheme and a slash": ("127.0.0.1:{plain}/", {}, {}, DIRECT),
    "a path": (f"{HERE}/clusters/a", {}, {}, DIRECT),
    "a path and a slash": (f"{HERE}/clusters/a/", {}, {}, DIRECT),
    "a query": (f"{HERE}/x?y=z", {}, {}, DIRECT),
    "a query alone": (f"{HERE}?y=z", {}, {}, DIRECT),
    "no port": through("{http}", "https://api.example.test", "api.example.test:443"),
    "an empty port of the server": through("{http}", "https://api.example.test:", "api.example.test:443"),
    "IPv6": through("{http}", "https://[2001:db8::5]", "[2001:db8::5]:443"),
    "a dot": through("{http}", "https://api.example.test.", "api.example.test.:443"),
    "beyond ASCII": through("{http}", "https://bücher.test:6443", "xn--bcher-kva.test:6443"),
    "beyond ASCII by socks5": through(
        "socks5://{socks}", "https://BÜCHER.test", "xn--bcher-kva.test:443", "socks"
    ),
    "a scheme in capitals too": ("HTTPS://127.0.0.1:{secure}", {}, {}, DIRECT),
    "another scheme": ("ftp://127.0.0.1:{secure}", {}, {}, NOWHERE),
    "no scheme and two slashes": ("//127.0.0.1:{secure}", {}, {}, NOWHERE),
    # TLS through a proxy
    "tls-server-name": (
        "https://other.test",
        {"tls-server-name": "api.example.test"},
        {"HTTPS_PROXY": "{http}"},
        "http other.test:443",
    ),
    "tls-server-name holds for the proxy": (
        API,
        {"tls-server-name": "proxy.example.test"},
        {"HTTPS_PROXY": "https://{https}"},
        f"https {THERE}",
    ),
    "tls-server-name that the proxy does not have": (
        API,
        {"tls-server-name": "other.test"},
        {"HTTPS_PROXY": "https://{https}"},
        NOWHERE,
    ),
    "a name that is not in the certificate": (
        "https://other.test",
        {},
        {"HTTPS_PROXY": "{http}"},
        "http other.test:443 refused",
    ),
    "whatever the certificate": (
        "https://other.test",
        {"insecure-skip-tls-verify": True},
        {"HTTPS_PROXY": "https://{https}"},
        "https other.test:443",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_we_go_where_kubectl_goes(
    street: Street, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, case: str
) -> None:
    server, fields, env, way = CASES[case]
    cluster = {"server": street.fill(server)} | {
        key: street.fill(value) if isinstance(value, str) else value for key, value in fields.items()
    }
    if "insecure-skip-tls-verify" not in cluster:
        cluster["certificate-authority"] = street.authority
    path = tmp_path / "config"
    path.write_text(json.dumps(_kubeconfig(cluster)))
    for name in [name for name in os.environ if name.lower().endswith("_proxy") or name == "REQUEST_METHOD"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(KUBECTL))
    for name, value in env.items():
        monkeypatch.setenv(name, street.fill(value))
    street.way()
    theirs = _theirs(path), *street.way()
    ours, said = _ours(path, tmp_path)
    assert (ours, *street.way()) == theirs, said
    assert _in_words(*theirs) == street.fill(way)
    # One line, and beside it at most the next step.
    assert all(line.strip().startswith("try: ") for line in said.splitlines()[1:])
    assert said.count("\n") < 2
    assert not any(part in said for part in (*HIDDEN, "wrong@", "me:wrong"))


def _kubeconfig(cluster: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }


def _theirs(kubeconfig: Path) -> bool:
    argv = [str(KUBECTL), f"--kubeconfig={kubeconfig}", "--request-timeout=10s", "get", "--raw", "/version"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode == 0


def _ours(kubeconfig: Path, folder: Path) -> tuple[bool, str]:
    try:
        with pin(Connection(kubeconfig=str(kubeconfig))) as pinned:
            connect(pinned.kubeconfig, folder, "test", timeout=10.0).request("GET", "/version")
    except NetshootError as error:
        return False, f"{error.message} {error.hint}"
    return True, ""


def _in_words(worked: bool, hops: frozenset[Hop], reached: bool) -> str:
    if not hops:
        return DIRECT if worked and reached else NOWHERE
    (hop,) = hops
    return f"{hop.kind} {hop.target}{'' if worked else ' refused'}"
