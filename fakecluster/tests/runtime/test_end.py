"""The end of the cluster is the end of everything that it started."""

from __future__ import annotations

import subprocess
from pathlib import Path

from fakecluster.builders import netshoot, pod
from fakecluster.handle import ClusterProcess
from fakecluster.kubectl import Kubectl, binary
from fakecluster.processes import runs


def test_nothing_is_left(tmp_path: Path) -> None:
    """Although a watch was abandoned, a shell is open and a command was left in the background."""
    with ClusterProcess(tmp_path / "cluster") as cluster:
        kubectl = Kubectl(cluster.kubeconfig, "default", tmp_path)
        kubectl.apply({"apiVersion": "v1", "kind": "Pod", **pod("web", netshoot())})
        kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=20s")
        background = kubectl("exec", "web", "--", "sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!").strip()
        home = Path(kubectl("exec", "web", "--", "pwd").strip())
        where = ["--kubeconfig", str(cluster.kubeconfig)]
        command = [binary(), *where, "exec", "-i", "web", "--", "sh", "-c", "echo $$; sleep 1000"]
        pipe = subprocess.PIPE
        shell = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env={"HOME": str(tmp_path)})
        assert shell.stdout is not None
        inside = shell.stdout.readline().decode().strip()
        assert runs(background)
        assert runs(inside)
        server = cluster._process
        assert server is not None
        cluster.stop()
        shell.communicate(timeout=20)
    assert server.returncode == 0
    assert not runs(background)
    assert not runs(inside)
    assert not home.parents[1].exists()
