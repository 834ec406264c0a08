"""A cluster in which everything has a fixed name, and somebody at a terminal of a given width."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakecluster import manifests
from fakecluster.handle import ClusterProcess
from fakecluster.traffic import choose_traffic
from tests.system.e2e.programs import install
from tests.system.e2e.screen import Screen
from tests.waiting import until

CONTEXT, NAMESPACE, LABELS = "prod", "shop", {"app": "web"}
PODS = ("web-1", "web-2", "web-3")
# No scene fills more: what scrolls away is not seen.
LINES = 70


@dataclass(frozen=True)
class Shop:
    """Pods web-1 to web-3 behind Service web, in namespace shop of context prod."""

    cluster: ClusterProcess
    env: dict[str, str]
    folder: Path

    def kubectl(self, *words: str, stdin: str = "") -> str:
        """What kubectl prints."""
        done = subprocess.run(
            ["kubectl", *words], env=self.env, input=stdin, capture_output=True, text=True, check=False
        )
        assert not done.returncode, done.stderr
        return done.stdout

    def run(self, *words: str) -> None:
        """`kubectl netshoot` off the screen, whatever comes of it."""
        subprocess.run(
            ["kubectl", "netshoot", *words],
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )

    def screen(self, columns: int, *words: str) -> Screen:
        """`kubectl netshoot` on a terminal."""
        return Screen(["kubectl", "netshoot", *words], self.env, self.folder, columns, LINES)

    def copies(self) -> list[str]:
        """The pods that are not the application's own."""
        names = self.kubectl("get", "pods", "-o=jsonpath={.items[*].metadata.name}").split()
        return [name for name in names if name not in PODS]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, zipapp: Path) -> Iterator[Shop]:
    place = tmp_path_factory.mktemp("shop")
    # A short name, so that it stands on one row.
    with tempfile.TemporaryDirectory(prefix="bin-") as bin_, ClusterProcess(place / "cluster") as cluster:
        install(Path(bin_, "bin"), zipapp)
        for name in ("home", "tmp"):
            (place / name).mkdir()
        kubeconfig = place / "config"
        kubeconfig.write_bytes(cluster.kubeconfig.read_bytes())
        env = {
            "PATH": f"{bin_}/bin:{os.defpath}",
            "HOME": str(place / "home"),
            "TMPDIR": str(place / "tmp"),
            "KUBECONFIG": str(kubeconfig),
            "TERM": "xterm",
            "LANG": "C.UTF-8",
            "USER": "kim",
        }
        shop = Shop(cluster, env, place / "home")
        shop.kubectl("create", "namespace", NAMESPACE)
        was = shop.kubectl("config", "current-context").strip()
        shop.kubectl("config", "rename-context", was, CONTEXT)
        shop.kubectl("config", "set-context", CONTEXT, f"--namespace={NAMESPACE}")
        until(lambda: "default" in shop.kubectl("get", "serviceaccounts"), "the service account")
        objects = [*(manifests.pod(name, LABELS) for name in PODS), manifests.service("web", LABELS)]
        listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        shop.kubectl("apply", "-f-", stdin=listed)
        shop.kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=60s")
        choose_traffic(cluster, place / "standins", TCPDUMP_INTERVAL=0.01)
        # What the first run of a new version says is no command's own.
        shop.screen(80, "list").wait()
        yield shop
