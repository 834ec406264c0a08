"""How soon the zipapp starts, against `kubectl version --client` side by side, and how large it is.

The first run after an installation has a home without a cache, each time: once for what is told without unpacking,
once for a command that unpacks and asks no cluster, once for one that asks a cluster.
"""

import shutil
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.cost import Cost, cost
from bench.scene import scene
from tools.demo import ROOT

RUNS = 15
FIRST_RUNS = 10
ZIPAPP = ROOT / "dist" / "kubectl-netshoot"
KUBECTL = ("kubectl", "version", "--client")
TOLD = (("version",), ("--help",), ("capture", "--help"))
FIRST = (("version",), ("rbac",), ("list",))


def main() -> None:
    """Print the medians, each with its ratio."""
    with scene() as place, tempfile.TemporaryDirectory(prefix="netshoot-bench-") as home:
        warm = {**place.env, "HOME": home}
        compare("warm", TOLD, warm, RUNS, 1.5)
        compare("first run", FIRST, {**place.env, "HOME": str(Path(home) / "fresh")}, FIRST_RUNS, 20)
    print(f"the zipapp has {ZIPAPP.stat().st_size / 1e6:.2f} MB (aim: at most 8)")


def compare(what: str, lines: Sequence[Sequence[str]], env: Mapping[str, str], runs: int, aim: float) -> None:
    """Alternating runs of each line and kubectl; where the home is not there yet, it is new for each run.

    A busy machine stretches the clock, and hardly the processor's time.
    """
    home = Path(env["HOME"])
    fresh = not home.exists()
    commands = {KUBECTL: KUBECTL, **{tuple(line): (str(ZIPAPP), *line) for line in lines}}
    costs: dict[tuple[str, ...], list[Cost]] = {line: [] for line in commands}
    for number in range(runs + 1):
        for line, command in commands.items():
            home.mkdir(exist_ok=True)
            took = cost(command, env)
            if number:
                costs[line].append(took)
            if fresh:
                shutil.rmtree(home)
    clock, processor = (
        {line: statistics.median(getattr(one, kind) for one in found) for line, found in costs.items()}
        for kind in ("seconds", "processor")
    )
    print(f"{what}, {runs} alternating runs each: kubectl version --client {1000 * clock[KUBECTL]:.0f} ms")
    for line in map(tuple, lines):
        ratio, work = clock[line] / clock[KUBECTL], processor[line] / processor[KUBECTL]
        print(
            f"  {' '.join(line)}: {1000 * clock[line]:.0f} ms, ratio {ratio:.2f} (aim: at most {aim}), "
            f"of the processor {work:.2f}"
        )


if __name__ == "__main__":
    main()
