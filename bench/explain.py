"""`explain` against `tshark -q -z conv,tcp` on a capture of 1,000,000 packets: time side by side, and our peak memory.

Both read the same file in turns. Ours is the analysis and the words for it, by the zipapp; times are those of the
processor as well as of the clock, because the machine may be shared.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from bench.cost import Cost, cost
from bench.explain_traffic import write_capture
from tools.demo import ROOT

PACKETS = 1_000_000
RUNS = 3


def main() -> None:
    """Print both, the ratio, and the memory."""
    if shutil.which("tshark") is None:
        print("explain: tshark is not installed, nothing to compare with")
        return
    with tempfile.TemporaryDirectory(prefix="netshoot-bench-") as folder:
        path = Path(folder) / "million.pcap"
        write_capture(path, PACKETS)
        commands = {
            "ours": (sys.executable, str(ROOT / "dist" / "kubectl-netshoot"), "explain", str(path)),
            "tshark": ("tshark", "-r", str(path), "-q", "-z", "conv,tcp"),
        }
        costs: dict[str, list[Cost]] = {name: [] for name in commands}
        for _ in range(RUNS):
            for name, command in commands.items():
                costs[name].append(cost(command))
    report(costs)


def report(costs: dict[str, list[Cost]]) -> None:
    """Medians of the times, the highest of the memory."""
    middle = {
        name: Cost(*map(statistics.median, zip(*all_runs, strict=True))) for name, all_runs in costs.items()
    }
    ours, theirs = middle["ours"], middle["tshark"]
    print(f"explain of {PACKETS} packets, {RUNS} alternating runs each")
    print(f"clock: ours {ours.seconds:.1f} s, tshark {theirs.seconds:.1f} s")
    print(f"processor: ours {ours.processor:.1f} s, tshark {theirs.processor:.1f} s")
    ratio, of_processor = ours.seconds / theirs.seconds, ours.processor / theirs.processor
    print(f"ratio {ratio:.2f}, of the processor {of_processor:.2f} (aim: at most 1.0)")
    peaks = {name: max(one.memory for one in all_runs) for name, all_runs in costs.items()}
    print(f"peak memory: ours {peaks['ours']:.0f} MB (aim: under 300), tshark {peaks['tshark']:.0f} MB")


if __name__ == "__main__":
    main()
