"""Whose credentials go to the server: a real kubectl and we, with the same user entry of a kubeconfig.

Entries without any are not here: kubectl then asks the terminal for a name.
"""

import base64
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube.api import connect
from kubectl_netshoot.kube.kubeconfig import Connection, pin
from tests.unit.kube import kubectls
from tests.unit.kube.apiserver import ApiServer
from tests.unit.kube.certificates import authority, server, serving
from tests.unit.kube.test_client_tls import MINE, OTHER, PAIR, encoded

KUBECTL = kubectls.installed()
ROOT = authority("root")
PLUGIN = "plugin"
TOKEN, OF_FILE, OF_PLUGIN = "Bearer t0ken", "Bearer of-file", "Bearer of-plugin"
BASIC, NO_PASSWORD = "Basic YW5uOnMzY3JldA==", "Basic YW5uOg=="
NOBODY = "nobody"


@dataclass(frozen=True)
class Case:
    """A user entry, and who the server is told we are: None where there is no request. `asks`: the plugin is run."""

    user: dict[str, Any]
    who: str | None
    asks: bool = False
    certificate: bool = False
    token: str = ""


def _file(name: str) -> str:
    return f"FOLDER/{name}"


BOTH = {"token": "t0ken", "tokenFile": _file("token")}
PERSON = {"username": "ann", "password": "s3cret"}
# What an OpenID provider gave, until 2099; nobody checks who has signed it.
ID_TOKEN = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b"{}", b'{"exp":4070908800}', b"x")
)
OPENID = {
    "auth-provider": {
        "name": "oidc",
        "config": {"idp-issuer-url": "https://openid.example.test", "client-id": "c", "id-token": ID_TOKEN},
    }
}
CASES = {
    "a token": Case({"token": "t0ken"}, TOKEN),
    "a file": Case({"tokenFile": _file("token")}, OF_FILE),
    "a file by its name": Case({"tokenFile": "token"}, OF_FILE),
    "a file that is empty": Case({"tokenFile": _file("empty")}, None),
    "a file of spaces": Case({"tokenFile": _file("spaces")}, None),
    "a file that is not there": Case({"tokenFile": _file("none")}, None),
    "a token and a file": Case(BOTH, OF_FILE),
    "a token and a file that is empty": Case({"token": "t0ken", "tokenFile": _file("empty")}, TOKEN),
    "a token and a file that is not there": Case({"token": "t0ken", "tokenFile": _file("none")}, TOKEN),
    "user and password": Case(PERSON, BASIC),
    "a user without a password": Case({"username": "ann"}, NO_PASSWORD),
    "user, password and a token": Case({**PERSON, "token": "t0ken"}, None),
    "user, password and a file": Case({**PERSON, "tokenFile": _file("token")}, None),
    "a plugin": Case({PLUGIN: "gives"}, OF_PLUGIN, asks=True),
    "a plugin and a token": Case({PLUGIN: "gives", "token": "t0ken"}, TOKEN),
    "a plugin that fails and a token": Case({PLUGIN: "fails", "token": "t0ken"}, TOKEN),
    "a plugin and an empty token": Case({PLUGIN: "gives", "token": ""}, OF_PLUGIN, asks=True),
    "a plugin and a file": Case({PLUGIN: "gives", "tokenFile": _file("token")}, OF_FILE),
    "a plugin and a file that is empty": Case({PLUGIN: "gives", "tokenFile": _file("empty")}, None),
    "a plugin, user and password": Case({PLUGIN: "gives", **PERSON}, BASIC),
    "a plugin and a password alone": Case({PLUGIN: "gives", "password": "s3cret"}, OF_PLUGIN, asks=True),
    "a plugin and a certificate": Case({PLUGIN: "gives", **PAIR}, NOBODY, certificate=True),
    "a plugin and a token by a flag": Case({PLUGIN: "gives"}, "Bearer by-flag", token="by-flag"),
    "an OpenID provider": Case(OPENID, f"Bearer {ID_TOKEN}"),
    "an OpenID provider and a token": Case({**OPENID, "token": "t0ken"}, TOKEN),
    "an OpenID provider and a file": Case({**OPENID, "tokenFile": _file("token")}, OF_FILE),
    "an OpenID provider, user and password": Case({**OPENID, **PERSON}, BASIC),
    "an OpenID provider and a certificate": Case({**OPENID, **PAIR}, f"Bearer {ID_TOKEN}", certificate=True),
    "an OpenID provider and a plugin": Case({**OPENID, PLUGIN: "gives"}, None),
    "a plugin that fails": Case({PLUGIN: "fails"}, None, asks=True),
    "a certificate and a token": Case({**PAIR, "token": "t0ken"}, TOKEN, certificate=True),
    "a certificate, user and password": Case({**PAIR, **PERSON}, BASIC, certificate=True),
    "a certificate without a key": Case({"client-certificate-data": encoded(MINE.pem)}, None),
}
GIVES = """
import json, pathlib
(pathlib.Path(__file__).parent / "asked").touch()
print(json.dumps({
    "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "of-plugin"},
}))
"""
FAILS = GIVES.partition("print")[0] + "raise SystemExit(1)"


