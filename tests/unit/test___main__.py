"""What kubectl is asked ahead of the command line's import, and that it is what is asked afterwards."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kubectl_netshoot.__main__ import ask_ahead
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube import kubectl
from kubectl_netshoot.kube.kubeconfig import Connection, resolve
from kubectl_netshoot.process import child as process_child
from kubectl_netshoot.process.child import for_kubectl

VIEW = "config view --raw --output=json"
DEBUG = "debug --help"


def _told(argv: tuple[str, ...], env: process_child.Changes) -> str:
    """The words, and whether the environment has no preferences: an answer is taken only where both are the same."""
    assert dict(env) == for_kubectl(os.environ)
    return " ".join(argv[1:])


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What is asked ahead, with a kubeconfig that is there."""
    asked: list[str] = []
    monkeypatch.setattr(process_child, "begin", lambda argv, env: asked.append(_told(argv, env)))
    (tmp_path / "config").touch()
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    return asked


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("web-0 --join-service", [DEBUG, VIEW]),
        ("-n shop web-0 -- ls --context --help", [DEBUG, VIEW]),
        ("capture web-0 -w -", [DEBUG, VIEW]),
        ("list -A", [VIEW]),
        ("leave web-0-netshoot", [VIEW]),
        ("web-0 --context=other", [DEBUG, VIEW]),
        ("list --kubeconfig file", []),
        ("web-0 --help", []),
        ("explain file", []),
        ("rbac", []),
        ("", []),
        ("--nonsense", []),
    ],
)
def test_what_kubectl_is_asked_ahead(begun: list[str], line: str, asked: list[str]) -> None:
    ask_ahead(line.split())
    assert begun == asked


def test_a_kubeconfig_that_can_be_read_only_once_is_left_alone(
    begun: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'config'}:{tmp_path / 'pipe'}")
    ask_ahead(["web-0"])
    assert begun == [DEBUG]


def test_what_is_asked_ahead_is_what_is_asked(begun: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Another word in one of the two places would only make us slower, and nobody would notice."""
    said: list[str] = []

    def run(argv: tuple[str, ...], env: process_child.Changes, *_: object) -> process_child.Result:
        said.append(_told(argv, env))
        return process_child.Result(0, "{}", "")

    monkeypatch.setattr(process_child, "run", run)
    ask_ahead(["web-0"])
    kubectl.debug_help()
    with pytest.raises(NetshootError):
        resolve(Connection())
    # Where there is no context, it is asked further which there are.
    assert said[: len(begun)] == begun


def test_ctrl_c_at_the_very_end_changes_nothing() -> None:
    """A second one often comes when all is said."""
    ending = "import atexit, os, signal, sys; atexit.register(os.kill, os.getpid(), signal.SIGINT)"
    ours = "sys.argv[1:] = ['version']; from kubectl_netshoot.__main__ import main; main()"
    ended = subprocess.run(
        (sys.executable, "-c", f"{ending}; {ours}"), capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout
