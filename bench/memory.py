"""Peak memory of a session, ours with all Python children, against that of kubectl alone in the same exec. Linux only.

Sampled from the kernel, which keeps each process's peak (VmHWM) for as long as it lives. kubectl's own processes below
us are not counted as ours: they are what a script would start, too.
"""

import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.scene import Scene, scene

RUNS = 3
LOOK_SECONDS = 0.01
COMMAND = ("sh", "-c", "echo in; sleep 1")
PROC = Path("/proc")


def main() -> None:
    """Print both and the ratio."""
    if not PROC.is_dir():
        print("memory: only Linux keeps peaks in /proc")
        return
    with scene() as place:
        flags = ("--join-service", "--settle", "0s", "--quiet", "--yes", "--", *COMMAND)
        ours = [peak(place, ("kubectl", "netshoot", place.source, *flags), "python") for _ in range(RUNS)]
        plain = [
            peak(place, ("kubectl", "exec", place.source, "--", *COMMAND), "kubectl") for _ in range(RUNS)
        ]
    print(f"peak memory of a session: ours {max(ours):.0f} MB, kubectl exec alone {max(plain):.0f} MB")
    print(f"ratio {max(ours) / max(plain):.2f} (aim: at most 2)")


def peak(place: Scene, argv: Sequence[str], program: str) -> float:
    """The peaks of all processes of this program below a command, added up, in MB."""
    # By command line: a child that is not yet what it will be has its parent's, and shares its memory.
    peaks: dict[str, int] = {}
    with subprocess.Popen(argv, env=place.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        while child.poll() is None:
            for pid in family(child.pid):
                line, kibibytes = looked_at(pid, program)
                if kibibytes:
                    peaks[line] = max(peaks.get(line, 0), kibibytes)
            time.sleep(LOOK_SECONDS)
        assert child.stderr
        if child.returncode:
            raise SystemExit(child.stderr.read().decode())
    return sum(peaks.values()) / 1024


def family(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    try:
        for thread in (PROC / str(pid) / "task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from family(int(child))
    except OSError:
        # It has ended meanwhile.
        return


def looked_at(pid: int, program: str) -> tuple[str, int]:
    """A process's command line and its peak in KiB, which is 0 where it runs another program or has ended."""
    try:
        name = (PROC / str(pid) / "exe").readlink().name
        line, status = ((PROC / str(pid) / file).read_text() for file in ("cmdline", "status"))
    except OSError:
        return "", 0
    fields = dict(field.partition(":")[::2] for field in status.splitlines())
    return line, int(fields.get("VmHWM", "0 kB").split()[0]) if program in name else 0


if __name__ == "__main__":
    main()
