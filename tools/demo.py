"""`make demo`: one whole session against a fake cluster, with what the endpoints hold before, during and after.

`--shell` gives the shell instead of running a command. Exits non-zero when anything is left behind.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fakecluster.handle import ClusterProcess

ROOT = Path(__file__).resolve().parents[1]
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx}
spec:
  replicas: 3
  selector: {matchLabels: {app: nginx}}
  template:
    metadata: {labels: {app: nginx}}
    spec:
      containers:
      - {name: nginx, image: "nginx:1.27", ports: [{containerPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: nginx}
spec: {selector: {app: nginx}, ports: [{port: 80, targetPort: 8080}]}
"""
ENDPOINTS = (
    "{range .items[*]}{range .endpoints[?(@.conditions.ready==true)]}{.targetRef.name}{'\\n'}{end}{end}"
)
COMMAND = ("sh", "-c", 'echo; echo "hello from the copy; it listens on:"; ss -Hltn; echo; sleep 3')


class Demo:
    """kubectl on the fake cluster, as a person would type it."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        """What kubectl prints; ends the demo where it fails."""
        done = subprocess.run(
            ("kubectl", *words), env=self._env, input=stdin, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"kubectl {' '.join(words)}: {done.stderr}")
        return done.stdout

    def endpoints(self) -> list[str]:
        """The pods that the Service sends new connections to."""
        out = self.kubectl(
            "get", "endpointslices", "-l", "kubernetes.io/service-name=nginx", f"-o=jsonpath={ENDPOINTS}"
        )
        return sorted(out.split())

    def session(self, *words: str) -> int:
        """Type it, show it, return its status."""
        print(f"\n$ kubectl netshoot {shlex.join(words)}", flush=True)
        return subprocess.run(("kubectl", "netshoot", *words), env=self._env, check=False).returncode

    @contextmanager
    def watching_endpoints(self) -> Iterator[list[list[str]]]:
        """Every set of endpoints that was there meanwhile, in order; each is printed as it comes."""
        seen, over = [self.endpoints()], threading.Event()

        def watch() -> None:
            while not over.wait(0.2):
                now = self.endpoints()
                if now != seen[-1]:
                    seen.append(now)
                    print(f"    endpoints of service/nginx now: {', '.join(now)}", flush=True)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield seen
        finally:
            over.set()
            watcher.join()


def clean_environment(home: Path, kubeconfig: Path) -> dict[str, str]:
    """Only what a fresh login has: the built zipapp and the tests' kubectl first on PATH, a HOME of its own."""
    folders = [str(ROOT / "dist"), str(Path(sys.executable).parent), os.environ["PATH"]]
    return {
        "PATH": os.pathsep.join(folders),
        "HOME": str(home),
        "KUBECONFIG": str(kubeconfig),
        "TERM": os.environ.get("TERM", "dumb"),
        "LANG": "C.UTF-8",
    }


def run(demo: Demo, shell: bool) -> list[str]:
    """The demo; returns what is wrong afterwards."""
    demo.kubectl("apply", "-f", "-", stdin=MANIFEST)
    demo.kubectl("rollout", "status", "deployment/nginx", "--timeout=60s")
    pods = demo.kubectl("get", "pods", "-o=name").split()
    before = demo.endpoints()
    print(f"a Deployment of {len(pods)} pods behind service/nginx: {', '.join(before)}")
    command = () if shell else ("--", *COMMAND)
    with demo.watching_endpoints() as seen:
        status = demo.session(pods[0].removeprefix("pod/"), "--join-service", "--settle", "2s", *command)
    print(f"\n$ kubectl get pods\n{demo.kubectl('get', 'pods')}")
    wrong = []
    if status and not shell:
        wrong.append(f"the session ended with {status}")
    if not any(len(names) == len(before) + 1 for names in seen):
        wrong.append("the copy was never seen in the endpoints")
    if demo.endpoints() != before:
        wrong.append("the endpoints are not as before")
    if sorted(demo.kubectl("get", "pods", "-o=name").split()) != sorted(pods):
        wrong.append("the pods are not as before")
    return wrong


def main() -> int:
    """Run it; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shell", action="store_true", help="the shell for you, instead of a command")
    shell = parser.parse_args().shell
    with tempfile.TemporaryDirectory(prefix="netshoot-demo-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        with ClusterProcess(Path(folder) / "cluster") as cluster:
            wrong = run(Demo(clean_environment(home, cluster.kubeconfig)), shell)
    for line in wrong:
        print(f"WRONG: {line}")
    print("The copy came, served and went; nothing is left." if not wrong else "The demo failed.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
