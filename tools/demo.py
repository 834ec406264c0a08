"""`make demo`: one whole session against a fake cluster, with the Service's endpoints before, during and after.

`--shell` gives the shell instead of running a command; nothing is printed while it runs. Exits non-zero when anything
is left behind.
"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
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
# README's example of a Service that fails, to be tried from another terminal.
FAILING = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - {name: api, image: "nginx:1.27", ports: [{containerPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {selector: {app: api}, ports: [{port: 80, targetPort: 9090}]}
"""
ENDPOINTS = (
    "{range .items[*]}{range .endpoints[?(@.conditions.ready==true)]}{.targetRef.name}{'\\n'}{end}{end}"
)
# Long enough for the endpoints to be seen.
COMMAND = ("sh", "-c", 'sleep 1; echo "hello from the copy; it listens on:"; ss -Hltn; sleep 2')
ENDS_WITHIN = 30.0
# What the session says is read by us, so that two do not write into one line.
COLOUR = "KUBECTL_NETSHOOT_COLOUR"

GREETING = """
You get a shell in a copy of a pod, behind its Service. Try:
  ss -Hltn                 what listens in the copy
  curl localhost:8080      ask the application
  tcpdump -n -c 5          packets (made up: this cluster is fake)
  exit                     leave: the copy is removed from the Service and deleted
From another terminal the same cluster is yours, until you leave, for the examples of README:
  export KUBECONFIG={kubeconfig} PATH={path}:$PATH
  kubectl get endpointslices
  kubectl netshoot check svc/api
"""


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

    def pods(self) -> list[str]:
        """The names of all pods."""
        return sorted(self.kubectl("get", "pods", "-o=name").replace("pod/", "").split())

    def endpoints(self) -> list[str]:
        """The pods that the Service sends new connections to."""
        out = self.kubectl(
            "get", "endpointslices", "-l", "kubernetes.io/service-name=nginx", f"-o=jsonpath={ENDPOINTS}"
        )
        return sorted(out.split())

    def session(self, words: Sequence[str], command: Sequence[str]) -> int:
        """Its status. With a command its lines are printed one by one; without one the terminal is its own."""
        typed = ["kubectl", "netshoot", *words, *(("--", *command) if command else ())]
        print(f"$ {shlex.join(typed)}", flush=True)
        if not command:
            return subprocess.run(typed, env=self._env, check=False).returncode
        env = self._env | ({COLOUR: "always"} if sys.stdout.isatty() else {})
        with subprocess.Popen(
            typed,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as child:
            for line in child.stdout or ():
                print(line, end="", flush=True)
        return child.returncode

    @contextmanager
    def watched_endpoints(self, tell: bool) -> Iterator[list[list[str]]]:
        """Every set of endpoints that was there meanwhile, in order; each is printed as it comes if `tell`."""
        seen, over = [self.endpoints()], threading.Event()

        def watch() -> None:
            while not over.wait(0.2):
                now = self.endpoints()
                if now != seen[-1]:
                    seen.append(now)
                    if tell:
                        print(f"   -> Service nginx has {len(now)} endpoints: {', '.join(now)}", flush=True)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield seen
        finally:
            over.set()
            watcher.join()


def installed(folder: Path) -> Path:
    """The folder, made, with the built zipapp and the tests' kubectl in it, and nothing else that PATH would find."""
    folder.mkdir()
    for program in (ROOT / "dist" / "kubectl-netshoot", Path(sys.executable).parent / "kubectl"):
        (folder / program.name).symlink_to(program)
    return folder


def clean_environment(folder: Path, kubeconfig: Path) -> dict[str, str]:
    """Only what a fresh login has: programs of our own first on PATH, a HOME of its own in `folder`."""
    home = folder / "home"
    home.mkdir()
    return {
        "PATH": os.pathsep.join([str(installed(folder / "bin")), os.environ["PATH"]]),
        "HOME": str(home),
        "KUBECONFIG": str(kubeconfig),
        "TERM": os.environ.get("TERM", "dumb"),
        "LANG": "C.UTF-8",
    }


def step(number: int, text: str) -> None:
    """Say what is done now, before it is."""
    print(f"\n[{number}/4] {text}", flush=True)


def run(demo: Demo, kubeconfig: Path, programs: Path, shell: bool) -> list[str]:
    """The demo from its second step on; returns what is wrong afterwards."""
    step(2, "a Deployment of 3 pods, and Service nginx in front of it")
    for manifest, name in ((MANIFEST, "nginx"), *([(FAILING, "api")] if shell else [])):
        demo.kubectl("apply", "-f", "-", stdin=manifest)
        demo.kubectl("rollout", "status", f"deployment/{name}", "--timeout=60s")
    pods, before = demo.pods(), demo.endpoints()
    print(f"   -> Service nginx has {len(before)} endpoints: {', '.join(before)}")
    step(3, "a session: a copy of one of them joins the Service, and leaves it again")
    if shell:
        print(GREETING.format(kubeconfig=kubeconfig, path=programs))
    with demo.watched_endpoints(tell=not shell) as seen:
        words = ("deploy/nginx", "--join-service", "--settle", "2s")
        status = demo.session(words, () if shell else COMMAND)
    # A copy may take its own time to end, out of service.
    over = time.monotonic() + ENDS_WITHIN
    while demo.pods() != pods and time.monotonic() < over:
        time.sleep(0.5)
    step(4, "afterwards\n$ kubectl get pods")
    print(demo.kubectl("get", "pods"))
    wrong = []
    if status and not shell:
        wrong.append(f"the session ended with {status}")
    if not any(len(names) == len(before) + 1 for names in seen):
        wrong.append("the copy was never seen in the endpoints")
    if demo.endpoints() != before:
        wrong.append("the endpoints are not as before")
    if demo.pods() != pods:
        wrong.append("the pods are not as before")
    return wrong


def closing(wrong: list[str], shell: bool) -> list[str]:
    """What was just seen, in three lines, or what went wrong."""
    if wrong:
        return [*(f"WRONG: {line}" for line in wrong), "The demo failed."]
    return [
        "Seen: the copy joined Service nginx beside its 3 pods, which were not touched.",
        "Seen: on leaving it was removed from the Service, drained and deleted; 3 endpoints again.",
        "Next: `make install`, and a Service of your own."
        if shell
        else "Next: `make demo-shell` gives you the shell in the copy (10 seconds to the prompt).",
    ]


def main() -> int:
    """Run it; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shell", action="store_true", help="the shell for you, instead of a command")
    shell = parser.parse_args().shell
    lasts = "about 10 seconds to the prompt" if shell else "about 20 seconds"
    print(f"A session on a fake cluster; your own clusters are not touched. It takes {lasts}.")
    # Whoever closes the window leaves no cluster and no folder behind.
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="netshoot-demo-") as name:
        folder = Path(name)
        step(1, "starting the fake cluster")
        with ClusterProcess(folder / "cluster") as cluster:
            demo = Demo(clean_environment(folder, cluster.kubeconfig))
            wrong = run(demo, cluster.kubeconfig, folder / "bin", shell)
    print(*closing(wrong, shell), sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
