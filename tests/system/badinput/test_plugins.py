"""Credential plugins that give no credential: each is named with what it did, ends with us, and leaves no process."""

import json
import ssl
import sys
from pathlib import Path

import pytest
import trustme

from kubectl_netshoot.kube import credentials
from kubectl_netshoot.process import child
from tests.system.badinput import world
from tests.system.badinput.judge import FAILED, FINE, Outcome, judge
from tests.system.badinput.stage import Stage
from tests.unit.kube.apiserver import ApiServer, failure

API = "client.authentication.k8s.io/v1"
LONG_AGO = "2001-01-01T00:00:00Z"


def credential(version: str = API, kind: str = "ExecCredential", **status: object) -> str:
    return json.dumps({"apiVersion": version, "kind": kind, "status": status})


PRINTED = {
    "nothing": ("", "printed no ExecCredential"),
    "garbage": ("\x1b[2J<html>", "printed no ExecCredential"),
    "bytes": ("\udcff\udcfe", "printed no ExecCredential"),
    "a number": ("42", "printed no ExecCredential"),
    "deep nesting": ("[" * 100_000, "printed no ExecCredential"),
    "another kind": (credential(kind="Pod\x1b[2J"), "printed no ExecCredential"),
    "another version": (credential("client.authentication.k8s.io/v1alpha1"), "v1alpha1"),
    "no status": (json.dumps({"apiVersion": API, "kind": "ExecCredential"}), "neither a token nor"),
    "a status that is text": (credential() .replace("{}", '"x"'), "neither a token nor"),
    "no token": (credential(expirationTimestamp=LONG_AGO), "neither a token nor"),
    "an empty token": (credential(token=""), "neither a token nor"),
    "a token that is a number": (credential(token=42), "no text"),
    "an expiry that is a list": (credential(token="t", expirationTimestamp=[1]), "no text"),
    "a token of two lines": (credential(token="s3cret\r\nX-Other: y"), "the token has characters"),
    "a certificate without a key": (credential(clientCertificateData="x"), "without the other"),
    "a certificate that is none": (credential(clientCertificateData="x", clientKeyData="y"), "client-certificate"),
}  # fmt: skip


def listed_with(stage: Stage, command: Path | str, **plugin: object) -> Outcome:
    """`list` as a user whose credential this plugin gives."""
    path = stage.kubeconfig.with_name("plugged")
    user = {"exec": {"apiVersion": API, "command": str(command), "interactiveMode": "Never", **plugin}}
    path.write_text(world.kubeconfig(stage.server.url.replace("http:", "https:"), user))
    return stage.run("list", env={"KUBECONFIG": str(path)})


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Where a test writes its plugin."""
    path = tmp_path / "my-plugin"
    path.touch(0o700)
    return path


@pytest.mark.parametrize(("printed", "says"), PRINTED.values(), ids=PRINTED)
def test_what_is_no_credential(stage: Stage, script: Path, printed: str, says: str) -> None:
    text = script.with_name("printed")
    text.write_text(printed, errors="surrogateescape")
    script.write_text(f"#!/bin/sh\ncat '{text}'\n")
    outcome = listed_with(stage, script)
    judge(outcome, (FAILED,), [says])
    assert "s3cret" not in outcome.stderr


def test_a_plugin_that_fails_says_why_on_one_line(stage: Stage, script: Path) -> None:
    script.write_text("#!/bin/sh\nprintf 'no session\\n\\033[2Jlog in first\\n' >&2\nexit 7\n")
    judge(
        listed_with(stage, script),
        (FAILED,),
        ["my-plugin", "ended with status 7", "no session", "log in first"],
    )


def test_a_plugin_that_is_killed(stage: Stage, script: Path) -> None:
    script.write_text("#!/bin/sh\nkill -9 $$\n")
    judge(listed_with(stage, script), (FAILED,), ["my-plugin", "ended with status -9"])


def test_a_plugin_that_talks_without_end_on_stderr_is_cut_short(stage: Stage, script: Path) -> None:
    script.write_text("#!/bin/sh\nhead -c 1000000 /dev/zero | tr '\\0' 'x' >&2\nexit 1\n")
    judge(listed_with(stage, script), (FAILED,), ["my-plugin", "ended with status 1"])


def test_a_plugin_that_never_ends_is_ended_with_what_it_started(
    stage: Stage, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "QUIET_SECONDS", 1.0)
    script.write_text("#!/bin/sh\nsleep 600 &\nsleep 600\n")
    judge(listed_with(stage, script), (FAILED,), ["my-plugin", "did not answer within 1 seconds"])


def test_a_plugin_that_calls_kubectl_with_the_same_kubeconfig(
    stage: Stage, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(credentials, "CROWD", 8)
    script.write_text('#!/bin/sh\n"$KUBECTL_NETSHOOT_KUBECTL" get pods\n')
    judge(listed_with(stage, script), (FAILED,), ["my-plugin", "without end", "kubectl", "kubeconfig"])


def test_an_expired_credential_is_named_once_the_server_refuses_it(stage: Stage, script: Path) -> None:
    script.write_text(f"#!/bin/sh\necho '{credential(token='t', expirationTimestamp=LONG_AGO)}'\n")
    plugged = stage.kubeconfig.with_name("plugged")
    user = {"exec": {"apiVersion": API, "command": str(script), "interactiveMode": "Never"}}
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    with ApiServer(tls) as secure:
        secure.decide = stage.answer
        plugged.write_text(world.kubeconfig(secure.url, user, **{"insecure-skip-tls-verify": True}))
        # Our clock may be the one that is wrong.
        judge(stage.run("list", env={"KUBECONFIG": str(plugged)}), (FINE,))
        secure.decide = lambda _: failure(401, "Unauthorized", "Unauthorized")
        outcome = stage.run("list", env={"KUBECONFIG": str(plugged)})
    judge(outcome, (FAILED,), ["not logged in to context here (401)", "my-plugin", "expired at 2001-01-01"])


def test_a_plugin_that_reads_stdin_gets_none_of_ours(stage: Stage, script: Path) -> None:
    script.write_text(
        f"#!{sys.executable} -I\nimport sys\nprint(sys.stdin.read() or {credential(token='t')!r})\n"
    )
    judge(listed_with(stage, script), (FAILED,), ["does not speak TLS"])
