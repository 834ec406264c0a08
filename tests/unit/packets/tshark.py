"""What tshark says of a capture, in the numbers that we give too.

`python -m tests.unit.packets.tshark` writes `tshark.json` anew, for machines without tshark.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypedDict

from tests.unit.packets.heavy import lossy_transfer
from tests.unit.packets.scenes import FAMILIES, SCENES
from tests.unit.packets.traffic import capture
from tools.prerequisites.pytest_plugin import program

RECORDED = Path(__file__).with_name("tshark.json")
FIELDS = ("tcp.stream", "tcp.flags.reset", "tcp.analysis.retransmission", "tcp.analysis.out_of_order")


class Counts(TypedDict):
    """Packets of the file; TCP connections, retransmissions, segments out of order and resets in it."""

    packets: int
    connections: int
    retransmissions: int
    out_of_order: int
    resets: int


def _scene(name: str, family: str) -> bytes:
    one = SCENES[name](FAMILIES[family])
    return capture(one.packets, times=one.times)


# To tshark a packet that was seen twice was sent twice.
JUDGED = [name for name in SCENES if name != "seen_twice"]
# Every scene in both families, and transfers over a network that loses and reorders; made when one is asked for.
CAPTURES: dict[str, Callable[[], bytes]] = {
    **{f"{name}-{family}": partial(_scene, name, family) for name in JUDGED for family in FAMILIES},
    **{f"lossy-{seed}": partial(lossy_transfer, seed) for seed in range(8)},
}


def ask(data: bytes) -> Counts:
    """Have tshark count."""
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        file.write(data)
        file.flush()
        fields = [word for field in FIELDS for word in ("-e", field)]
        done = subprocess.run(
            [program("tshark"), "-n", "-r", file.name, "-T", "fields", *fields],
            capture_output=True,
            text=True,
            check=True,
        )
    rows = [line.split("\t") for line in done.stdout.split("\n")[:-1]]
    # A field inside an ICMP error is of the packet that it quotes.
    own = [row for row in rows if row[1] in ("0", "1", "False", "True")]
    return Counts(
        packets=len(rows),
        connections=len({row[0] for row in own}),
        resets=sum(row[1] in ("1", "True") for row in own),
        retransmissions=sum(bool(row[2]) for row in own),
        out_of_order=sum(bool(row[3]) for row in own),
    )


def recorded() -> dict[str, Counts]:
    """What tshark 4.0.17 said of CAPTURES."""
    counts: dict[str, Counts] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return counts


if __name__ == "__main__":
    counts = {name: ask(made()) for name, made in CAPTURES.items()}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(count)}" for name, count in counts.items())
    RECORDED.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
