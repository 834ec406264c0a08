"""A zipapp whose program only tells what it sees: the real entry around a tree of four files."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.zipapp.archive import write_archive

PROGRAM = """
import json, os, sys

def main():
    if sys.argv[1:] == ["wait"]:
        print("running", flush=True)
        sys.stdin.read()
        import kubectl_netshoot.late
    seen = {"path": sys.path, "environ": dict(os.environ), "file": __file__}
    seen["unpacked"] = os.stat(__file__).st_mtime_ns if os.path.exists(__file__) else 0
    print(json.dumps(seen))
    sys.exit(3 if sys.argv[1:] == ["fail"] else 0)
"""


@dataclass
class Probe:
    """A probe zipapp and the environment in which it is run."""

    zipapp: Path
    environ: dict[str, str] = field(default_factory=dict)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(self.zipapp), *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), env=self.environ, capture_output=True, text=True, check=False
        )

    def look(self, *arguments: str) -> dict[str, Any]:
        """What the program saw; fails when it did not run."""
        done = self.run(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        seen: dict[str, Any] = json.loads(done.stdout)
        return seen

    def popen(self, *arguments: str, stderr: int = subprocess.PIPE) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )


def build_probe(folder: Path) -> Path:
    """Build the probe's zipapp in a folder."""
    package = folder / "site" / "kubectl_netshoot"
    package.mkdir(parents=True)
    (package / "cli").mkdir()
    for name, source in (("__init__", ""), ("cli/main", ""), ("late", ""), ("__main__", PROGRAM)):
        (package / f"{name}.py").write_text(source)
    write_archive(folder / "site", folder, folder / "kubectl-netshoot")
    return folder / "kubectl-netshoot"


def mode(path: Path) -> int:
    """The permission bits of a path itself."""
    return os.lstat(path).st_mode & 0o7777
