"""The cluster as a process: it never outlives who started it, and it stays quick with many pods."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fakecluster import admission, bootstrap, kinds, representations
from fakecluster.client import Api, eventually
from fakecluster.handle import ROOT, ClusterProcess
from fakecluster.negotiation import Form
from fakecluster.processes import runs
from fakecluster.store import Store
from fakecluster.tests.contract.objects import pod

_PARENT = """
import sys, time
from pathlib import Path
from fakecluster.handle import ClusterProcess
print(ClusterProcess(Path(sys.argv[1])).start().pid, flush=True)
time.sleep(600)
"""


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _PARENT, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    assert eventually(lambda: not runs(pid))


def test_it_can_be_stopped_twice_and_leaves_a_quiet_log(tmp_path: Path) -> None:
    cluster = ClusterProcess(tmp_path)
    cluster.start()
    assert Api(cluster.kubeconfig).get("/version")["minor"] == "36"
    assert cluster.kubeconfig.stat().st_mode & 0o777 == 0o600
    cluster.stop()
    cluster.stop()
    assert cluster.log.read_text() == ""


def test_it_starts_with_the_settings_that_it_is_given(tmp_path: Path) -> None:
    given = {"zones": ["eu/eu-1"], "watch_log_size": 50}
    with ClusterProcess(tmp_path, given) as cluster:
        labels = Api(cluster.kubeconfig).get("/api/v1/nodes/k8s-node-1")["metadata"]["labels"]
        assert labels["topology.kubernetes.io/zone"] == "eu-1"
        assert {key: cluster.settings()[key] for key in given} == given


def test_a_setting_that_is_unknown_is_said(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no such setting: speed"):
        ClusterProcess(tmp_path, {"speed": 1}).start()


def test_ten_thousand_pods_are_listed_whole() -> None:
    store = Store()
    admission.install(store)
    bootstrap.populate(store)
    for number in range(10_000):
        store.create(kinds.PODS, "default", pod(f"web-{number}"))
    entries = store.entries(kinds.PODS, "default")
    text = representations.many(entries, kinds.PODS, {"resourceVersion": "1"}, Form.OBJECT)
    items = json.loads(text)["items"]
    assert len(items) == 10_000
    assert "kind" not in items[0]
