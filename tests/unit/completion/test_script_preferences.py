"""What changes kubectl's defaults changes no candidate; which credential plugins may run is kubectl's to judge."""

import json
import os
import sys
from pathlib import Path

import pytest

from kubectl_netshoot.process.child import for_kubectl
from tests.unit.completion.stub import Stub
from tests.unit.completion.tab import SHELLS, Tab, interpreter
from tests.unit.process.test_child_environment import ODD

KUBERC = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n"
DENIED = "credentialPluginPolicy: DenyAll\n"


def seen(stub: Stub) -> dict[str, str]:
    lines = (stub.program.parent / "env").read_text().split("\0")
    return dict(line.split("=", 1) for line in lines if line)


@pytest.fixture
def recording(stub: Stub) -> Stub:
    stub.program.write_text(
        stub.program.read_text().replace("#!/bin/sh", '#!/bin/sh\nenv -0 > "$(dirname "$0")/env"')
    )
    return stub


@pytest.mark.parametrize("shell", SHELLS)
def test_kubectl_gets_what_every_other_child_of_ours_gets(tab: Tab, recording: Stub, shell: str) -> None:
    assert "web-1" in tab.press(["web"], by=interpreter(shell), env=ODD).names
    given, changes = {**tab.env, **ODD}, for_kubectl({**tab.env, **ODD})
    wanted = {key: value for key, value in {**given, **changes}.items() if value is not None}
    # What the shells themselves set, and the one setting that only makes kubectl faster.
    for name in ("PWD", "OLDPWD", "SHLVL", "_", "GOGC"):
        wanted.pop(name, None)
    assert {key: value for key, value in seen(recording).items() if key in given or key in wanted} == wanted


@pytest.mark.parametrize(
    ("env", "text", "stays"),
    [
        ({}, KUBERC + DENIED, True),
        ({}, KUBERC, False),
        ({"KUBERC": "off"}, KUBERC + DENIED, False),
        ({"KUBECTL_KUBERC": "False"}, KUBERC + DENIED, False),
    ],
)
def test_only_a_policy_for_credential_plugins_keeps_the_kuberc(
    tab: Tab, recording: Stub, tmp_path: Path, env: dict[str, str], text: str, stays: bool
) -> None:
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "kuberc").write_text(text)
    assert "web-1" in tab.press(["web"], env={"HOME": str(tmp_path), **env}).names
    assert ("KUBERC" not in seen(recording)) is stays


@pytest.mark.parametrize(("policy", "runs"), [("", True), (DENIED, False)])
def test_a_plugin_that_kubectl_would_refuse_does_not_run_for_a_tab(
    script: Path, tmp_path: Path, policy: str, runs: bool
) -> None:
    marker = tmp_path / "ran"
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "touch",
        "args": [str(marker)],
        "interactiveMode": "Never",
    }
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        json.dumps(
            {
                "current-context": "here",
                "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
                "clusters": [{"name": "here", "cluster": {"server": "https://127.0.0.1:1"}}],
                "users": [{"name": "me", "user": {"exec": plugin}}],
            }
        )
    )
    (tmp_path / "kuberc").write_text(KUBERC + policy)
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "KUBERC": str(tmp_path / "kuberc"),
        "KUBECONFIG": str(kubeconfig),
    }
    assert Tab(script, env).press(["web"]).stdout == ":4\n"
    assert marker.exists() is runs
