"""The cluster and the program of the end-to-end tests, and the program alone before a server that means harm."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.system.e2e.conftest import api, cluster, env, home, kubeconfig, plugin, programs, source, temp
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.witness import Witness, private_folders
from tests.system.security.hostile import Behaviour, HostileServer
from tests.unit.kube.kubeconfigs import config

__all__ = ["api", "cluster", "env", "home", "kubeconfig", "plugin", "programs", "source", "temp"]
TOKEN = "the-token-of-the-user"
Aim = Callable[[str], Plugin]


@pytest.fixture
def at(programs: Path, home: Path, temp: Path) -> Iterator[Aim]:
    """The program in an environment with nothing but a kubeconfig that leads to this URL."""

    def aim(url: str) -> Plugin:
        path = temp.parent / "kubeconfig"
        path.write_text(json.dumps(config({"token": TOKEN}, {"server": url})))
        env = {
            "PATH": f"{programs}:/usr/bin:/bin",
            "HOME": str(home),
            "TMPDIR": str(temp),
            "KUBECONFIG": str(path),
        }
        return Plugin(env, str(programs / "kubectl"), temp.parent)

    yield aim
    assert private_folders(temp) == []


@pytest.fixture
def hostile() -> Iterator[Callable[[Behaviour], HostileServer]]:
    """Start servers that behave as told."""
    with ExitStack() as stack:
        yield lambda behaviour: stack.enter_context(HostileServer(behaviour))


@pytest.fixture
def testimony(api: object, home: Path, temp: Path, env: dict[str, str]) -> Iterator[Witness]:
    """At the end of the test: no pod was harmed, nothing of ours is left."""
    from tests.processes import RUN
    from tests.system.e2e.api import Api

    assert isinstance(api, Api)
    witness = Witness(api, home, temp, env[RUN])
    yield witness
    witness.testify()
