"""kubectl can hang, fail, flood and lie: TAB ends in any case, alone, and without a word."""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import RUN, processes
from tests.unit.completion.stub import Stub
from tests.unit.completion.tab import SHELLS, Tab, interpreter
from tests.waiting import LIMIT_SECONDS, until
from tools.prerequisites.pytest_plugin import program

# A credential plugin below it hangs, and another one below that; each says that it runs.
HANGING = """\
#!/bin/sh
here=$(dirname "$0")
sh -c 'sleep 600 & echo; wait' >> "$here/hangs" &
exec sleep 600
"""


@pytest.fixture
def hanging(tab: Tab, stub: Stub) -> Tab:
    """kubectl hangs; every process of the test carries a word to be found by. What it started is found by ps."""
    program("ps")
    stub.program.write_text(HANGING)
    return Tab(tab.script, {**tab.env, RUN: secrets.token_hex(8)})


@pytest.mark.parametrize("shell", SHELLS)
def test_a_kubectl_that_hangs_is_given_up_with_all_that_it_started(
    hanging: Tab, stub: Stub, shell: str
) -> None:
    answer = hanging.press(["web-1", "--service", ""], interpreter(shell))
    assert (answer.status, answer.stdout, answer.stderr) == (0, ":36\n", "")
    assert (stub.program.parent / "hangs").read_text(), "it had begun"
    until(lambda: not processes(hanging.env[RUN]), "the end of all")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_who_gives_up_first_leaves_nothing_behind(
    hanging: Tab, stub: Stub, shell: str, number: signal.Signals
) -> None:
    """Ctrl-C in the middle of a TAB: the whole process group is told."""
    argv = [*interpreter(shell), str(hanging.script), "web"]
    with subprocess.Popen(
        argv,
        env=hanging.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as child:
        until((stub.program.parent / "hangs").exists, "kubectl hangs")
        os.killpg(child.pid, number)
        child.communicate(timeout=LIMIT_SECONDS)
    until(lambda: not processes(hanging.env[RUN]), "the end of all")


def test_a_kubectl_that_fails_gives_no_names(tab: Tab, stub: Stub) -> None:
    stub.program.write_text("#!/bin/sh\ncat <<END\nNAME   AGE\nweb-1   1m\nEND\necho no >&2\nexit 1\n")
    answer = tab.type("web")
    assert (answer.status, answer.stdout, answer.stderr) == (0, ":4\n", "")


def test_no_kubectl_at_all(tab: Tab) -> None:
    answer = tab.press(["web"], env={"KUBECTL_NETSHOOT_KUBECTL": "kubectl-not-there"})
    assert (answer.status, answer.stdout, answer.stderr) == (0, ":4\n", "")


def test_another_kubectl_is_asked_where_it_is_named(tab: Tab, stub: Stub, tmp_path: Path) -> None:
    other = Stub(tmp_path / "other")
    tab.press(["web"], env={"KUBECTL_NETSHOOT_KUBECTL": str(other.program)})
    assert (len(stub.asked), len(other.asked)) == (0, 1)


def test_a_function_of_the_users_shell_is_not_run_for_kubectl(tab: Tab) -> None:
    answer = tab.press(["web"], interpreter("bash"), {"BASH_FUNC_kubectl%%": "() { echo evil; }"})
    assert answer.names == ["web-1", "web-2"]


@pytest.mark.parametrize("shell", SHELLS)
def test_thousands_of_pods(tab: Tab, stub: Stub, shell: str) -> None:
    names = [f"web-{number:04}" for number in range(5000)]
    rows = "".join(f"{name}   1/1   Running   0   1m\n" for name in names)
    stub.prints("pod", f"NAME   READY   STATUS   RESTARTS   AGE\n{rows}")
    assert tab.type("web", interpreter(shell)).names == names


HOSTILE = [
    "web;id",
    "$(id)",
    "`id`",
    "--all",
    "-x",
    "Web",
    "web\x1b[2J",
    "web\x07",
    "web id",
    "'web",
    '"',
    "web\\",
    "~web",
    "web*",
    "web\u202e",
    "web\r",
    "",
    ":4",
]


@pytest.mark.parametrize("line", ["", "leave ", "-n ", "x --service ", "deploy/", "pod/"])
def test_no_candidate_is_more_than_a_name(tab: Tab, stub: Stub, line: str) -> None:
    rows = "\n".join(
        ["NAME   STATUS   AGE   SELECTOR", *(f"{name}   x   x   x" for name in HOSTILE), "web-9   x   x"]
    )
    for table in ("pod", "copies", "namespace", "svc", "deploy"):
        stub.prints(table, rows)
    answer = tab.type(line)
    assert [name for name in answer.names if not re.fullmatch(r"[a-z0-9][a-z0-9./-]*", name)] == []
    assert [name for name in answer.names if name.endswith("web-9")]


def test_no_context_is_more_than_a_word(tab: Tab, stub: Stub) -> None:
    stub.prints("get-contexts", "\n".join([*HOSTILE, "Prod", "a@b:c/d"]))
    assert tab.type("--context ").names == ["Web", "Prod", "a@b:c/d"]


def test_descriptions_hold_text_only(tab: Tab, stub: Stub) -> None:
    stub.prints("pod", b"NAME   STATUS   AGE\nweb-1   \x1b[2J\tRun\x07\xff\xe2\x80\xae   1m" + b"x" * 9999)
    (description,) = tab.type("web").described.values()
    assert re.fullmatch(r"[ -~]{1,80}", description)
    assert description.startswith("[2JRun, 1m")


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"\0" * 99, b"\xff" * 99, b"NAME", b"web-1", b"\t0\nweb-1   x\n"]
)
def test_what_is_no_table_gives_no_names(tab: Tab, stub: Stub, content: bytes) -> None:
    stub.prints("pod", content)
    answer = tab.type("web")
    assert (answer.status, answer.stderr, answer.directive) == (0, "", ":4")
    assert set(answer.names) <= {"web-1"}


def test_a_reader_that_went_away_is_no_error(tab: Tab) -> None:
    with subprocess.Popen(
        [str(tab.script), ""], env=tab.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait() == 0


PLUGIN_THAT_HANGS = """\
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: here, user: me}}]
clusters: [{name: here, cluster: {server: "https://127.0.0.1:1"}}]
users:
- name: me
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      interactiveMode: Never
      command: sh
      args: [-c, "touch asked; sleep 600 & wait"]
"""
SERVER_THAT_HANGS = """\
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: here}}]
clusters: [{name: here, cluster: {server: "http://%s:%s"}}]
"""


def test_a_real_kubectl_whose_kubeconfig_hangs_or_is_broken(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("ps")
    monkeypatch.chdir(tmp_path)
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        RUN: secrets.token_hex(8),
    }
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for text in (PLUGIN_THAT_HANGS, SERVER_THAT_HANGS % silent.getsockname(), "{", "\0", ""):
            (tmp_path / "kubeconfig").write_text(text)
            answer = Tab(script, env).press(["--kubeconfig", str(tmp_path / "kubeconfig"), "web"])
            assert (answer.status, answer.stdout, answer.stderr) == (0, ":4\n", ""), text
    assert (tmp_path / "asked").exists(), "the plugin had begun"
    until(lambda: not processes(env[RUN]), "the end of all")
