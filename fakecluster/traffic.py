"""What the fake tcpdump captures from now on: the variables of standins/dumping.py, set for every pod at once."""

from __future__ import annotations

import shlex
import struct
from collections.abc import Mapping
from pathlib import Path

from fakecluster.handle import ClusterProcess

# Its own folder is the first of PATH; the fake tcpdump is behind it.
_WRAPPER = '#!/bin/sh\n{exports}PATH=${{PATH#*:}}\nexec {program} "$@"\n'


def choose_traffic(
    cluster: ClusterProcess, folder: Path, program: str = "tcpdump", **variables: object
) -> None:
    """`program` may be another one that is run in tcpdump's place; `folder` is made, and must last."""
    folder.mkdir(parents=True, exist_ok=True)
    wrapper = folder / "tcpdump"
    wrapper.write_text(_WRAPPER.format(exports=_exports(variables), program=program))
    wrapper.chmod(0o755)
    cluster.settings(standins=[str(folder)])


def usual_traffic(cluster: ClusterProcess) -> None:
    """As it was."""
    cluster.settings(standins=[])


def _exports(variables: Mapping[str, object]) -> str:
    return "".join(f"export {name}={shlex.quote(str(value))}\n" for name, value in variables.items())


def write_pcap(path: Path, packets: int, size: int) -> None:
    """A capture of so many packets of `size` bytes each (SLL2), to be replayed."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 276))
        body = bytes(range(256)) * (size // 256 + 1)
        record = struct.pack("<IIII", 1_700_000_000, 0, size, size) + body[:size]
        block = record * 1000
        for _ in range(packets // 1000):
            file.write(block)
        file.write(record * (packets % 1000))
