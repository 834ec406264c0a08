"""Credentials: plugins are asked again once when the server no longer believes them, and see nothing of ours."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import trustme

from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.kube import credentials
from kubectl_netshoot.kube.api import connect
from tests.unit.kube import kubectls
from tests.unit.kube.apiserver import OK, Answer, ApiServer, Asked, failure

Script = Callable[[str, str], Path]
# Gives token-1, token-2 ... and notes what it sees.
PLUGIN = """
import json, os, pathlib
here = pathlib.Path(__file__).parent
count = len(list(here.glob("call-*"))) + 1
(here / f"call-{count}").write_text(json.dumps(dict(os.environ)))
print(json.dumps({
    "apiVersion": "client.authentication.k8s.io/v1",
    "kind": "ExecCredential",
    "status": {"token": f"token-{count}"},
}))
"""


def exec_user(plugin: Path) -> dict[str, Any]:
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(plugin),
            "args": [],
            "interactiveMode": "Never",
        }
    }


def accepting(*tokens: str) -> Callable[[Asked], Answer]:
    def decide(asked: Asked) -> Answer:
        accepted = asked.headers["Authorization"] in [f"Bearer {token}" for token in tokens]
        return (
            Answer({"kind": "PodList", "items": []})
            if accepted
            else failure(401, "Unauthorized", "who are you")
        )

    return decide


def calls(plugin: Path) -> list[dict[str, str]]:
    return [json.loads(path.read_text()) for path in sorted(plugin.parent.glob("call-*"))]


def test_an_expired_credential_is_fetched_again(server: ApiServer, script: Script, tmp_path: Path) -> None:
    plugin = script("plugin", PLUGIN)
    server.decide = accepting("token-2")
    api = connect(server.kubeconfig(exec_user(plugin)), tmp_path, "t")
    assert api.request("GET", "/x")["kind"] == "PodList"
    assert len(calls(plugin)) == 2
    api.request("GET", "/x")
    assert len(calls(plugin)) == 2


def test_what_has_expired_is_not_sent_any_more(
    server: ApiServer, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody refuses it: by TLS that ends before the API server, an expired certificate is a broken connection."""
    until = PLUGIN.replace('"token": f', '"expirationTimestamp": "2999-01-01T00:00:00Z", "token": f')
    plugin = script("plugin", until)
    api = connect(server.kubeconfig(exec_user(plugin)), tmp_path, "t")
    api.request("GET", "/x")
    assert len(calls(plugin)) == 1
    monkeypatch.setattr(credentials, "_now", lambda: datetime(2999, 1, 2, tzinfo=timezone.utc))
    # What is given next has expired already, so a clock is wrong: the server will say whether it takes it.
    for _ in range(3):
        api.request("GET", "/x")
    assert len(calls(plugin)) == 2
    assert [asked.headers["Authorization"] for asked in server.asked] == [
        "Bearer token-1",
        *["Bearer token-2"] * 3,
    ]