@pytest.mark.parametrize("case", CASES)
def test_the_server_is_told_what_kubectl_tells_it(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = CASES[case]
    (tmp_path / "token").write_text("of-file\n")
    (tmp_path / "empty").write_text("")
    (tmp_path / "spaces").write_text(" \n")
    for name, body in (("gives", GIVES), ("fails", FAILS)):
        (tmp_path / name).write_text(f"#!{sys.executable} -I\n{body}")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(KUBECTL))
    served = serving(
        [server(("127.0.0.1",), ROOT)], tmp_path / "server", OTHER if wanted.certificate else None
    )
    with ApiServer(served) as running:
        path = tmp_path / "config"
        user = _user(wanted.user, tmp_path)
        path.write_text(
            json.dumps(running.kubeconfig(user, **{"certificate-authority-data": encoded(ROOT.pem)}))
        )
        theirs = _theirs(path, wanted.token), *_told(running, tmp_path)
        ours, said = _ours(path, wanted.token)
        assert (ours, *_told(running, tmp_path)) == theirs
    assert theirs == (wanted.who is not None, wanted.who, wanted.asks)
    assert "\n" not in said
    assert "t0ken" not in said


def _user(user: dict[str, Any], folder: Path) -> dict[str, Any]:
    found = {k: v.replace("FOLDER", str(folder)) if isinstance(v, str) else v for k, v in user.items()}
    if plugin := found.pop(PLUGIN, ""):
        found["exec"] = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(folder / plugin),
            "interactiveMode": "Never",
        }
    return found


def _theirs(path: Path, token: str) -> bool:
    flags = [f"--token={token}"] if token else []
    argv = [str(KUBECTL), f"--kubeconfig={path}", "--request-timeout=20s", *flags, "get", "--raw", "/version"]
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
    )
    return done.returncode == 0


def _ours(path: Path, token: str) -> tuple[bool, str]:
    try:
        with pin(Connection(kubeconfig=str(path), token=token)) as pinned:
            connect(pinned.kubeconfig, path.parent, "test", timeout=20.0).request("GET", "/version")
    except NetshootError as error:
        return False, error.message
    return True, ""


def _told(running: ApiServer, folder: Path) -> tuple[str | None, bool]:
    """Who the server was told that it is, and whether the plugin was run; both forgotten."""
    who = {asked.headers["Authorization"] or NOBODY for asked in running.asked}
    running.asked.clear()
    asked = (folder / "asked").exists()
    (folder / "asked").unlink(missing_ok=True)
    assert len(who) < 2
    return next(iter(who), None), asked
