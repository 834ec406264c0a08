"""Which credential plugins may run: each answer is held against that of a kubectl that knows the policy."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube.kuberc import MAX_SIZE, check_plugin
from tests.unit.kube import kubectls
from tests.unit.kube.kubeconfigs import Folder, config, use

GROUP = "kubectl.config.k8s.io/v1beta1"
HEAD = f"apiVersion: {GROUP}\nkind: Preference\n"
OLD = HEAD.replace("v1beta1", "v1alpha1")
NEW = HEAD.replace("v1beta1", "v9")
DENY = "credentialPluginPolicy: DenyAll\n"
LISTED = "credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist:\n"
PLUGIN = "#!/bin/sh\ntouch {marker}\nexit 1\n"


class Person:
    """A home with a kuberc, and a plugin `login` on PATH; `other` is another program of the same name."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bin, self.kuberc, self._marker = (
            folder / "bin",
            folder / "home" / ".kube" / "kuberc",
            folder / "ran",
        )
        self.kuberc.parent.mkdir(parents=True, exist_ok=True)
        self.plugin, self.other = self.bin / "login", folder / "elsewhere" / "login"
        for program in (self.plugin, self.other):
            program.parent.mkdir()
            program.write_text(PLUGIN.format(marker=self._marker))
            program.chmod(0o755)
        monkeypatch.setenv("HOME", str(folder / "home"))
        monkeypatch.setenv("PATH", f"{self.bin}:{kubectls.installed().parent}:{os.environ['PATH']}")
        for name in ("KUBERC", "KUBECTL_KUBERC"):
            monkeypatch.delenv(name, raising=False)

    def kubectl_runs(self, command: str) -> bool:
        """Whether the real kubectl, with this person's preferences, runs the plugin."""
        plugin = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": command,
            "interactiveMode": "Never",
        }
        view = config({"exec": plugin}, {"server": "https://127.0.0.1:1"})
        (self.bin / "config").write_text(json.dumps(view))
        self._marker.unlink(missing_ok=True)
        asked = [str(kubectls.installed()), f"--kubeconfig={self.bin / 'config'}", "get", "pods"]
        subprocess.run(asked, capture_output=True, check=False)
        return self._marker.exists()

    def we_run(self, command: str) -> bool:
        try:
            check_plugin(command, os.environ)
        except NetshootError:
            return False
        return True


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    return Person(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("text", "command", "runs"),
    [
        ("", "login", True),
        (HEAD, "login", True),
        (HEAD + "credentialPluginPolicy: AllowAll\n", "login", True),
        (HEAD + "credentialPluginPolicy:\n", "login", True),
        (HEAD + DENY, "login", False),
        (HEAD + DENY, "PLUGIN", False),
        (json.dumps({"apiVersion": GROUP, "kind": "Preference", "credentialPluginPolicy": "DenyAll"}), "login", False),
        (HEAD + LISTED + "- command: login\n", "login", True),
        (HEAD + LISTED + "- name: login\n", "login", True),
        (HEAD + LISTED + "- {command: login, name: login}\n", "login", True),
        (HEAD + LISTED + "- command: login\n", "PLUGIN", True),
        (HEAD + LISTED + "- command: PLUGIN\n", "login", True),
        (HEAD + LISTED + "- command: PLUGIN\n", "BIN/../bin/login", True),
        (HEAD + LISTED + "- command: OTHER\n", "login", False),
        (HEAD + LISTED + "- command: login\n", "OTHER", False),
        (HEAD + LISTED + "- command: sh\n- command: login\n", "login", True),
        (HEAD + LISTED + "- command: sh\n", "login", False),
        # Only the first that kubectl knows counts, and the oldest version has no policy.
        (OLD + DENY, "login", True),
        (OLD + "---\n" + HEAD + DENY, "login", True),
        (HEAD + "---\n" + HEAD + DENY, "login", True),
        (NEW + "---\n" + HEAD + DENY, "login", False),
        ("{\n--- # one\n" + HEAD + DENY, "login", False),
        ("kind: Other\n---\n" + HEAD + DENY, "login", False),
        # What kubectl only warns of.
        (HEAD + "credentialPluginPolcy: DenyAll\n", "login", True),
        (HEAD + DENY + "aliases: [{name: x, command: get}]\n", "login", False),
    ],
)  # fmt: skip
def test_a_plugin_runs_where_kubectl_runs_it(person: Person, text: str, command: str, runs: bool) -> None:
    for word, path in (("PLUGIN", person.plugin), ("OTHER", person.other), ("BIN", person.bin)):
        text, command = text.replace(word, str(path)), command.replace(word, str(path))
    person.kuberc.write_text(text)
    assert person.kubectl_runs(command) is runs
    assert person.we_run(command) is runs


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "\t- no YAML",
        "42",
        "kind: Preference",
        "- a list",
        "\0",
        "&a [" * 9000,
        HEAD + "credentialPluginPolicy: Deny\n",
        HEAD + "credentialPluginPolicy: [DenyAll]\n",
        HEAD + "credentialPluginPolicy: false\n",
        HEAD + "credentialPluginPolicy: Allowlist\n",
        HEAD + LISTED.rstrip() + " []\n",
        HEAD + LISTED + "- {}\n",
        HEAD + LISTED + "- login\n",
        HEAD + LISTED + "- command: [login]\n",
        HEAD + LISTED + "- command: ./login\n",
        HEAD + LISTED + "- {command: login, name: other}\n",
        HEAD + DENY + "credentialPluginAllowlist: [{command: login}]\n",
        b"\xff\xfe",
        b" " * (MAX_SIZE + 1),
    ],
    ids=range(20),
)
def test_a_file_that_does_not_tell_lets_no_plugin_run(person: Person, text: str | bytes) -> None:
    """kubectl either ends with an error or, for a file that nobody named, warns and runs it: the will is not known."""
    person.kuberc.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(NetshootError) as told:
        check_plugin("login", os.environ)
    assert told.value.message.startswith(f"which credential plugins may run is not known: {person.kuberc}: ")
    assert "\n" not in told.value.message
    assert "KUBERC=off" in told.value.hint


