"""Whose processes are shared: what was asked for, else an application that runs."""

import pytest

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.model import Container
from kubectl_netshoot.rules.pods import choose_shared
from tests.unit.builders import pod

UP, DOWN = Container("app", running=True), Container("app", waiting="CrashLoopBackOff")
PROXY = Container("proxy", running=True)
PREFERRED = {"kubectl.kubernetes.io/default-container": "app"}
TWO = pod(containers=(PROXY, UP), init_containers=("migrate",), sidecars=(Container("mesh"),))


@pytest.mark.parametrize(
    ("containers", "annotations", "shared"),
    [
        ((UP,), {}, "app"),
        ((PROXY, UP), {}, "proxy"),
        ((PROXY, UP), PREFERRED, "app"),
        ((PROXY, DOWN), PREFERRED, "proxy"),
        ((DOWN, PROXY), {}, "proxy"),
        ((DOWN,), {}, ""),
        ((DOWN,), PREFERRED, ""),
        ((UP,), {"kubectl.kubernetes.io/default-container": "nobody"}, "app"),
    ],
)
def test_unasked_it_is_one_that_runs(
    containers: tuple[Container, ...], annotations: dict[str, str], shared: str
) -> None:
    assert choose_shared(pod(containers=containers, annotations=annotations), None) == shared


@pytest.mark.parametrize(
    ("asked", "shared"), [("app", "app"), ("proxy", "proxy"), ("mesh", "mesh"), ("", ""), ("none", "")]
)
def test_what_was_asked_for(asked: str, shared: str) -> None:
    assert choose_shared(TWO, asked) == shared


def test_a_container_may_be_called_none() -> None:
    assert choose_shared(pod(containers=(UP, Container("none", running=True))), "none") == "none"


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("migrate", "migrate is an init container"),
        ("nobody", "nobody is not in the pod; pod web-7d4b9c-x2x4z has proxy, app, mesh"),
    ],
)
def test_what_there_is_not(asked: str, why: str) -> None:
    with pytest.raises(NetshootError, match=why) as raised:
        choose_shared(TWO, asked)
    assert "--target ''" in raised.value.hint


def test_one_that_does_not_run_has_no_processes() -> None:
    with pytest.raises(NetshootError, match=r"app does not run \(CrashLoopBackOff\)"):
        choose_shared(pod(containers=(DOWN,)), "app")
