"""What is said of an image that cannot be pulled."""

import pytest

from kubectl_netshoot.model import Container
from kubectl_netshoot.rules.pods import pull_hint

WAITING = Container("netshoot", "registry.example/a:1", waiting="ImagePullBackOff")


@pytest.mark.parametrize(
    ("secrets", "is_ours", "says"),
    [
        ((), False, ["without any pull secret", "nobody can add one", "--image"]),
        (("a", "b"), False, ["with pull secret a, b", "nobody can add one"]),
        ((), True, ["without any pull secret", "--image-pull-secret", "`pull-secrets`"]),
        (("a",), True, ["with pull secret a:"]),
    ],
)
def test_the_way_it_was_tried_and_the_way_out(
    secrets: tuple[str, ...], is_ours: bool, says: list[str]
) -> None:
    hint = pull_hint(WAITING, secrets, is_ours)
    assert [words for words in ("registry.example/a:1", *says) if words not in hint] == []


@pytest.mark.parametrize("waiting", ["", "ContainerCreating", "CrashLoopBackOff"])
def test_nothing_is_said_of_other_waits(waiting: str) -> None:
    assert pull_hint(Container("netshoot", waiting=waiting), (), False) == ""
