"""The pretended cluster with the pods that README's examples name, and an environment to type them in."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.handle import ClusterProcess

POD = "nginx-7c5d-x2x8k"
LABELS = {"app": "nginx"}


@dataclass(frozen=True)
class Desk:
    """Where somebody sits and types: `type` runs one line in an empty folder, nothing on stdin."""

    cluster: ClusterProcess
    env: dict[str, str]
    folder: Path

    def type(self, line: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["sh", "-c", line],
            env=self.env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )


def objects() -> Iterator[dict[str, object]]:
    """The pod, others of its Service, one of them a Deployment's, and the Service."""
    container = {"name": "nginx", "image": "nginx:1.27", "ports": [{"containerPort": 8080}]}
    yield {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "nginx"},
        "spec": {
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


@pytest.fixture
def desk(tmp_path: Path, zipapp: Path) -> Iterator[Desk]:
    with ClusterProcess(tmp_path / "cluster") as cluster:
        folder = tmp_path / "home"
        folder.mkdir()
        env = {
            "PATH": os.pathsep.join([str(zipapp.parent), str(Path(sys.executable).parent), os.defpath]),
            "HOME": str(folder),
            "TMPDIR": str(tmp_path),
            "KUBECONFIG": str(cluster.kubeconfig),
        }
        desk = Desk(cluster, env, folder)
        manifest = tmp_path / "objects.json"
        manifest.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects())}))
        made = desk.type(
            f"kubectl apply -f {manifest} && kubectl rollout status deploy/nginx --timeout=60s && "
            "kubectl wait --for=condition=Ready pod --all --timeout=60s"
        )
        assert made.returncode == 0, made.stderr
        yield desk
