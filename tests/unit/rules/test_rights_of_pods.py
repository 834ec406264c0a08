"""The Role for pods of our own: nothing of a source pod, and no word of copies."""

import pytest

from kubectl_netshoot.rules.rights import Right, Use, rights_of


def granted(wanted: tuple[Right, ...]) -> set[tuple[str, str, str]]:
    return {(right.group, right.resource, right.verb) for right in wanted}


@pytest.mark.parametrize(("pod", "copy"), [(Use.POD, Use.COPY), (Use.LABELED_POD, Use.JOINED_COPY)])
def test_it_is_less_than_a_sessions(pod: Use, copy: Use) -> None:
    assert granted(rights_of(pod)) < granted(rights_of(copy))


def test_labels_need_what_they_are_judged_by() -> None:
    more = granted(rights_of(Use.LABELED_POD)) - granted(rights_of(Use.POD))
    assert {("", "services", "list"), ("apps", "replicasets", "list"), ("batch", "jobs", "list")} < more


def test_it_speaks_of_pods() -> None:
    assert not [right for right in rights_of(Use.LABELED_POD) if "cop" in right.purpose + right.without]
