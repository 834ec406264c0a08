"""What finding a pod takes: exactly the reads of its kind, needed when it is asked for and optional in a Role."""

import pytest

from kubectl_netshoot.rules.rights import Right, Use, rights_in_role, rights_of
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
    plain, found = rights_of(Use.CAPTURE), rights_of(Use.CAPTURE, target=parse_target(target))
    assert found[: len(plain)] == plain
    assert [str(right) for right in found[len(plain) :]] == reads
    assert all(right.needed and right.asked and target in right.purpose for right in found[len(plain) :])


def test_labels_take_a_list() -> None:
    *plain, last = rights_of(Use.CAPTURE, target=parse_target("", "app=web"))
    assert (tuple(plain), str(last)) == (rights_of(Use.CAPTURE), "list pods")


@pytest.mark.parametrize("use", [Use.COPY, Use.JOINED_COPY, Use.CAPTURE, Use.LIVE_CHECK])
def test_a_role_lets_target_be_anything_and_a_session_is_not_asked_for_it(use: Use) -> None:
    base, whole = rights_of(use), rights_in_role(use)
    assert {read for _, reads in READS for read in reads} <= {str(right) for right in whole}
    assert len({str(right) for right in whole}) == len(whole)
    assert {right for right in whole if right.needed} == {right for right in base if right.needed}
    assert [right for right in whole if right.asked] == [right for right in base if right.asked]


@pytest.mark.parametrize("use", [Use.POD, Use.LABELED_POD])
def test_a_pod_of_our_own_has_no_target(use: Use) -> None:
    assert rights_in_role(use) == rights_of(use)


def named(right: str, found: tuple[Right, ...]) -> Right:
    (one,) = (other for other in found if str(other) == right)
    return one


def test_what_is_needed_wins() -> None:
    """In the order of the table: a copy is found by a list where that may be, a pod of a workload by a list alone."""
    plain, found = rights_of(Use.COPY), rights_of(Use.COPY, target=parse_target("deploy/web"))
    assert named("list pods", plain).without
    assert named("list pods", found).needed
    assert list(map(str, found)) == list(map(str, plain))
    either = rights_of(Use.COPY, Use.DEBUG)
    assert named("get pods/log", either) == named("get pods/log", plain)
    assert either == tuple(dict.fromkeys(either))
