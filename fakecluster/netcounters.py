"""What the kernel would count for a pod, as `cat /proc/net/snmp` there says: connections that were opened to it."""

from __future__ import annotations

from pathlib import Path

# In the folder of the pod's processes, whose HOME it is; the stand-in for cat shows it.
FILE = ".proc-net-snmp"


class Openings:
    """Counts from the pod's first connection on, whichever container takes it."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        if not self._path.exists():
            self._write(0)

    def one_more(self) -> None:
        """A connection was accepted."""
        self._write(int(self._path.read_text().split()[-1]) + 1)

    def _write(self, passive: int) -> None:
        whole = self._path.with_suffix(".new")
        whole.write_text(f"Tcp: ActiveOpens PassiveOpens\nTcp: 0 {passive}\n")
        whole.replace(self._path)
