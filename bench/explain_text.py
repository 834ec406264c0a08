"""`explain` of 200,000 lines of `tcpdump -n` against `tshark -q -z conv,tcp` on the packets that were printed.

Side by side, in turns, because the machine may be shared. Ours is the zipapp, with the words for it.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.cost import Cost, cost
from bench.explain_traffic import long_connection, write_capture
from tools.demo import ROOT

LINES = 200_000
RUNS = 3


def main() -> None:
    """Print the times, and how many times tshark's ours are."""
    if not all(map(shutil.which, ("tcpdump", "tshark"))):
        print("explain of text: tcpdump or tshark is not installed")
        return
    with tempfile.TemporaryDirectory(prefix="netshoot-bench-") as folder:
        packets, text = Path(folder) / "packets.pcap", Path(folder) / "packets.txt"
        write_capture(packets, LINES, long_connection)
        with text.open("wb") as file:
            subprocess.run(
                ("tcpdump", "-n", "-r", packets), stdout=file, stderr=subprocess.DEVNULL, check=True
            )
        ours: list[Cost] = []
        theirs: list[Cost] = []
        for _ in range(RUNS):
            ours.append(cost((sys.executable, str(ROOT / "dist" / "kubectl-netshoot"), "explain", str(text))))
            theirs.append(cost(("tshark", "-r", str(packets), "-q", "-z", "conv,tcp")))
    best, other = min(one.processor for one in ours), min(one.processor for one in theirs)
    print(f"explain of {LINES} lines of text, best of {RUNS} alternating runs each, processor time")
    print(
        f"ours {best:.1f} s (aim: at most 6), tshark on the packets {other:.1f} s, ratio {best / other:.2f}"
    )
    print(f"peak memory: {max(one.memory for one in ours):.0f} MB")


if __name__ == "__main__":
    main()
