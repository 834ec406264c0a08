"""kubectl logs by a real kubectl."""

from __future__ import annotations

import subprocess
from typing import Any

from fakecluster.builders import app, netshoot, pod
from fakecluster.client import eventually
from fakecluster.handle import ClusterProcess
from fakecluster.kubectl import Kubectl, binary

COUNTS = ("sh", "-c", "for n in 1 2 3; do echo line $n; done; sleep 1000")


def run(kubectl: Kubectl, name: str, *containers: dict[str, Any], **spec: Any) -> None:
    kubectl.apply({"apiVersion": "v1", "kind": "Pod", **pod(name, *containers, **spec)})


def until_logged(kubectl: Kubectl, name: str, text: str) -> str:
    assert eventually(lambda: text in kubectl.run("logs", name).stdout)
    return kubectl("logs", name)


def test_all_the_last_and_so_many_bytes(kubectl: Kubectl) -> None:
    run(kubectl, "counter", netshoot(*COUNTS))
    assert until_logged(kubectl, "counter", "line 3") == "line 1\nline 2\nline 3\n"
    assert kubectl("logs", "counter", "--tail=2") == "line 2\nline 3\n"
    assert kubectl("logs", "counter", "--limit-bytes=9") == "line 1\nli"
    assert kubectl("logs", "counter", "--since-time=2100-01-01T00:00:00Z") == ""


def test_timestamps(kubectl: Kubectl) -> None:
    run(kubectl, "counter", netshoot(*COUNTS))
    until_logged(kubectl, "counter", "line 3")
    time, text = kubectl("logs", "counter", "--timestamps", "--tail=1").split(" ", 1)
    assert (len(time), time[-1], text) == (len("2026-01-01T00:00:00.000000000Z"), "Z", "line 3\n")


def test_following_ends_with_the_container(cluster: ClusterProcess, kubectl: Kubectl) -> None:
    run(kubectl, "counter", netshoot(*COUNTS), restartPolicy="Never")
    until_logged(kubectl, "counter", "line 3")
    where = ["--kubeconfig", str(kubectl.kubeconfig), "-n", kubectl.namespace]
    command = [binary(), *where, "logs", "-f", "counter"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={"HOME": str(kubectl.home)}
    ) as follower:
        assert follower.stdout is not None
        assert follower.stdout.readline() == "line 1\n"
        cluster.act("kill-container", namespace=kubectl.namespace, pod="counter")
        assert follower.stdout.read() == "line 2\nline 3\n"
        assert follower.wait(20) == 0


def test_the_run_before(cluster: ClusterProcess, kubectl: Kubectl) -> None:
    run(kubectl, "counter", netshoot("sh", "-c", "date +%N; sleep 1000"))
    first = until_logged(kubectl, "counter", "\n")
    assert "previous terminated container" in kubectl.fails("logs", "counter", "--previous")
    cluster.act("kill-container", namespace=kubectl.namespace, pod="counter", exit_code=1)
    assert eventually(lambda: kubectl.run("logs", "counter", "--previous").stdout == first)
    status = kubectl.json("get", "pod", "counter")["status"]["containerStatuses"][0]
    assert (status["restartCount"], status["lastState"]["terminated"]["exitCode"]) == (1, 1)


def test_which_container(kubectl: Kubectl) -> None:
    run(kubectl, "two", app(), netshoot(*COUNTS))
    kubectl("wait", "--for=condition=Ready", "pod/two", "--timeout=20s")
    assert "container nope is not valid for pod two" in kubectl.fails("logs", "two", "-c", "nope")


def test_a_container_that_waits_for_its_image(kubectl: Kubectl) -> None:
    run(kubectl, "noimg", netshoot(image="localhost:1/none:v1"))
    assert eventually(lambda: "trying and failing to pull image" in kubectl.run("logs", "noimg").stderr)
