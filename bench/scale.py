"""A plan in a huge namespace against one in a small one: time side by side, and the peak memory of the process.

`--dry-run --join-service` by the zipapp, without kubectl in front of it; no controller of the cluster runs.
"""

import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.cost import cost
from fakecluster.crowd import SOURCE, Size, settle
from fakecluster.handle import ClusterProcess
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
    peaks = dict.fromkeys(SIZES, 0.0)
    for run in range(RUNS + 1):
        for namespace in SIZES:
            one = cost((*PLAN, "-n", namespace), env)
            if run:
                seconds[namespace].append(one.seconds)
            peaks[namespace] = max(peaks[namespace], one.memory)
    small, huge = (statistics.median(values) for values in seconds.values())
    print(f"a plan, {RUNS} alternating runs each: small namespace {small:.2f} s, huge {huge:.2f} s")
    print(f"ratio {huge / small:.2f} (aim: at most 3)")
    print(
        ", ".join(f"peak memory {name}: {peak:.0f} MB" for name, peak in peaks.items()) + " (aim: under 150)"
    )


if __name__ == "__main__":
    main()
