"""kubectl exec and attach, by a real kubectl, on pipes and on a terminal."""

from __future__ import annotations

import os
import subprocess

import pytest
from kubernetes import client
from kubernetes.config import new_client_from_config
from kubernetes.stream import stream

from fakecluster.builders import app, netshoot, pod
from fakecluster.client import eventually
from fakecluster.handle import ClusterProcess
from fakecluster.kubectl import Kubectl, binary
from fakecluster.processes import runs
from fakecluster.tests.runtime.terminal import TerminalSession

POD = "copy"
IN_IT = ("exec", POD, "-c", "netshoot")


@pytest.fixture(autouse=True)
def copy(kubectl: Kubectl) -> None:
    """A pod with an app and a netshoot container."""
    kubectl.apply({"apiVersion": "v1", "kind": "Pod", **pod(POD, app(), netshoot())})
    kubectl("wait", "--for=condition=Ready", f"pod/{POD}", "--timeout=20s")


def exec_bytes(kubectl: Kubectl, data: bytes, *command: str) -> subprocess.CompletedProcess[bytes]:
    where = ["--kubeconfig", str(kubectl.kubeconfig), "-n", kubectl.namespace]
    return subprocess.run(
        [binary(), *where, "exec", "-i", POD, "-c", "netshoot", "--", *command],
        input=data,
        capture_output=True,
        timeout=60,
        env={"HOME": str(kubectl.home)},
        check=False,
    )


