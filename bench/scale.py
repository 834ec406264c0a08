"""A plan in a huge namespace against one in a small one: time side by side, and the peak memory of the process.

`--dry-run --join-service` by the zipapp, without kubectl in front of it; no controller of the cluster runs.
"""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.crowd import SOURCE, Size, settle
from tests.cluster.handle import ClusterProcess
from tools.demo import ROOT, clean_environment

RUNS = 10
SMALL = Size()
HUGE = Size(pods=10_000, replica_sets=2_000, services=500, endpoints=5_000)
SIZES = {"small": SMALL, "huge": HUGE}
PLAN = (str(ROOT / "dist" / "kubectl-netshoot"), SOURCE, "--join-service", "--dry-run", "-o", "json")


def main() -> None:
    """Print both, the ratio, and the memory."""
    with (
        tempfile.TemporaryDirectory(prefix="netshoot-bench-") as folder,
        ClusterProcess(Path(folder) / "cluster") as cluster,
    ):
        for namespace, size in SIZES.items():
            settle(cluster, namespace, size)
        _measure(clean_environment(Path(folder), cluster.kubeconfig))


def _measure(env: Mapping[str, str]) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in SIZES}
    peaks = dict.fromkeys(SIZES, 0)
    for run in range(RUNS + 1):
        for namespace in SIZES:
            took, peak = _once(env, namespace)
            if run:
                seconds[namespace].append(took)
            peaks[namespace] = max(peaks[namespace], peak)
    small, huge = (statistics.median(values) for values in seconds.values())
    print(f"a plan, {RUNS} alternating runs each: small namespace {small:.2f} s, huge {huge:.2f} s")
    print(f"ratio {huge / small:.2f} (aim: at most 3)")
    print(
        ", ".join(f"peak memory {name}: {peak / 1024:.0f} MB" for name, peak in peaks.items())
        + " (aim: under 150)"
    )


def _once(env: Mapping[str, str], namespace: str) -> tuple[float, int]:
    """Seconds, and the peak in KiB of the process and its children."""
    began = time.perf_counter()
    child = subprocess.Popen(
        (*PLAN, "-n", namespace), env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    with child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        took = time.perf_counter() - began
        if child.returncode:
            assert child.stderr
            raise SystemExit(child.stderr.read().decode())
    return took, usage.ru_maxrss


if __name__ == "__main__":
    main()
