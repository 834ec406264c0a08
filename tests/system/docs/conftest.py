"""The fake cluster with the pods that documents name, and an environment to type their examples in."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakecluster.handle import ClusterProcess

POD = "nginx-7c5d-x2x8k"
LABELS = {"app": "nginx"}


@dataclass(frozen=True)
class Desk:
    """Where somebody sits and types: in an empty folder, nothing on stdin."""

    cluster: ClusterProcess
    env: dict[str, str]
    folder: Path

    def type(self, line: str) -> "subprocess.CompletedProcess[str]":
        """One line, to a shell."""
        return self.run(["sh", "-c", line])

    def run(self, words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        """A program and its arguments, without a shell."""
        return subprocess.run(
            words,
            env=self.env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )

    def set_up(self, objects: Iterable[object]) -> None:
        """Make these objects, and wait until every Deployment and every pod is ready."""
        manifest = self.folder.parent / "objects.json"
        manifest.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))
        made = self.type(
            f"kubectl apply -f {manifest} && "
            "for one in $(kubectl get deploy -o name); do kubectl rollout status $one --timeout=60s; done && "
            "kubectl wait --for=condition=Ready pod --all --timeout=60s"
        )
        assert made.returncode == 0, made.stderr


def objects() -> Iterator[dict[str, object]]:
    """The pod, others of its Service, one of them a Deployment's, and the Service."""
    container = {"name": "nginx", "image": "nginx:1.27", "ports": [{"containerPort": 8080}]}
    yield {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "nginx"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": {"containers": [container]}},
        },
    }
    for name in (POD, f"{POD}-too"):
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": LABELS},
            "spec": {"containers": [container]},
        }
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "nginx"},
        "spec": {"selector": LABELS, "ports": [{"port": 80, "targetPort": 8080}]},
    }


@contextlib.contextmanager
def sitting(place: Path, zipapp: Path) -> Iterator[Desk]:
    """At a desk of an empty cluster; their files are below `place`."""
    with ClusterProcess(place / "cluster") as cluster:
        folder = place / "home"
        folder.mkdir()
        env = {
            "PATH": os.pathsep.join([str(zipapp.parent), str(Path(sys.executable).parent), os.defpath]),
            "HOME": str(folder),
            "TMPDIR": str(place),
            "KUBECONFIG": str(cluster.kubeconfig),
        }
        yield Desk(cluster, env, folder)


@pytest.fixture
def desk(tmp_path: Path, zipapp: Path) -> Iterator[Desk]:
    with sitting(tmp_path, zipapp) as desk:
        desk.set_up(objects())
        yield desk
