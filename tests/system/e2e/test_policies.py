"""Admission policies that write, keep or undo labels. Only the fake cluster has them on request."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from fakecluster.handle import ClusterProcess
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.conftest import QUICK
from tests.system.e2e.plugin import Done, Plugin

NAME = "governed"
INERT = {"cost-center": "shop"}


@pytest.fixture
def governed(cluster: AnyCluster) -> Iterator[ClusterProcess]:
    """The fake cluster; its policies end with the test."""
    fake = cluster.faulty()
    yield fake
    fake.settings(policies=[])


def policy(api: Api, effect: str, **fields: object) -> dict[str, object]:
    return {"name": "house-rule", "effect": effect, "namespace": api.namespace, **fields}


@pytest.mark.parametrize("operations", [["CREATE"], ["UPDATE"], ["CREATE", "UPDATE"]], ids="-".join)
@pytest.mark.parametrize("words", [(), ("--join-service", "--yes")], ids=["plain", "joined"])
def test_a_label_that_nobody_selects_by_changes_nothing(
    plugin: Plugin,
    api: Api,
    source: str,
    governed: ClusterProcess,
    words: tuple[str, ...],
    operations: list[str],
) -> None:
    governed.settings(policies=[policy(api, "set", labels=INERT, operations=operations)])
    done = plugin.run(source, *words, f"--name={NAME}", *QUICK, "--timeout=20s", "--", "echo", "ran")
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert api.gone(NAME)


@pytest.mark.parametrize("webhook", [False, True], ids=["policy", "webhook"])
def test_a_label_that_may_not_be_taken_off_is_never_put_on(
    plugin: Plugin, api: Api, source: str, governed: ClusterProcess, webhook: bool
) -> None:
    governed.settings(policies=[policy(api, "keep", keys="^app$", webhook=webhook, operations=["UPDATE"])])
    words = ("--service=web", "--allow=other-service", f"--name={NAME}", *QUICK, "--timeout=10s", "--yes")
    done = plugin.run(source, *words, "--", "echo", "ran")
    assert (done.status, done.stdout) == (1, b""), done.stderr
    assert "admission: label app may not be taken off again" in done.stderr
    assert "not allowed here" in done.stderr
    assert api.gone(NAME)


def test_a_label_that_does_not_stay_is_said(
    plugin: Plugin, api: Api, source: str, governed: ClusterProcess
) -> None:
    governed.settings(policies=[policy(api, "undo", keys="^app$", operations=["UPDATE"])])
    words = ("--service=web", "--allow=other-service", f"--name={NAME}", *QUICK, "--timeout=10s", "--yes")
    done = plugin.run(source, *words, "--", "echo", "ran")
    assert (done.status, done.stdout) == (1, b""), done.stderr
    assert "label app does not stay on the copy" in done.stderr
    assert api.gone(NAME)


@pytest.mark.parametrize("words", [(), ("--join-service",)], ids=["plain", "joined"])
def test_a_policy_that_would_join_it_at_its_first_change_is_found_before_that(
    plugin: Plugin, api: Api, source: str, governed: ClusterProcess, words: tuple[str, ...]
) -> None:
    governed.settings(policies=[policy(api, "set", labels={"app": "web"}, operations=["UPDATE"])])
    done = plugin.run(source, *words, f"--name={NAME}", *QUICK, "--timeout=10s", "--yes", "--", "echo", "ran")
    assert (done.status, done.stdout) == (1, b""), done.stderr
    assert "admission: a change of the copy puts the labels of Service web onto it" in done.stderr
    assert api.gone(NAME)


def test_labels_of_a_service_on_every_pod_are_refused_beforehand(
    plugin: Plugin, api: Api, source: str, governed: ClusterProcess
) -> None:
    governed.settings(policies=[policy(api, "set", labels={"app": "web"}, operations=["CREATE"])])
    done = plugin.run(source, "--service=web", f"--name={NAME}", *QUICK, "--yes", "--", "true")
    assert done.status == 4, done.stderr
    assert "admission (never): admission puts the labels of Service web onto every pod" in done.stderr
    plain = plugin.run(source, f"--name={NAME}", "--yes", "--", "true")
    assert plain.status == 4, plain.stderr
    assert "other-service (refuse)" in plain.stderr
    assert api.gone(NAME)


def test_a_mark_that_admission_takes_off_is_refused_beforehand(
    plugin: Plugin, api: Api, source: str, governed: ClusterProcess
) -> None:
    """A copy without it would be nobody's, and have no deadline."""
    stripped: dict[str, object] = {"netshoot": {"env": []}}
    governed.settings(policies=[policy(api, "set", containers=stripped, operations=["CREATE"])])
    done = plugin.run(source, f"--name={NAME}", "--yes", "--", "true")
    assert done.status == 4, done.stderr
    assert "admission (never): admission takes the variable KUBECTL_NETSHOOT off the copy" in done.stderr
    assert api.gone(NAME)


