"""A copy of the checkout to build and install from, with an environment that is ready without a download."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.system.artefact.build import ROOT, ZIPAPP

FILES = (
    *("Makefile", "pyproject.toml", "kubectl-netshoot", "kubectl_complete-netshoot", "plugin.yaml"),
    *("README.md", "CHANGELOG.md", "LICENSE", "docs/guide.md", "docs/reference.md"),
)
FOLDERS = ("src/kubectl_netshoot", "tools", "requirements")


def copy_checkout(folder: Path) -> Path:
    """Copy what building needs into `folder`; the zipapp comes along, as fresh as its sources."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    (folder / "dist").mkdir()
    shutil.copy2(ZIPAPP, folder / "dist" / ZIPAPP.name)
    (folder / ".cache").symlink_to(ROOT / ".cache")
    use_this_environment(folder / ".venv")
    return folder


def use_this_environment(venv: Path) -> None:
    """Stand in for `make`'s environment with the one that runs the tests."""
    write_script(venv / "bin" / "python", f'exec "{sys.executable}" "$@"')
    (venv / ".ready").touch()


def write_script(path: Path, line: str) -> None:
    """Make an executable shell script of one line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def bare_environ(home: Path, *path: Path) -> dict[str, str]:
    """What `env -i` leaves, with a home, a `python3` that is this one, and `path` first on PATH."""
    write_script(home / "bin" / "python3", f'exec "{sys.executable}" "$@"')
    folders = [*map(str, path), str(home / "bin"), os.defpath.strip(":"), "/usr/bin", "/bin"]
    return {"HOME": str(home), "PATH": ":".join(folders)}


def run(command: list[str], environ: dict[str, str], cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a command with its output kept; its status is for the caller to judge."""
    return subprocess.run(command, env=environ, cwd=cwd, capture_output=True, text=True, check=False)
