"""The files of the zipapp in a folder, and Python run on them and nothing else."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def run_with(site: Path, code: str, *arguments: str) -> Any:
    """What code prints as JSON when it imports from a folder and the standard library only."""
    isolated = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(site)!r})\n{code}"]
    done = subprocess.run([*isolated, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def module_names(site: Path, package: str = "") -> list[str]:
    """Every module below a folder, or of one package there, by its full name."""
    paths = (path.relative_to(site).with_suffix("") for path in (site / package).rglob("*.py"))
    return sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)
