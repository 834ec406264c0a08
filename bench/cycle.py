"""One full cycle, copy to deleted: ours against the same steps by kubectl in a script, alternating, on one cluster.

The script does what the runbook says and no more: it has no hazards to judge, no deadline, no guard before its delete.
Neither settles (--settle 0s), since waiting on purpose is not speed. The command lasts a second in both: a copy that
leaves sooner than that after it joined meets the EndpointSlice controller's back-off of one second, and only the
faster of the two would pay for it. A real kubelet works in ticks of a second, so each run begins at a random phase.
"""

import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.cluster.handle import ClusterProcess
from tools.demo import MANIFEST, clean_environment

RUNS = 10
SCRIPT = r"""
set -eu
source=$1; copy=$source-by-hand
in_slice() {
  kubectl get endpointslices -l kubernetes.io/service-name=nginx \
    -o jsonpath='{range .items[*].endpoints[*]}{.targetRef.name} {.conditions.ready}{"\n"}{end}' | grep -q "^$copy true"
}
kubectl debug "$source" --copy-to="$copy" --image=nicolaka/netshoot:v0.16 --container=netshoot --profile=netadmin \
  --share-processes=false --attach=false --quiet -- sh -c "trap 'exit 0' TERM; while :; do sleep 3600 & wait \$!; done"
kubectl wait --for=condition=Ready "pod/$copy" --timeout=60s >/dev/null
kubectl label pod "$copy" app=nginx >/dev/null
until in_slice; do sleep 0.05; done
kubectl exec "$copy" -c netshoot -- sleep 1
kubectl label pod "$copy" app- >/dev/null
while in_slice; do sleep 0.05; done
kubectl exec "$copy" -c netshoot -- ss -Htn state established >/dev/null
kubectl delete pod "$copy" >/dev/null
"""


def main() -> None:
    """Print the medians and the ratio; lower than 1.0 means that we are faster."""
    with tempfile.TemporaryDirectory(prefix="netshoot-bench-") as folder:
        if os.environ.get("E2E_KUBECONFIG"):
            _compare(Path(folder), Path(os.environ["E2E_KUBECONFIG"]))
            return
        with ClusterProcess(Path(folder) / "cluster") as cluster:
            _compare(Path(folder), cluster.kubeconfig)


def _compare(folder: Path, kubeconfig: Path) -> None:
    private = folder / "kubeconfig"
    shutil.copy(kubeconfig, private)
    env = clean_environment(folder, private)
    namespace = f"netshoot-bench-{os.getpid()}"
    run(env, "kubectl", "create", "namespace", namespace)
    run(env, "kubectl", "config", "set-context", "--current", f"--namespace={namespace}")
    try:
        _measure(env)
    finally:
        run(env, "kubectl", "delete", "namespace", namespace, "--wait=false")


def _measure(env: Mapping[str, str]) -> None:
    run(env, "kubectl", "apply", "-f", "-", stdin=MANIFEST)
    run(env, "kubectl", "rollout", "status", "deployment/nginx", "--timeout=120s")
    source = run(env, "kubectl", "get", "pods", "-l", "app=nginx", "-o=jsonpath={.items[0].metadata.name}")
    flags = ("--join-service", "--settle", "0s", "--quiet", "--yes", "--", "sleep", "1")
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: run(env, "kubectl", "netshoot", source, *flags),
        "kubectl by hand": lambda: run(env, "sh", "-c", SCRIPT, "sh", source),
    }
    for once in ways.values():
        once()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(RUNS):
        for name, once in ways.items():
            time.sleep(random.random())
            began = time.perf_counter()
            once()
            seconds[name].append(time.perf_counter() - began)
    ours, script = (statistics.median(values) for values in seconds.values())
    print(f"one full cycle, {RUNS} alternating runs each: ours {ours:.2f} s, kubectl by hand {script:.2f} s")
    print(f"ratio {ours / script:.2f} (aim: at most 1.0)")


def run(env: Mapping[str, str], *argv: str, stdin: str | None = None) -> str:
    """Run to the end; what it printed. Raises SystemExit with its complaint where it fails."""
    done = subprocess.run(argv, env=env, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(argv[:3])}: {done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
