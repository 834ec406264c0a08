"""The words that we give to a real kubectl: flags that it has, and nothing a name could smuggle in."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube import kubectl
from kubectl_netshoot.kube.kubectl import Kubectl, remote_command_ended, shell_command
from kubectl_netshoot.model import Birth
from kubectl_netshoot.rules.pods import SLEEPER, Copy
from tests.unit.kube import kubectls

Script = Callable[[str, str], Path]
COPY = Copy("web-1", "web-1-copy", "busybox:1.37", "netadmin", Birth("0123456789abcdef", "web-1-copy"))
FULL = replace(
    COPY,
    pull_policy="Always",
    share_processes=True,
    same_node=True,
    keep_readiness=True,
    keep_startup=True,
    custom=Path("custom.json"),
)
GLOBAL = {"--kubeconfig", "--namespace", "--request-timeout"}
every_kubectl = pytest.mark.parametrize("program", kubectls.found().values(), ids=kubectls.found().keys())


def flags_of(argv: tuple[str, ...]) -> list[str]:
    return [word.partition("=")[0] for word in argv[1 : argv.index("--")] if word.startswith("-")]


@every_kubectl
def test_every_flag_is_one_that_this_kubectl_has(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(program))
    has = kubectl.debug_help().flags
    client = Kubectl(Path("config"), "shop", "5s")
    wanted = COPY if "--custom" not in has else replace(COPY, custom=Path("custom.json"))
    wanted = replace(wanted, pull_policy="Always")
    assert set(flags_of(client.copy_argv(wanted))) <= has | GLOBAL
    assert ("--custom" in has) is ("--keep-readiness" in has) is ("--keep-startup" in has)


@every_kubectl
def test_the_profiles_are_those_of_this_kubectl(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(program))
    assert {"general", "baseline", "restricted", "netadmin"} <= kubectl.debug_help().profiles


@every_kubectl
def test_the_version_is_told(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(program))
    assert re.match(r"v1\.\d+\.", kubectl.client_version())


def test_a_kubectl_that_says_no(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = script("stub", "import sys; print('error: first\\n\\nsecond', file=sys.stderr); sys.exit(1)")
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(stub))
    assert kubectl.client_version() == ""
    with pytest.raises(NetshootError, match="first second"):
        kubectl.debug_help()
    with pytest.raises(NetshootError, match="the copy was not made: first second"):
        Kubectl(Path("config"), "shop").make_copy(COPY)


def test_a_kubectl_that_is_silent(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(script("stub", "raise SystemExit(3)")))
    with pytest.raises(NetshootError, match="ended with status 3"):
        Kubectl(Path("config"), "shop").make_copy(COPY)


def test_children_see_the_pinned_kubeconfig_only(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "the-users")
    code = "import json, os, sys; print(json.dumps([os.environ['KUBECONFIG'], *sys.argv[1:]]))"
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(script("stub", code)))
    said = Kubectl(Path("pinned"), "shop").ask("copy", ("ss", "-H"))
    expected = [
        "pinned",
        "--kubeconfig=pinned",
        "--namespace=shop",
        "exec",
        "pod/copy",
        "--container=netshoot",
    ]
    assert json.loads(said.stdout) == [*expected, "--", "ss", "-H"]


HOSTILE = ["--privileged", "-it", "--", "a b", "--namespace=kube-system", "", "$(id)", "x\n--all"]


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_becomes_a_word_of_its_own(value: str) -> None:
    client = Kubectl(Path("config"), "shop")
    hostile = replace(
        FULL,
        source=value,
        name=value,
        image=value,
        profile=value,
        birth=Birth(value),
        pull_policy=value or "x",
    )
    harmless, argv = client.copy_argv(FULL), client.copy_argv(hostile)
    assert len(argv) == len(harmless)
    assert [word.partition("=")[0] for word in argv if word.startswith("--")] == [
        word.partition("=")[0] for word in harmless if word.startswith("--")
    ]
    assert argv[-len(SLEEPER) - 1 :] == ("--", *SLEEPER)


def test_a_command_is_handed_on_word_for_word() -> None:
    argv = Kubectl(Path("config"), "shop").exec_argv("copy", HOSTILE, tty=True, stdin=True)
    at = argv.index("--")
    assert list(argv[at + 1 :]) == HOSTILE
    assert argv[at - 3 : at] == ("--stdin", "--tty", "--container=netshoot")


def test_without_a_terminal_no_tty_is_asked_for() -> None:
    argv = Kubectl(Path("config"), "shop").exec_argv("copy", ("true",), tty=False, stdin=False)
    assert "--tty" not in argv
    assert "--stdin" not in argv


def test_the_shell() -> None:
    assert shell_command("fish") == ("fish",)
    assert shell_command("")[:2] == ("sh", "-c")


ENDS = [
    (0, "", True),
    (7, "", True),
    (137, "", True),
    (1, "command terminated with exit code 1\n", True),
    (1, "error: unable to upgrade connection: container not found", True),
    (1, "error: websocket: close 1006 (abnormal closure): unexpected EOF", False),
    (1, "error: lost connection to pod", False),
    (1, "", False),
    (-9, "", False),
    (-15, "command terminated with exit code 1", False),
]


@pytest.mark.parametrize(("status", "tail", "ended"), ENDS)
def test_whether_the_command_ended_or_the_connection(status: int, tail: str, ended: bool) -> None:
    assert remote_command_ended(status, tail) is ended