def test_streams_are_kept_apart_and_the_status_is_the_command_s(kubectl: Kubectl) -> None:
    done = kubectl.run(*IN_IT, "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout) == (7, "out\n")
    assert done.stderr == "err\ncommand terminated with exit code 7\n"


def test_a_killed_command_ends_as_in_a_shell(kubectl: Kubectl) -> None:
    assert kubectl.run(*IN_IT, "--", "sh", "-c", "kill -9 $$").returncode == 137


def test_bytes_pass_through_untouched_both_ways(kubectl: Kubectl) -> None:
    data = os.urandom(2_000_000)
    assert exec_bytes(kubectl, data, "cat").stdout == data


def test_the_end_of_stdin_is_passed_on(kubectl: Kubectl) -> None:
    """v5's close signal; without it `wc` would wait for ever."""
    assert exec_bytes(kubectl, b"12345", "wc", "-c").stdout.strip() == b"5"


def test_a_command_that_is_not_there(kubectl: Kubectl) -> None:
    said = kubectl.fails(*IN_IT, "--", "no-such-command")
    assert 'exec: "no-such-command": executable file not found in $PATH' in said


def test_a_container_that_is_not_there(kubectl: Kubectl) -> None:
    assert "container nope is not valid for pod copy" in kubectl.fails(
        "exec", POD, "-c", "nope", "--", "true"
    )


def test_the_environment_is_the_pod_s(kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAKED", "from the test")
    lines = kubectl(*IN_IT, "--", "env").splitlines()
    environment = dict(line.split("=", 1) for line in lines)
    status = kubectl.json("get", "pod", POD)["status"]
    assert environment["HOSTNAME"] == POD
    assert environment["POD_IP"] == status["podIP"]
    assert "LEAKED" not in environment
    assert kubectl(*IN_IT, "--", "pwd").strip() == environment["HOME"]


def test_a_terminal_is_a_real_one(kubectl: Kubectl) -> None:
    with TerminalSession(kubectl, *IN_IT[:1], "-it", *IN_IT[1:], "--", "sh") as shell:
        shell.expect(r"[#$] ")
        shell.type("tty; stty size\r")
        shell.expect(r"/dev/pts/\d+\r\n30 100\r\n.*[#$] ")
        shell.resize(80, 24)
        shell.type("stty size\r")
        shell.expect(r"\r\n24 80\r\n.*[#$] ")
        shell.type("exit 5\r")
        assert shell.exit_status() == 5
        assert shell.screen.display[1].startswith("/dev/pts/")


def test_control_c_reaches_the_foreground_command_only(kubectl: Kubectl) -> None:
    with TerminalSession(kubectl, "exec", "-it", POD, "-c", "netshoot", "--", "sh") as shell:
        shell.expect(r"[#$] ")
        shell.type("echo now; sleep 1000\r")
        shell.expect(r"\r\nnow\r\n")
        shell.type("\x03")
        shell.expect(r"[#$] ")
        shell.type("echo status $?; exit 0\r")
        shell.expect(r"status 130\r\n")
        assert shell.exit_status() == 0


def test_a_shell_outlives_a_client_that_is_lost(kubectl: Kubectl) -> None:
    """As with containerd: nothing tells a command with a terminal that nobody listens any more."""
    with TerminalSession(kubectl, "exec", "-it", POD, "-c", "netshoot", "--", "sh") as shell:
        shell.expect(r"[#$] ")
        shell.type("echo pid $$\r")
        pid = shell.expect(r"pid \d+\r\n").split()[-1]
        shell.hang_up()
    assert runs(pid)
    kubectl("delete", "pod", POD)
    assert not runs(pid)


def test_a_command_without_a_terminal_reads_the_end_when_its_client_is_lost(kubectl: Kubectl) -> None:
    where = ["--kubeconfig", str(kubectl.kubeconfig), "-n", kubectl.namespace]
    command = [
        binary(),
        *where,
        "exec",
        "-i",
        POD,
        "-c",
        "netshoot",
        "--",
        "sh",
        "-c",
        "echo go; cat; touch ended",
    ]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env={"HOME": str(kubectl.home)}) as lost:
        assert lost.stdout is not None
        assert lost.stdout.readline() == b"go\n"
        lost.kill()
    assert eventually(lambda: kubectl.run(*IN_IT, "--", "test", "-e", "ended").returncode == 0)


def test_commands_end_with_their_container(cluster: ClusterProcess, kubectl: Kubectl) -> None:
    """KILL, as when PID 1 of a container is gone; and what was left in the background too."""
    background = kubectl(*IN_IT, "--", "sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!").strip()
    with TerminalSession(kubectl, "exec", "-it", POD, "-c", "netshoot", "--", "sh") as shell:
        shell.expect(r"[#$] ")
        cluster.act("kill-container", namespace=kubectl.namespace, pod=POD, container="netshoot")
        assert shell.exit_status() == 137
    assert not runs(background)


@pytest.mark.parametrize("after", [0, 100])
def test_a_stream_can_be_cut(cluster: ClusterProcess, kubectl: Kubectl, after: int) -> None:
    cluster.fault("cut-stream", bytes=after, count=1)
    done = kubectl.run(*IN_IT, "--", "sh", "-c", "while :; do echo 0123456789; sleep 0.01; done")
    assert done.returncode == 1
    assert done.stdout == ("0123456789\n" * 10)[:after]
    assert "connection reset by peer" in done.stderr


def test_attach_shows_and_types(kubectl: Kubectl) -> None:
    reads = netshoot("sh", "-c", "while read -r line; do echo got $line; done", stdin=True, stdinOnce=True)
    kubectl.apply({"apiVersion": "v1", "kind": "Pod", **pod("reader", reads, restartPolicy="Never")})
    kubectl("wait", "--for=condition=Ready", "pod/reader", "--timeout=20s")
    done = kubectl.run("attach", "-i", "reader", stdin="one\ntwo\n")
    assert done.stdout == "got one\ngot two\n"
    assert kubectl("logs", "reader") == "got one\ngot two\n"


def test_the_python_client_streams_too(cluster: ClusterProcess, namespace: str) -> None:
    """It speaks v4."""
    with new_client_from_config(str(cluster.kubeconfig)) as connection:
        run = client.CoreV1Api(connection).connect_get_namespaced_pod_exec
        command = ["sh", "-c", "echo hi; exit 3"]
        opened = stream(
            run, POD, namespace, container="netshoot", command=command, stdout=True, _preload_content=False
        )
        opened.run_forever(timeout=20)
        assert (opened.read_stdout(), opened.returncode) == ("hi\n", 3)
        # Its own close leaves the socket open once the server has said goodbye.
        opened.sock.shutdown()
