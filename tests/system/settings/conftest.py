"""Settings in a file and in variables, tried on the stage of bad input: an API server with one pod, a real kubectl."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.badinput.conftest import server, stage

__all__ = ["server", "stage"]

Write = Callable[[str], Path]


@pytest.fixture
def settle() -> Write:
    """Write the settings of whoever runs the test; the file is theirs alone."""
    path = Path(os.environ["XDG_CONFIG_HOME"], "kubectl-netshoot", "config.yaml")

    def write(text: str) -> Path:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
        return path

    return write
