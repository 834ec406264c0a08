"""A network and an API server that fail in the middle of a session. Only the fake cluster does it on request."""

from collections.abc import Iterator
from typing import Any

import pytest

from fakecluster.handle import ClusterProcess
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.conftest import QUICK
from tests.system.e2e.plugin import Done, Plugin
from tests.system.e2e.steps import JOIN, LEAVE, MARK

NAME = "faulty"
PATCHES = {"mark": MARK, "join": JOIN, "leave": LEAVE}


@pytest.fixture
def faulty(cluster: AnyCluster) -> Iterator[ClusterProcess]:
    """The fake cluster; its faults end with the test."""
    fake = cluster.faulty()
    yield fake
    fake.no_faults()


def session(plugin: Plugin, source: str) -> Done:
    return plugin.run(source, "--join-service", f"--name={NAME}", *QUICK, "--", "echo", "ran")


@pytest.mark.parametrize("patch", PATCHES)
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "code": 503},
        {"kind": "status", "code": 429, "retry_after": 1},
        {"kind": "status", "code": 500, "handled": True},
        {"kind": "refused"},
        {"kind": "reset", "handled": True},
    ],
    ids=lambda fault: "-".join(str(value) for value in fault.values()),
)
def test_a_patch_whose_answer_fails(
    plugin: Plugin, api: Api, source: str, faulty: ClusterProcess, patch: str, fault: dict[str, object]
) -> None:
    where = {"verb": "PATCH", "path": rf"/pods/{NAME}(?!\S*dryRun)", "count": 1, "after": PATCHES[patch] - 1}
    faulty.fault(**where, **fault)  # type: ignore[arg-type]
    done = session(plugin, source)
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert api.gone(NAME)


@pytest.mark.parametrize(("verb", "path"), [("POST", "/pods"), ("DELETE", f"/pods/{NAME}")])
def test_an_answer_that_is_lost(
    plugin: Plugin, api: Api, source: str, faulty: ClusterProcess, verb: str, path: str
) -> None:
    """The copy was made, or deleted, all the same."""
    faulty.fault("reset", verb=verb, path=path, count=1, handled=True)
    done = session(plugin, source)
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert api.gone(NAME)


def test_watches_that_fall_silent(plugin: Plugin, source: str, faulty: ClusterProcess) -> None:
    faulty.fault("silent-watch")
    done = session(plugin, source)
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr


def test_a_lost_connection_with_input_is_not_run_again(
    plugin: Plugin, api: Api, source: str, faulty: ClusterProcess
) -> None:
    faulty.fault("cut-stream", path="/exec", count=1)
    done = plugin.run(source, "--join-service", f"--name={NAME}", *QUICK, "--", "sh", "-c", "echo ran; cat")
    assert done.status == 1, done.stderr
    assert "not run again" in done.stderr
    assert api.gone(NAME)


def test_a_lost_connection_without_input_is_made_again(
    plugin: Plugin, api: Api, source: str, faulty: ClusterProcess
) -> None:
    faulty.fault("cut-stream", path="/exec", count=1)
    words = plugin.argv(source, "--join-service", f"--name={NAME}", *QUICK, "--", "echo", "ran")
    done = plugin.start_argv("sh", "-c", 'exec "$@" </dev/null', "sh", *words).wait()
    assert done.status == 0, done.stderr
    assert done.stdout.endswith(b"ran\n")
    assert "running the command again (1 of" in done.stderr
    assert api.gone(NAME)


TALKING = ("sh", "-c", "while :; do echo begin; sleep 0.1; done")
SINKS = {"a pipe": '"$@" </dev/null', "a file": '"$@" </dev/null >out; s=$?; cat out; exit $s'}


@pytest.mark.parametrize("sink", SINKS)
def test_a_command_that_has_said_something_is_not_run_again(
    plugin: Plugin, api: Api, source: str, faulty: ClusterProcess, sink: str
) -> None:
    faulty.fault("cut-stream", path="/exec", bytes=2000, count=1)
    words = plugin.argv(source, f"--name={NAME}", *QUICK, "--", *TALKING)
    done = plugin.start_argv("sh", "-c", SINKS[sink], "sh", *words).wait()
    assert done.status == 1, done.stderr
    assert done.stdout.startswith(b"begin\n")
    assert "the command's output is cut" in done.stderr
    assert "running the command again" not in done.stderr
    assert api.gone(NAME)


def test_it_is_run_again_where_that_is_wanted(
    plugin: Plugin, api: Api, source: str, faulty: ClusterProcess
) -> None:
    faulty.fault("cut-stream", path="/exec", bytes=2000, count=1)
    command = ("sh", "-c", "for n in 1 2 3 4 5 6 7 8 9; do echo begin; sleep 0.1; done")
    words = plugin.argv(source, f"--name={NAME}", "--rerun", *QUICK, "--", *command)
    done = plugin.start_argv("sh", "-c", '"$@" </dev/null', "sh", *words).wait()
    assert done.status == 0, done.stderr
    assert api.gone(NAME)


REFUSES = {"kind": "status", "verb": "patch", "count": 3}
# An ingress or load balancer that has no API server behind it for a moment: mostly `default backend - 404`.
IS_A_PROXY = {"kind": "page", "count": 6}


@pytest.mark.parametrize(
    "fault",
    [
        REFUSES | {"code": 401},
        REFUSES | {"code": 403},
        IS_A_PROXY | {"code": 200},
        IS_A_PROXY | {"code": 404},
    ],
    ids=["401", "403", "page-200", "page-404"],
)
def test_teardown_outlasts_an_api_server_that_is_not_itself_for_a_moment(
    plugin: Plugin, api: Api, source: str, faulty: ClusterProcess, fault: dict[str, Any]
) -> None:
    """What it then says, says nothing of the copy."""
    words = plugin.argv(source, "--join-service", f"--name={NAME}", *QUICK, "--", "sh", "-c", "echo in; cat")
    running = plugin.start_argv(*words)
    running.says("in\n")
    faulty.fault(**fault, path=f"pods/{NAME}")
    running.close_stdin()
    done = running.wait()
    assert done.status == 0, done.stderr
    assert "left Service web" in done.stderr
    assert api.gone(NAME)
