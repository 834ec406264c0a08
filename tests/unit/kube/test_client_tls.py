"""Whom we trust: a real kubectl and we, with the same kubeconfig, before servers with all sorts of certificates."""

import base64
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube.api import connect
from kubectl_netshoot.kube.client import new_context, trust, trust_system
from kubectl_netshoot.kube.kubeconfig import Connection, pin
from tests.unit.kube.apiserver import ApiServer
from tests.unit.kube.certificates import Issued, authority, server, serving

KUBECTL = Path(sys.executable).with_name("kubectl")
ROOT = authority("root")
OTHER = authority("other")
MODERN = authority("modern", identifiers=True)
BETWEEN = authority("between", by=ROOT)
HERE = ("127.0.0.1",)
ALONE = server(HERE, None)
MINE = server((), OTHER, common_name="me")
BROKEN = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@dataclass(frozen=True)
class Case:
    """What the server shows, whom the kubeconfig trusts, what else stands in it, and whether that is enough."""

    works: bool
    shown: Sequence[Issued]
    trusted: str = ROOT.pem
    cluster: dict[str, object] = field(default_factory=dict)
    user: dict[str, str] = field(default_factory=dict)
    clients: Issued | None = None


def named(works: bool, names: Sequence[str], tls_server_name: str) -> Case:
    return Case(works, [server(names, ROOT)], cluster={"tls-server-name": tls_server_name})


def encoded(pem: str) -> str:
    return base64.b64encode(pem.encode()).decode()


