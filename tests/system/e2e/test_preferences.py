"""A kubectl of a person's own: its kuberc changes nothing of a session but the person's own commands."""

import json
import os
from pathlib import Path

import pytest
import yaml

from tests.system.e2e.conftest import QUICK
from tests.system.e2e.kuberc import TEXT
from tests.system.e2e.plugin import Plugin


@pytest.fixture(params=["home", "KUBERC"])
def kuberc(request: pytest.FixtureRequest, env: dict[str, str], home: Path, tmp_path: Path) -> Path:
    """A kuberc at one of the two places where kubectl looks for it."""
    person = tmp_path / "person"
    (person / ".kube").mkdir(parents=True)
    # The zipapp is unpacked there.
    (home / ".cache").mkdir(exist_ok=True)
    os.symlink(home / ".cache", person / ".cache")
    path = person / ".kube" / "kuberc" if request.param == "home" else tmp_path / "kuberc"
    env |= {"HOME": str(person), **({} if request.param == "home" else {"KUBERC": str(path)})}
    path.write_text(TEXT)
    return path


@pytest.mark.usefixtures("kuberc")
def test_defaults_and_aliases_hold_for_no_session(plugin: Plugin, source: str) -> None:
    """What is deleted, adopted or relabelled by them the witness sees."""
    done = plugin.run(source, "--join-service", *QUICK, "--", "printf", r"a\nb\r\n")
    assert (done.status, done.stdout) == (0, b"a\nb\r\n"), done.stderr


@pytest.mark.usefixtures("kuberc")
def test_nor_for_a_container_that_is_added(plugin: Plugin, source: str) -> None:
    done = plugin.run("debug", source, "--", "printf", r"a\n")
    assert (done.status, done.stdout) == (0, b"a\n"), done.stderr


@pytest.mark.parametrize(
    ("text", "said"), [("credentialPluginPolicy: DenyAll\n", "is DenyAll"), ("- {", "not known")]
)
def test_a_credential_plugin_that_kubectl_would_refuse_runs_nowhere(
    plugin: Plugin, env: dict[str, str], kuberc: Path, source: str, tmp_path: Path, text: str, said: str
) -> None:
    view, marker = yaml.safe_load(Path(env["KUBECONFIG"]).read_text()), tmp_path / "ran"
    view["users"][0]["user"] = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "touch",
            "args": [str(marker)],
            "interactiveMode": "Never",
        }
    }
    Path(env["KUBECONFIG"]).write_text(json.dumps(view))
    kuberc.write_text("apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n" + text)
    # By itself: kubectl, run to find its plugin, would warn of such a file.
    for words in (
        (source, "--join-service", *QUICK, "--", "true"),
        ("debug", source),
        ("list",),
        ("cleanup", "--mine"),
    ):
        running = plugin.start_argv(str(Path(plugin.kubectl).with_name("kubectl-netshoot")), *words)
        done = running.wait()
        first, *more = done.stderr.splitlines()
        assert (done.status, done.stdout) == (1, b"")
        assert first.startswith("error: ")
        assert said in first
        assert str(kuberc) in first
        assert len(more) == 1
    assert not marker.exists()