def test_what_a_plugin_says_meanwhile_is_shown_to_who_is_there(
    server: ApiServer,
    script: Script,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Also by one that never asks: it may say which page to open, and wait until somebody has been there."""
    plugin = script("plugin", "import sys\nprint('open this page', file=sys.stderr, flush=True)\n" + PLUGIN)
    for is_terminal in (False, True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda is_terminal=is_terminal: is_terminal, raising=False)
        connect(server.kubeconfig(exec_user(plugin)), tmp_path, "t")
        assert ("open this page" in capfd.readouterr().err) is is_terminal


def test_a_credential_that_is_refused_twice_is_refused(
    server: ApiServer, script: Script, tmp_path: Path
) -> None:
    plugin = script("plugin", PLUGIN)
    server.decide = accepting()
    api = connect(server.kubeconfig(exec_user(plugin)), tmp_path, "t")
    with pytest.raises(ApiError, match="who are you") as caught:
        api.request("GET", "/x")
    assert (caught.value.code, caught.value.transient) == (401, False)
    assert len(calls(plugin)) == 2


def test_credentials_that_cannot_be_fetched_again_are_a_failed_request(
    server: ApiServer, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("token-1")
    api = connect(server.kubeconfig({"tokenFile": str(token)}), tmp_path, "t")
    token.unlink()
    server.decide = accepting()
    with pytest.raises(ApiError) as caught:
        api.request("GET", "/x")
    assert caught.value.code == 401


@pytest.mark.parametrize("text", ["token-1", "token-1\n", "token-1 \r\n\n"])
def test_a_token_ends_where_the_line_of_its_file_ends(server: ApiServer, tmp_path: Path, text: str) -> None:
    """As in client-go's CachedFileTokenSource."""
    (tmp_path / "token").write_text(text)
    api = connect(server.kubeconfig({"tokenFile": str(tmp_path / "token")}), tmp_path, "t")
    api.request("GET", "/x")
    api.request("GET", "/x")
    assert [asked.headers["Authorization"] for asked in server.asked] == ["Bearer token-1"] * 2


def test_credentials_that_never_were(server: ApiServer, tmp_path: Path) -> None:
    with pytest.raises(NetshootError, match="no credentials"):
        connect(server.kubeconfig({"tokenFile": str(tmp_path / "none")}), tmp_path, "t")


def test_a_plugin_sees_the_users_environment_and_nothing_of_ours(script: Script, tmp_path: Path) -> None:
    plugin = script("plugin", PLUGIN)
    kubeconfig = tmp_path / "config"
    poisoned = {
        **os.environ,
        "PATH": f"{kubectls.installed().parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(tmp_path / "poison"),
        "PYTHONHOME": "",
        "SHIV_ROOT": "poison",
        "SHIV_ENTRY_POINT": "poison",
        "USERS_OWN": "kept",
    }
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    with ApiServer(tls) as secure:
        secure.decide = accepting("token-1", "token-2")
        view = secure.kubeconfig(exec_user(plugin), **{"insecure-skip-tls-verify": True})
        kubeconfig.write_text(json.dumps(view))
        done = subprocess.run(
            [sys.executable, "-m", "kubectl_netshoot", "list", "--kubeconfig", str(kubeconfig)],
            env=poisoned,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert calls(plugin)
    for seen in calls(plugin):
        assert seen["USERS_OWN"] == "kept"
        assert not [key for key in seen if key.startswith(("PYTHONPATH", "PYTHONHOME", "SHIV_"))]


def test_a_plugin_hears_of_the_cluster_and_of_the_person(
    server: ApiServer, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = exec_user(plugin := script("plugin", PLUGIN))
    user["exec"] |= {"interactiveMode": "IfAvailable", "provideClusterInfo": True}
    user["exec"]["env"] = [{"name": "OWN", "value": "v"}]
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a"}}
    ours, theirs = os.openpty()
    with os.fdopen(ours, "rb"), os.fdopen(theirs) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        connect(server.kubeconfig(user, extensions=[extension]), tmp_path, "t")
    (seen,) = calls(plugin)
    assert seen["OWN"] == "v"
    assert json.loads(seen["KUBERNETES_EXEC_INFO"]) == {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "spec": {"interactive": True, "cluster": {"server": server.url, "config": {"audience": "a"}}},
    }


def test_a_plugin_may_give_a_certificate(script: Script, tmp_path: Path) -> None:
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.configure_trust(tls)
    tls.verify_mode = ssl.CERT_REQUIRED
    trusted = tmp_path / "ca.crt"
    authority.cert_pem.write_to_path(str(trusted))
    me = authority.issue_cert("me.example")
    status = {
        "clientCertificateData": me.cert_chain_pems[0].bytes().decode(),
        "clientKeyData": me.private_key_pem.bytes().decode(),
    }
    given = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    plugin = script("plugin", f"print({json.dumps(given)!r})")
    with ApiServer(tls) as server:
        kubeconfig = server.kubeconfig(exec_user(plugin), **{"certificate-authority": str(trusted)})
        assert connect(kubeconfig, tmp_path, "t", timeout=5.0).request("GET", "/x") == OK


def test_tls_by_the_clusters_own_authority(tmp_path: Path) -> None:
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    trusted = tmp_path / "ca.crt"
    authority.cert_pem.write_to_path(str(trusted))
    other = tmp_path / "other.crt"
    trustme.CA().cert_pem.write_to_path(str(other))
    with ApiServer(tls) as server:

        def ask(**cluster: object) -> object:
            return connect(server.kubeconfig({}, **cluster), tmp_path, "t", timeout=5.0).request("GET", "/x")

        assert ask(**{"certificate-authority": str(trusted)}) == OK
        assert ask(**{"insecure-skip-tls-verify": True}) == OK
        with pytest.raises(ApiError, match="is not trusted"):
            ask(**{"certificate-authority": str(other)})
        with pytest.raises(ApiError, match="is not trusted"):
            ask()
        wrong_name = {"certificate-authority": str(trusted), "tls-server-name": "example.com"}
        with pytest.raises(ApiError, match=r"certificate is not valid|mismatch"):
            ask(**wrong_name)
