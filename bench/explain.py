"""`explain` against `tshark -q -z conv,tcp`, on long connections and on short ones: time side by side, and our memory.

Both read the same file in turns, on the same core. Ours is the analysis and the words for it, by the zipapp; times are
those of the processor as well as of the clock, because the machine may be shared.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from bench.cost import Cost, cost
from bench.explain_traffic import Make, long_connection, short_connection, write_capture
from tools.demo import ROOT

RUNS = 5
ONE_CORE = ("taskset", "-c", "0") if shutil.which("taskset") else ()


def main() -> None:
    """Print both, the ratio, and the memory, for both files."""
    if shutil.which("tshark") is None:
        print("explain: tshark is not installed, nothing to compare with")
        return
    measure("long connections", 1_000_000, long_connection, aim=1.0)
    measure("short connections", 400_000, short_connection, aim=1.3)


def measure(name: str, packets: int, make: Make, aim: float) -> None:
    """One file."""
    with tempfile.TemporaryDirectory(prefix="netshoot-bench-") as folder:
        path = Path(folder) / "bench.pcap"
        write_capture(path, packets, make)
        commands = {
            "ours": (sys.executable, str(ROOT / "dist" / "kubectl-netshoot"), "explain", str(path)),
            "tshark": ("tshark", "-r", str(path), "-q", "-z", "conv,tcp"),
        }
        costs: dict[str, list[Cost]] = {tool: [] for tool in commands}
        for _ in range(RUNS):
            for tool, command in commands.items():
                costs[tool].append(cost((*ONE_CORE, *command)))
        megabytes = path.stat().st_size / 1e6
    print(f"explain of {packets} packets in {name}, {megabytes:.0f} MB, {RUNS} alternating runs each")
    report(costs, aim)


def report(costs: dict[str, list[Cost]], aim: float) -> None:
    """Medians and minima of the times, the highest of the memory."""
    for what in ("seconds", "processor"):
        times = {tool: [getattr(one, what) for one in runs] for tool, runs in costs.items()}
        for how, of in (("median", statistics.median), ("minimum", min)):
            ours, theirs = of(times["ours"]), of(times["tshark"])
            told = f"{what}, {how}: ours {ours:.1f}, tshark {theirs:.1f}"
            print(f"{told}, ratio {ours / theirs:.2f} (aim: at most {aim})")
    peaks = {tool: max(one.memory for one in runs) for tool, runs in costs.items()}
    print(f"peak memory: ours {peaks['ours']:.0f} MB (aim: under 300), tshark {peaks['tshark']:.0f} MB")


if __name__ == "__main__":
    main()
