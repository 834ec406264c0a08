"""Which label keeps the pods that nearly match from being selected."""

import pytest

from kubectl_netshoot.rules.targets import near_misses

WANTED = {"app": "web", "tier": "back"}


@pytest.mark.parametrize(
    ("pods", "lines"),
    [
        ({"a": {"app": "web", "tier": "front"}}, ["pod a has tier=front, not back"]),
        ({"a": {"app": "web"}}, ["pod a has no label tier"]),
        (
            {"a": {"app": "web"}, "b": {"app": "web", "x": "y"}, "c": {"app": "wbe"}},
            ["pod a and 1 more have no label tier", "pod c has app=wbe, not web and no label tier"],
        ),
        ({"a": {"app": "db", "tier": "x"}, "b": {}}, []),
        ({"a": {"app": "web", "tier": "back"}}, []),
        ({}, []),
    ],
)
def test_the_nearest_are_told_first(pods: dict[str, dict[str, str]], lines: list[str]) -> None:
    assert near_misses(WANTED, pods) == lines


def test_a_few_lines_do() -> None:
    pods = {f"p{n}": {"app": "web", "tier": f"t{n}"} for n in range(9)}
    assert len(near_misses(WANTED, pods)) == 3
