"""TAB: `kubectl_complete-netshoot ""` against `kubectl __complete get pods ""`, whole processes, side by side.

Ours also has subcommands and each pod's state to say, and gives up after 1.6 seconds: runs in which it did so
are counted, since they would look fast. The processor's time is that of the processes, not the cluster's.
"""

import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fakecluster.crowd import Size, settle
from fakecluster.handle import ClusterProcess
from tools.demo import ROOT, clean_environment

RUNS = 12
SIZES = {"hundred": Size(pods=100), "thousands": Size(pods=5_000)}
SCRIPT = ROOT / "dist" / "kubectl_complete-netshoot"
WAYS = {"ours": (str(SCRIPT),), "kubectl": ("kubectl", "__complete", "get", "pods")}


@dataclass
class Presses:
    """Seconds, and seconds of the processor, of each press of TAB that named every pod; and how many did not."""

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    given_up: int = 0

    def press(self, command: Sequence[str], env: Mapping[str, str], pods: int) -> None:
        began, before = time.perf_counter(), _processor()
        done = subprocess.run(
            command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
        )
        took, used = time.perf_counter() - began, _processor() - before
        if sum(line.startswith("web-") for line in done.stdout.splitlines()) == pods:
            self.seconds.append(took)
            self.processor.append(used)
        else:
            self.given_up += 1


def main() -> None:
    """Print the medians and the ratios; lower than 1.0 means that we are faster."""
    subprocess.run(("make", "--silent", SCRIPT.relative_to(ROOT)), cwd=ROOT, check=True)
    with (
        tempfile.TemporaryDirectory(prefix="netshoot-bench-") as folder,
        ClusterProcess(Path(folder) / "cluster") as cluster,
    ):
        for namespace, size in SIZES.items():
            settle(cluster, namespace, size)
        env = clean_environment(Path(folder), cluster.kubeconfig)
        for namespace, size in SIZES.items():
            _compare(env, namespace, size.pods)


def _compare(env: Mapping[str, str], namespace: str, pods: int) -> None:
    pressed = {name: Presses() for name in WAYS}
    for command in WAYS.values():
        Presses().press((*command, "-n", namespace, ""), env, pods)
    for _ in range(RUNS):
        for name, command in WAYS.items():
            pressed[name].press((*command, "-n", namespace, ""), env, pods)
    ours, kubectl = pressed.values()
    print(f"TAB, {pods} pods, {RUNS} alternating runs each; ours gave up in {ours.given_up} of them")
    if ours.seconds:
        _print_ratio("clock", ours.seconds, kubectl.seconds)
        _print_ratio("processor", ours.processor, kubectl.processor)


def _print_ratio(what: str, ours: Sequence[float], kubectl: Sequence[float]) -> None:
    mine, its = statistics.median(ours), statistics.median(kubectl)
    print(
        f"  {what}: ours {1000 * mine:.0f} ms, kubectl {1000 * its:.0f} ms, ratio {mine / its:.2f} (aim: at most 1.25)"
    )


def _processor() -> float:
    """Of all children that have ended, theirs included."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
