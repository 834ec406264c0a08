"""The Role for pods of our own: nothing of a source pod, and no word of copies."""

import pytest

from kubectl_netshoot.rules.rights import Right, rights, rights_of_run


def granted(wanted: tuple[Right, ...]) -> set[tuple[str, str, str]]:
    return {(right.group, right.resource, right.verb) for right in wanted}


@pytest.mark.parametrize("labelled", [False, True])
def test_it_is_less_than_a_sessions(labelled: bool) -> None:
    assert granted(rights_of_run(labelled)) < granted(rights(labelled))


def test_labels_need_what_they_are_judged_by() -> None:
    more = granted(rights_of_run(True)) - granted(rights_of_run(False))
    assert {("", "services", "list"), ("apps", "replicasets", "list"), ("batch", "jobs", "list")} < more


def test_it_speaks_of_pods() -> None:
    assert not [right for right in rights_of_run(True) if "cop" in right.purpose + right.without]
