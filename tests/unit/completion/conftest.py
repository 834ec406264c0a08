"""The script as this tree makes it, with a stand-in for kubectl."""

import os
from pathlib import Path

import pytest

from kubectl_netshoot.cli.group import command_tree
from kubectl_netshoot.cli.root import app
from kubectl_netshoot.completion import installation
from kubectl_netshoot.completion.grammar import Subcommand
from kubectl_netshoot.completion.script import kubectl_script
from tests.unit.completion.stub import Stub
from tests.unit.completion.tab import Tab


@pytest.fixture(scope="session")
def tree() -> Subcommand:
    """What can be typed."""
    return command_tree(app)


@pytest.fixture(scope="session")
def script(tree: Subcommand, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """kubectl_complete-netshoot, alone in its folder."""
    return installation.install(kubectl_script(tree), tmp_path_factory.mktemp("script"), "")


@pytest.fixture
def stub(tmp_path: Path) -> Stub:
    return Stub(tmp_path / "stub")


@pytest.fixture
def tab(script: Path, stub: Stub) -> Tab:
    return Tab(script, {"PATH": f"{stub.program.parent}:{os.environ['PATH']}"})
