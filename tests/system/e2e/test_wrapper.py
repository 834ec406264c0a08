"""A kubectl that is a script of somebody's own, and adds a flag to every `debug`: what it did is told, and undone."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.e2e import hazardous
from tests.system.e2e.api import Api
from tests.system.e2e.conftest import QUICK
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery
from tests.system.e2e.witness import Witness
from tests.waiting import until

WRAPPER = """#!{python} -I
import os, sys
words = sys.argv[1:]
if "--copy-to=the-copy" in words:
    at = words.index("--")
    words = [word for word in words[:at] if not word.startswith({dropped!r})] + {added!r} + words[at:]
os.execv({kubectl!r}, [{kubectl!r}, *words])
"""
Wrap = Callable[..., None]


@pytest.fixture
def wrapped(env: dict[str, str], programs: Path, tmp_path: Path) -> Wrap:
    """Make a kubectl that adds these words to a copy's making, and leaves out what begins so."""

    def wrap(*added: str, dropped: str = "\0") -> None:
        program, kubectl = tmp_path / "my-kubectl", str((programs / "kubectl").resolve())
        program.write_text(
            WRAPPER.format(python=sys.executable, kubectl=kubectl, added=[*added], dropped=dropped)
        )
        program.chmod(0o755)
        env["KUBECTL_NETSHOOT_KUBECTL"] = str(program)

    return wrap


@pytest.mark.parametrize("joining", [("--join-service",), ()])
def test_a_source_that_is_deleted_is_the_first_thing_said(
    plugin: Plugin, api: Api, wrapped: Wrap, source: str, witness: Witness, joining: tuple[str, ...]
) -> None:
    wrapped("--replace")
    witness.forgive(source)
    done = plugin.run(source, *joining, *QUICK, "--name=the-copy", "--yes", "--", "echo", "ran")
    (error,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert (done.status, done.stdout) == (4, b"")
    assert error.startswith(
        f"error: source-gone: pod {source} was deleted when its copy was made, by this kubectl"
    )
    assert "makes another pod; look whether kubectl is a script of yours" in done.stderr
    assert api.gone("the-copy")


def test_labels_that_were_kept(plugin: Plugin, api: Api, wrapped: Wrap, scenery: Scenery) -> None:
    """No controller is there to adopt the copy; it is behind its Service from its birth."""
    scenery.add_ready(1, hazardous.odd_pod(), hazardous.service("odd", hazardous.ODD), **hazardous.ODD)
    wrapped("--keep-labels")
    done = plugin.run("odd", *QUICK, "--name=the-copy", "--yes", "--", "echo", "ran")
    assert (done.status, done.stdout) == (4, b"")
    assert "error: other-service: the copy has labels that Service odd selects by" in done.stderr
    assert api.gone("the-copy")


def test_a_copy_that_was_adopted(plugin: Plugin, api: Api, wrapped: Wrap, witness: Witness) -> None:
    """Its ReplicaSet takes it, and then deletes one of its pods, perhaps the copy itself."""
    pods = [pod["metadata"]["name"] for pod in api.ready_pods(app="web")]
    witness.forgive(*pods)
    wrapped("--keep-labels")
    done = plugin.run(pods[0], *QUICK, "--name=the-copy", "--yes", "--", "echo", "ran")
    assert done.stdout == b""
    assert done.status in (1, 4)
    assert "adopt" in done.stderr or "deleted by somebody else" in done.stderr
    until(lambda: api.pod("the-copy") is None, "whoever deleted it, it ends")


@pytest.mark.parametrize(
    ("added", "dropped", "said"),
    [
        (["--set-image=app=docker.io/library/nginx:1.26"], "\0", "container app has image"),
        (["--keep-liveness"], "\0", "container app has a liveness probe"),
        ([], "--keep-readiness", "container app lost its readiness probe"),
        (["--keep-init-containers=false"], "\0", "without the init container first"),
    ],
)
def test_a_copy_that_is_another(
    plugin: Plugin, api: Api, wrapped: Wrap, scenery: Scenery, added: list[str], dropped: str, said: str
) -> None:
    made = hazardous.with_init_container()
    app = made["spec"]["containers"][0]
    app["livenessProbe"] = {**app["readinessProbe"], "periodSeconds": 5}
    made["spec"]["initContainers"][0]["name"] = "first"
    scenery.add_ready(1, made, hazardous.service("odd", hazardous.ODD), **hazardous.ODD)
    wrapped(*added, dropped=dropped)
    words = ("odd", *QUICK, "--name=the-copy", "--yes")
    done = plugin.run(*words, "--", "echo", "ran")
    assert (done.status, done.stdout) == (4, b"")
    assert "error: not-as-planned: the copy is not as planned: " in done.stderr
    assert said in done.stderr
    assert api.gone("the-copy")
    allowed = plugin.run(*words, "--allow=not-as-planned", "--", "echo", "ran")
    assert (allowed.status, allowed.stdout) == (0, b"ran\n"), allowed.stderr
    assert said in allowed.stderr


def test_a_copy_without_our_mark_is_told_and_left(
    plugin: Plugin, api: Api, wrapped: Wrap, source: str
) -> None:
    """What does not carry the mark is nobody's to delete but its maker's."""
    wrapped(dropped="--env")
    done = plugin.run(source, *QUICK, "--name=the-copy", "--yes", "--", "echo", "ran")
    assert (done.status, done.stdout) == (4, b"")
    assert "error: not-as-planned: pod the-copy does not carry the mark of this session" in done.stderr
    assert api.pod("the-copy") is not None
    api.delete("Pod", "the-copy")
    until(lambda: api.pod("the-copy") is None, "its end")


def test_a_wrapper_that_changes_nothing(plugin: Plugin, wrapped: Wrap, source: str) -> None:
    wrapped()
    done = plugin.run(source, "--join-service", *QUICK, "--name=the-copy", "--yes", "--", "echo", "ran")
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
