"""What finding a pod takes: exactly the reads of its kind, needed when it is asked for and optional in a Role."""

import pytest

from kubectl_netshoot.rules.rights import Right, merged, of_target, rights, rights_of_capture, with_targets
from kubectl_netshoot.rules.targets import parse_target

READS = [
    ("web-0", []),
    ("deploy/web", ["get deployments.apps", "list pods"]),
    ("rs/web", ["get replicasets.apps", "list pods"]),
    ("sts/db", ["get statefulsets.apps", "list pods"]),
    ("ds/agent", ["get daemonsets.apps", "list pods"]),
    ("job/once", ["get jobs.batch", "list pods"]),
    ("cronjob/nightly", ["get cronjobs.batch", "list jobs.batch", "list pods"]),
    ("svc/web", ["get services", "list pods"]),
]


@pytest.mark.parametrize(("target", "reads"), READS)
def test_the_reads_of_every_kind(target: str, reads: list[str]) -> None:
    found = of_target(parse_target(target))
    assert [str(right) for right in found] == reads
    assert all(right.needed and right.asked and target in right.purpose for right in found)


def test_labels_take_a_list() -> None:
    assert [str(right) for right in of_target(parse_target("", "app=web"))] == ["list pods"]


@pytest.mark.parametrize("base", [rights(joining=True), rights(joining=False), rights_of_capture()])
def test_a_role_lets_target_be_anything_and_a_session_is_not_asked_for_it(base: tuple[Right, ...]) -> None:
    whole = with_targets(base)
    assert {read for _, reads in READS for read in reads} <= {str(right) for right in whole}
    assert len({str(right) for right in whole}) == len(whole)
    assert {right for right in whole if right.needed} == {right for right in base if right.needed}
    assert [right for right in whole if right.asked] == [right for right in base if right.asked]


NEEDED = Right("list", "pods", "find")
OPTIONAL = Right("list", "pods", "find copies", without="they are not found")


def test_what_is_needed_wins() -> None:
    other = Right("get", "pods", "read")
    assert merged((OPTIONAL, other), (NEEDED,)) == (NEEDED, other)
    assert merged((NEEDED, other), (OPTIONAL,)) == (NEEDED, other)
    assert merged((), (OPTIONAL, OPTIONAL)) == (OPTIONAL,)
