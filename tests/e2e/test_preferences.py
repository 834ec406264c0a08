"""A kubectl of a person's own: its kuberc changes nothing of a session but the person's own commands."""

import os
from pathlib import Path

import pytest

from tests.e2e.conftest import QUICK
from tests.e2e.plugin import Plugin

KUBERC = """\
apiVersion: kubectl.config.k8s.io/v1beta1
kind: Preference
defaults:
- command: debug
  options:
  - {name: replace, default: "true"}
  - {name: keep-labels, default: "true"}
  - {name: keep-liveness, default: "true"}
  - {name: keep-init-containers, default: "false"}
  - {name: arguments-only, default: "true"}
  - {name: set-image, default: "*=busybox:0"}
- command: exec
  options:
  - {name: tty, default: "true"}
  - {name: stdin, default: "true"}
  - {name: quiet, default: "true"}
- command: config view
  options:
  - {name: output, default: yaml}
  - {name: minify, default: "true"}
- command: version
  options:
  - {name: output, default: yaml}
aliases:
- {name: attach, command: delete pod, prependArgs: [--all]}
"""


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
    path.write_text(KUBERC)
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