def test_a_copy_that_other_copies_would_not_know_is_not_joined(
    plugin: Plugin, api: Api, source: str, governed: ClusterProcess
) -> None:
    """Each would count the other as an endpoint that stays."""
    theirs = {"app.kubernetes.io/managed-by": "Helm"}
    governed.settings(policies=[policy(api, "set", labels=theirs, operations=["UPDATE"])])
    words = ("--join-service", f"--name={NAME}", *QUICK, "--yes")
    done = plugin.run(source, *words, "--", "echo", "ran")
    assert (done.status, done.stdout) == (1, b""), done.stderr
    assert "label app.kubernetes.io/managed-by does not stay on the copy as it is written" in done.stderr
    assert api.gone(NAME)


# What a broken policy or webhook with failurePolicy Fail makes of every request that it is asked about.
BROKEN: dict[str, dict[str, Any]] = {
    "webhook": {
        "code": 500,
        "message": 'Internal error occurred: failed calling webhook "pods.example.test": failed to call webhook: '
        'Post "https://hook.example.test:443/": context deadline exceeded',
    },
    "policy": {
        "code": 422,
        "message": "pods is forbidden: MutatingAdmissionPolicy 'house-rule' with binding 'house-rule' denied request: "
        "expression resulted in error: no such key: team",
    },
    "refusing-webhook": {
        "code": 403,
        "message": 'admission webhook "pods.example.test" denied the request without explanation',
    },
}
broken = pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)


@pytest.fixture
def breaking(governed: ClusterProcess) -> Iterator[ClusterProcess]:
    """The fake cluster; what is broken there is whole again after the test."""
    yield governed
    governed.no_faults()


def errors(done: Done) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith("error: ")]


@broken
def test_a_policy_that_fails_at_the_creation(
    plugin: Plugin, api: Api, source: str, breaking: ClusterProcess, answer: dict[str, Any]
) -> None:
    breaking.fault("status", verb="create", path=r"/pods(\?|$)", **answer)
    done = plugin.run(source, "--join-service", f"--name={NAME}", *QUICK, "--yes", "--", "echo", "ran")
    assert (done.status, done.stdout) in ((1, b""), (4, b"")), done.stderr
    assert len(errors(done)) == 1
    assert answer["message"] in done.stderr
    assert api.pod(NAME) is None


@broken
def test_a_policy_that_fails_at_the_first_change(
    plugin: Plugin, api: Api, source: str, breaking: ClusterProcess, answer: dict[str, Any]
) -> None:
    """The copy can be made and deleted, and not be marked."""
    breaking.fault("status", verb="patch", path=f"/pods/{NAME}", **answer)
    words = ("--join-service", f"--name={NAME}", *QUICK, "--timeout=3s", "--yes")
    done = plugin.run(source, *words, "--", "echo", "ran")
    assert (done.status, done.stdout) == (1, b""), done.stderr
    assert len(errors(done)) == 1
    assert answer["message"] in done.stderr
    assert api.gone(NAME)


@broken
def test_a_policy_that_fails_at_the_leave(
    plugin: Plugin, api: Api, source: str, breaking: ClusterProcess, answer: dict[str, Any]
) -> None:
    """It is not deleted under its clients: what is left is said, and the next cleanup finishes."""
    words = plugin.argv(source, "--join-service", f"--name={NAME}", "--settle=0", "--drain=1s", "--yes")
    running = plugin.start_argv(*words, "--", "sh", "-c", "echo in; cat")
    running.says("in\n")
    running.send(signal.SIGKILL)
    running.wait()
    breaking.fault("status", verb="patch", path=f"/pods/{NAME}", **answer)
    done = plugin.run("cleanup", NAME, "--yes", "--timeout=1s")
    assert done.status == 4, done.stderr
    assert len(errors(done)) == 1
    assert f"{NAME} was not cleaned up" in done.stderr
    assert answer["message"] in done.stderr
    assert NAME in api.members("web")
    breaking.no_faults()
    assert plugin.run("cleanup", NAME, "--yes").status == 0
    assert api.gone(NAME)