def test_a_version_of_tomorrow_is_read_for_the_same_fields(person: Person) -> None:
    person.kuberc.write_text(NEW + "credentialPluginPolicy: AllowAll\n")
    assert person.we_run("login")
    person.kuberc.write_text(NEW + DENY)
    assert not person.we_run("login")


@pytest.mark.parametrize("kind", ["folder", "pipe", "loop"])
def test_what_is_no_file(person: Person, kind: str) -> None:
    make: dict[str, Callable[[Path], Any]] = {
        "folder": Path.mkdir,
        "pipe": os.mkfifo,
        "loop": lambda path: path.symlink_to(path.name),
    }
    make[kind](person.kuberc)
    with pytest.raises(NetshootError, match="which credential plugins may run is not known"):
        check_plugin("login", os.environ)


@pytest.mark.parametrize(
    ("env", "runs"),
    [
        ({"KUBERC": "off"}, True),
        ({"KUBECTL_KUBERC": "False"}, True),
        ({"KUBECTL_KUBERC": "true"}, False),
        ({"KUBERC": "none"}, False),
        ({}, False),
    ],
)
def test_where_it_is_read_from(
    person: Person, monkeypatch: pytest.MonkeyPatch, env: dict[str, str], runs: bool
) -> None:
    person.kuberc.write_text(HEAD + DENY)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert person.kubectl_runs("login") is runs
    assert person.we_run("login") is runs


def test_another_file_than_the_usual_one(
    person: Person, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    person.kuberc.write_text(HEAD + DENY)
    (tmp_path / "allows").write_text(HEAD)
    monkeypatch.setenv("KUBERC", str(tmp_path / "allows"))
    assert person.kubectl_runs("login")
    assert person.we_run("login")


def test_no_file_at_all(person: Person) -> None:
    assert person.we_run("login")
    person.kuberc.symlink_to("nowhere")
    assert person.kubectl_runs("login")
    assert person.we_run("login")


@pytest.mark.parametrize("text", [HEAD + DENY, "{"])
def test_it_matters_only_where_there_is_a_plugin(
    person: Person, write: Folder, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    from kubectl_netshoot.kube.kubeconfig import Connection, resolve

    person.kuberc.write_text(text)
    use(monkeypatch, write(config()))
    assert resolve(Connection())[0].user == "ann"
    version, mode = "client.authentication.k8s.io/v1", "Never"
    plugin = {"apiVersion": version, "command": "login", "interactiveMode": mode}
    use(monkeypatch, write(config({"exec": plugin})))
    with pytest.raises(NetshootError, match="credential plugin"):
        resolve(Connection())
    assert resolve(Connection(token="mine"))[0].user == "ann"