PAIR = {"client-certificate-data": encoded(MINE.pem), "client-key-data": encoded(MINE.key_pem)}
CASES = {
    "a CA without key identifiers": Case(True, [server(HERE, ROOT)]),
    "a CA with them": Case(True, [server(HERE, MODERN)], MODERN.pem),
    "another CA": Case(False, [server(HERE, ROOT)], OTHER.pem),
    "no CA of the kubeconfig": Case(False, [server(HERE, ROOT)], ""),
    "several CAs": Case(True, [server(HERE, ROOT)], OTHER.pem + ROOT.pem),
    "words between them": Case(
        True, [server(HERE, ROOT)], f"subject: x\n{OTHER.pem}\nsubject: y\n{ROOT.pem}\n"
    ),
    "a key beside them": Case(True, [server(HERE, ROOT)], OTHER.key_pem + ROOT.pem),
    "a broken one among them": Case(True, [server(HERE, ROOT)], BROKEN + ROOT.pem),
    "broken ones only": Case(False, [server(HERE, ROOT)], BROKEN),
    "no PEM": Case(False, [server(HERE, ROOT)], "x"),
    "a chain": Case(True, [server(HERE, BETWEEN), BETWEEN]),
    "a chain that is not whole": Case(False, [server(HERE, BETWEEN)]),
    "a CA in the middle is enough": Case(True, [server(HERE, BETWEEN), BETWEEN], BETWEEN.pem),
    "a CA in the middle, and it alone is shown": Case(True, [server(HERE, BETWEEN)], BETWEEN.pem),
    "signed by itself": Case(True, [ALONE], ALONE.pem),
    "signed by itself, and not trusted": Case(False, [ALONE]),
    "expired": Case(False, [server(HERE, ROOT, ended=True)]),
    "the name in the subject alone": Case(False, [server((), ROOT, common_name="127.0.0.1")]),
    "the address as a name": Case(False, [server(("localhost",), ROOT)]),
    "another address": Case(False, [server(("127.0.0.2",), ROOT)]),
    "tls-server-name": named(True, ["api.test"], "api.test"),
    "tls-server-name in capitals": named(True, ["api.test"], "API.test"),
    "tls-server-name with a dot": named(True, ["api.test"], "api.test."),
    "tls-server-name that is not there": named(False, ["api.test"], "other.test"),
    "tls-server-name in the place of the address": named(False, HERE, "api.test"),
    "tls-server-name that is an address": named(True, ["10.0.0.1"], "10.0.0.1"),
    "tls-server-name that is an address, and not there": named(False, HERE, "10.0.0.1"),
    "tls-server-name that is an address of IPv6": named(True, ["fd00::1"], "fd00::1"),
    "tls-server-name that is an address in brackets": named(True, ["fd00::1"], "[fd00::1]"),
    "a star": named(True, ["*.example.test"], "api.example.test"),
    "a star for two": named(False, ["*.example.test"], "a.api.example.test"),
    "a star in a word": named(False, ["a*.example.test"], "api.example.test"),
    "a star that is an address": named(False, ["*.0.0.1"], "10.0.0.1"),
    "tls-server-name in the subject alone": Case(
        False, [server((), ROOT, common_name="api.test")], cluster={"tls-server-name": "api.test"}
    ),
    "insecure": Case(True, [ALONE], "", {"insecure-skip-tls-verify": True}),
    "insecure and expired, for another": Case(
        True, [server(["x.test"], ROOT, ended=True)], "", {"insecure-skip-tls-verify": True}
    ),
    "insecure and tls-server-name": Case(
        True, [ALONE], "", {"insecure-skip-tls-verify": True, "tls-server-name": "x.test"}
    ),
    "a client certificate": Case(True, [server(HERE, ROOT)], user=PAIR, clients=OTHER),
    "a client certificate and insecure": Case(
        True, [ALONE], "", {"insecure-skip-tls-verify": True}, PAIR, OTHER
    ),
    "no client certificate where one is wanted": Case(False, [server(HERE, ROOT)], clients=OTHER),
    "a client certificate with another's key": Case(
        False,
        [server(HERE, ROOT)],
        user={**PAIR, "client-key-data": encoded(ALONE.key_pem)},
        clients=OTHER,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_we_trust_whom_kubectl_trusts(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = CASES[case]
    with ApiServer(serving(wanted.shown, tmp_path / "server", wanted.clients)) as running:
        trusted = {"certificate-authority-data": encoded(wanted.trusted)} if wanted.trusted else {}
        kubeconfig = running.kubeconfig(wanted.user or {"token": "t"}, **trusted, **wanted.cluster)
        theirs, ours = _both(kubeconfig, tmp_path, monkeypatch)
        assert (theirs, ours) == (wanted.works, wanted.works)
        assert len(running.asked) == 2 * wanted.works


def _both(kubeconfig: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[bool, bool]:
    path = folder / "config"
    path.write_text(json.dumps(kubeconfig))
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(KUBECTL))
    argv = [str(KUBECTL), f"--kubeconfig={path}", "--request-timeout=20s", "get", "--raw", "/version"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    try:
        with pin(Connection(kubeconfig=str(path))) as pinned:
            connect(pinned.kubeconfig, folder, "test", timeout=20.0).request("GET", "/version")
    except NetshootError:
        return done.returncode == 0, False
    return done.returncode == 0, True


def _one_file(folder: Path) -> dict[str, str]:
    (folder / "roots.pem").write_text(OTHER.pem + ROOT.pem)
    return {"SSL_CERT_FILE": str(folder / "roots.pem"), "SSL_CERT_DIR": str(folder / "none")}


def _folders(folder: Path) -> dict[str, str]:
    for name, issued in (("a", OTHER), ("b", ROOT)):
        (folder / name).mkdir()
        (folder / name / "any-name").write_text(issued.pem)
    return {"SSL_CERT_FILE": str(folder / "none"), "SSL_CERT_DIR": f"{folder / 'a'}:{folder / 'b'}"}


def _only_a_link(folder: Path) -> dict[str, str]:
    """Go leaves out a link to another name in the same folder, and takes one that leads elsewhere."""
    (folder / "a").mkdir()
    (folder / "elsewhere").write_text(ROOT.pem)
    (folder / "a" / "link").symlink_to(folder / "elsewhere")
    return {"SSL_CERT_FILE": str(folder / "none"), "SSL_CERT_DIR": str(folder / "a")}


def _others(folder: Path) -> dict[str, str]:
    (folder / "roots.pem").write_text(OTHER.pem)
    return {"SSL_CERT_FILE": str(folder / "roots.pem"), "SSL_CERT_DIR": str(folder / "none")}


SYSTEMS: list[tuple[Callable[[Path], dict[str, str]], bool]] = [
    (_one_file, True),
    (_folders, True),
    (_only_a_link, True),
    (_others, False),
]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Go asks the system, and not these variables")
@pytest.mark.parametrize(("system", "works"), SYSTEMS)
def test_the_system_is_trusted_where_the_kubeconfig_names_nobody(
    system: Callable[[Path], dict[str, str]], works: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in system(tmp_path).items():
        monkeypatch.setenv(name, value)
    with ApiServer(serving([server(HERE, ROOT)], tmp_path / "server")) as running:
        assert _both(running.kubeconfig({"token": "t"}), tmp_path, monkeypatch) == (works, works)


def test_what_python_asks_beyond_go_is_off_in_every_python() -> None:
    """Python 3.13 turns VERIFY_X509_STRICT on where it makes contexts: a CA without key identifiers fails there."""
    for insecure in (False, True):
        flags = new_context(insecure).verify_flags
        assert not flags & ssl.VERIFY_X509_STRICT
        assert flags & ssl.VERIFY_X509_PARTIAL_CHAIN


def test_the_flags_hold_for_the_connections_that_are_made(tmp_path: Path) -> None:
    with ApiServer(serving([server(HERE, ROOT)], tmp_path / "server")) as running:
        kubeconfig = running.kubeconfig({"token": "t"}, **{"certificate-authority-data": encoded(ROOT.pem)})
        client = connect(kubeconfig, tmp_path, "test")
        manager = client._client.rest_client.pool_manager
        context = manager.connection_pool_kw["ssl_context"]
        client.request("GET", "/version")
        assert not context.verify_flags & ssl.VERIFY_X509_STRICT
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_a_certificate_twice_is_one() -> None:
    context = new_context(insecure=False)
    assert trust(context, (ROOT.pem * 3 + OTHER.pem).encode())
    assert len(context.get_ca_certs()) == 2


def test_without_variables_the_system_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root.pem"
    root.write_text(ROOT.pem)
    monkeypatch.setattr("kubectl_netshoot.kube.client.ROOT_FILES", ("/does/not/exist", str(root), os.devnull))
    monkeypatch.setattr("kubectl_netshoot.kube.client.ROOT_FOLDERS", (str(tmp_path / "none"),))
    context = new_context(insecure=False)
    trust_system(context, {})
    assert len(context.get_ca_certs()) == 1
