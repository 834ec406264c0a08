"""TAB, with a stand-in for kubectl: candidates that fit, nothing on stderr, and never an error."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kubectl_netshoot import completion

Script = Callable[[str, str], Path]
STUB = """
import json, os, pathlib, sys
with open(pathlib.Path(__file__).with_name("asked"), "a") as file:
    file.write(json.dumps([os.environ.get("KUBECONFIG", ""), *sys.argv[1:]]) + "\\n")
words = sys.argv[1:]
if words[:2] == ["get", "pods"]:
    marked = any(word.startswith("--selector=") for word in words)
    for name in ["web-copy"] if marked else ["web-1", "web-2", "db-0"]:
        print(name, "1/1 Running 0 1m")
elif words[:2] == ["get", "namespaces"]:
    print("shop Active 1d\\nkube-system Active 1d")
elif words[:2] == ["get", "services"]:
    print("web ClusterIP 10.0.0.1 <none> 80/TCP 1d")
elif words[:2] == ["config", "get-contexts"]:
    print("here\\nthere")
elif words[:2] in (["config", "get-clusters"], ["config", "get-users"]):
    print("NAME\\neast")
else:
    sys.exit(1)
"""


@pytest.fixture
def stub(script: Script, monkeypatch: pytest.MonkeyPatch) -> Path:
    """kubectl on PATH is the stand-in."""
    path = script("kubectl", STUB)
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("KUBECTL_NETSHOOT_KUBECTL", raising=False)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    return path


def asked(stub: Path) -> list[list[str]]:
    return [json.loads(line) for line in stub.with_name("asked").read_text().splitlines()]


CANDIDATES = [
    ("", ["web-1", "web-2", "db-0", "list", "cleanup"]),
    ("web", ["web-1", "web-2"]),
    ("-n shop web-", ["web-1", "web-2"]),
    ("--join-service db", ["db-0"]),
    ("attach ", ["web-copy"]),
    ("cleanup web-copy ", []),
    ("web-1 --service ", ["web"]),
    ("web-1 --service=w", ["--service=web"]),
    ("-n ", ["shop", "kube-system"]),
    ("--namespace sh", ["shop"]),
    ("--context ", ["here", "there"]),
    ("--cluster ", ["east"]),
    ("--user=", ["--user=east"]),
    ("web-1 --prof", ["--profile"]),
    ("--image-pull-policy=N", ["--image-pull-policy=Never"]),
    ("list --all-n", ["--all-namespaces"]),
    ("-o j", ["json"]),
    ("list -o ", ["text", "json"]),
    ("explain -o ", ["text", "json", "html"]),
    ("explain --lang ", ["en", "zh"]),
    ("explain ", []),
    ("web-1 -- ", []),
    ("web-1 -- --", []),
    ("--name ", []),
    ("web-1 w", []),
]


@pytest.mark.parametrize(("line", "expected"), CANDIDATES)
@pytest.mark.usefixtures("stub")
def test_candidates(line: str, expected: list[str]) -> None:
    found = completion.candidates(line.split(" "))
    assert set(expected) <= set(found)
    if line:
        assert found == expected


def test_the_flags_that_say_where_are_handed_on(stub: Path) -> None:
    completion.candidates(["-n", "shop", "--context=there", "--kubeconfig", "other", "--name", "x", "web"])
    (words,) = asked(stub)
    assert words[0] == "other"
    assert {"--namespace=shop", "--context=there"} <= set(words)
    assert not [word for word in words if word.startswith("--name=")]


def complete(*words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """The whole process, as the completion program starts it."""
    command = [sys.executable, "-m", "kubectl_netshoot", "__complete", *words]
    return subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)


FILES = [
    ("explain ", True),
    ("explain lo", True),
    ("explain look.pcap ", False),
    ("explain -", False),
    ("explain look.pcap --names ", True),
    ("explain --names n", True),
    ("explain --lang ", False),
    ("explain --ladder ", True),
    ("explain -- ", False),
    ("web-1 ", False),
    ("attach ", False),
]


@pytest.mark.parametrize(("line", "files"), FILES)
@pytest.mark.usefixtures("stub")
def test_where_a_file_is_named_the_shell_completes_it(
    line: str, files: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    completion.run(line.split(" "))
    assert capsys.readouterr().out.endswith(":0\n" if files else ":4\n")


@pytest.mark.usefixtures("stub")
def test_the_last_line_asks_for_no_file_names() -> None:
    done = complete("web-")
    assert (done.returncode, done.stdout, done.stderr) == (0, "web-1\nweb-2\n:4\n", "")


HOSTILE = [
    [],
    [""],
    ["--"],
    ["-"],
    ["="],
    ["-="],
    ["--="],
    ["\udcff"],
    ["-n"],
    ["-n", "-n", "-n"],
    ["list", "list", ""],
]


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.usefixtures("stub")
def test_whatever_was_typed_there_is_no_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert completion.run(words) == 0
    captured = capsys.readouterr()
    assert captured.out.endswith(":4\n")
    assert captured.err == ""


BROKEN = [
    "raise SystemExit(1)",
    "import sys; sys.stderr.write('Unable to connect'); sys.exit(1)",
    "print('\\x1b[2J' * 9)",
]


@pytest.mark.parametrize("code", BROKEN)
def test_a_kubectl_that_fails_gives_no_names_and_no_words(
    script: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(script("broken", code)))
    assert completion.run(["web"]) == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (":4\n", "")


def test_no_kubectl_at_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", "kubectl-not-there")
    assert completion.run(["web"]) == 0
    assert capsys.readouterr().out == ":4\n"


def test_a_reader_that_went_away_is_no_error(stub: Path) -> None:
    assert stub.exists()
    with subprocess.Popen(
        [sys.executable, "-m", "kubectl_netshoot", "__complete", ""],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait() == 0
