"""Throughput of `capture -w FILE` against `kubectl exec ... -- tcpdump -w - > FILE`, on the fake cluster.

The tcpdump there sends a large capture as fast as somebody reads. Both are measured alike, from the file's first byte
to its last: how long a plan takes is another bench. All run on the same cores: the cluster, the API server's part in
it, kubectl and we.
"""

import filecmp
import json
import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.scene import run
from fakecluster import manifests
from fakecluster.handle import ClusterProcess
from fakecluster.traffic import choose_traffic, write_pcap
from tools.demo import clean_environment

RUNS = 9
PACKET = 1400
SMALL, LARGE = 20_000, 300_000
POD = "client"
LOOK_SECONDS = 0.005


@dataclass(frozen=True)
class Measured:
    """Bytes a second, and the peak memory of the largest process, in MB."""

    rate: float
    memory: float


def main() -> None:
    """Print the medians and the ratio; higher than 1.0 means that we are faster."""
    with (
        tempfile.TemporaryDirectory(prefix="netshoot-bench-") as name,
        ClusterProcess(Path(name) / "cluster") as cluster,
    ):
        folder = Path(name)
        env = clean_environment(folder, cluster.kubeconfig)
        run(env, "kubectl", "apply", "-f", "-", stdin=json.dumps(manifests.client_pod(POD)))
        run(env, "kubectl", "wait", "--for=condition=Ready", f"pod/{POD}", "--timeout=60s")
        compare(cluster, folder, env)


def compare(cluster: ClusterProcess, folder: Path, env: Mapping[str, str]) -> None:
    """Alternating runs with the large capture; ours once with the small one, for the memory."""
    target = folder / "out.pcap"
    ways = {
        "ours": ("kubectl", "netshoot", "capture", POD, "--quiet", "--max-size=100GB", f"--write={target}"),
        "kubectl": ("sh", "-c", f"kubectl exec {POD} -- tcpdump -i any -U -w - >{target}"),
    }
    small = _measure(cluster, folder, env, ways["ours"], SMALL)
    measured: dict[str, list[Measured]] = {name: [] for name in ways}
    for _ in range(RUNS):
        for name, argv in ways.items():
            measured[name].append(_measure(cluster, folder, env, argv, LARGE))
    ours, plain = (statistics.median(one.rate for one in measured[name]) for name in ways)
    megabytes = LARGE * (PACKET + 16) / 1e6
    print(f"capture of {megabytes:.0f} MB, {RUNS} alternating runs each, medians:")
    print(f"  ours {ours / 1e6:.0f} MB/s, kubectl exec > FILE {plain / 1e6:.0f} MB/s")
    print(f"ratio {ours / plain:.2f} (aim: at least 0.95)")
    peak = max(one.memory for one in measured["ours"])
    print(
        f"peak memory of the largest process: {small.memory:.0f} MB for {SMALL / LARGE:.0%} of it, {peak:.0f} MB"
    )


def _measure(
    cluster: ClusterProcess, folder: Path, env: Mapping[str, str], argv: tuple[str, ...], packets: int
) -> Measured:
    replay, target = folder / f"{packets}.pcap", folder / "out.pcap"
    if not replay.exists():
        write_pcap(replay, packets, PACKET)
    choose_traffic(cluster, folder / "standins", TCPDUMP_REPLAY=replay)
    target.unlink(missing_ok=True)
    child = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    watching = _Watching(target, replay.stat().st_size)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.stderr is not None
    with child.stderr as stderr:
        said = stderr.read().decode()
    if child.returncode or not filecmp.cmp(target, replay, shallow=False):
        raise SystemExit(f"{argv[:3]}: not the same bytes: {said}")
    return Measured(watching.rate(), usage.ru_maxrss / 1024)


class _Watching:
    """Looks at the size of a growing file, or of its .part, until it is whole."""

    def __init__(self, path: Path, size: int) -> None:
        self._paths, self._size = (path, path.with_name(f"{path.name}.part")), size
        self._seconds = 0.0
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def rate(self) -> float:
        self._thread.join()
        return self._size / self._seconds

    def _watch(self) -> None:
        began = 0.0
        while (size := self._now()) < self._size:
            began = began or (time.perf_counter() if size else 0.0)
            time.sleep(LOOK_SECONDS)
        self._seconds = time.perf_counter() - began

    def _now(self) -> int:
        return max((path.stat().st_size for path in self._paths if path.exists()), default=0)


if __name__ == "__main__":
    main()
