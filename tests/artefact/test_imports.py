"""What only tells something must start fast: the heavy libraries stay unloaded."""

import re
import sys
from pathlib import Path

import pytest

from tests.artefact.checkout import run


def imported(zipapp: Path, home: Path, *arguments: str) -> set[str]:
    """The modules that a run of the zipapp imports."""
    done = run([sys.executable, "-X", "importtime", str(zipapp), *arguments], {"HOME": str(home)})
    assert done.returncode == 0, done.stderr
    modules = set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE))
    assert "kubectl_netshoot" in modules
    return modules


@pytest.mark.parametrize("arguments", [("--help",), ("version",), ("__complete", "")])
def test_the_kubernetes_client_is_not_imported(
    zipapp: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    assert "kubernetes" not in imported(zipapp, tmp_path, *arguments)


def test_completion_imports_no_command_line_library(zipapp: Path, tmp_path: Path) -> None:
    assert not {"typer", "rich"} & imported(zipapp, tmp_path, "__complete", "")
