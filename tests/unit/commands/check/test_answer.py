"""The answer first: what fails in three lines at most, or that all is healthy and what was left out."""

from kubectl_netshoot.commands.check.scene import CheckReport, answer
from kubectl_netshoot.commands.check.verdict import Check, CheckState, Topic, is_well
from tests.unit.commands.check.scenes import scene, service


def check(state: CheckState, subject: str = "it", endpoint: bool = False, about: str = "web") -> Check:
    return Check(Topic.TCP, about, subject, state, "answers 502", endpoint=endpoint)


def endpoint(number: int, state: CheckState = CheckState.BAD) -> Check:
    return check(state, f"pod/web-{number}", endpoint=True)


def test_all_is_well() -> None:
    found = [check(CheckState.OK), check(CheckState.OK), check(CheckState.NOTE), check(CheckState.UNKNOWN)]
    assert answer(scene(), found) == (
        "all is well with Service web: 2 checks, 1 thing to know, 1 not checked",
    )
    two = scene(service(), service("web-b"))
    assert answer(two, [check(CheckState.OK)]) == ("all is well with Services web, web-b: 1 check",)


def test_nothing_that_was_checked_is_not_well() -> None:
    found = [check(CheckState.UNKNOWN)]
    assert answer(scene(), found) == ("nothing could be checked: see below why",)
    assert not is_well(found)
    assert not is_well([])
    assert is_well([check(CheckState.OK), check(CheckState.UNKNOWN), check(CheckState.NOTE)])
    assert not is_well([check(CheckState.OK), check(CheckState.BAD)])


def test_what_is_only_to_be_known_was_looked_at() -> None:
    """A certificate of the cluster's own CA is a note: nothing is wrong with it."""
    found = [check(CheckState.NOTE), check(CheckState.UNKNOWN)]
    assert answer(scene(), found) == ("nothing is wrong with Service web, 1 thing to know, 1 not checked",)
    assert is_well(found)


def test_endpoints_are_counted_and_named() -> None:
    found = [endpoint(1), endpoint(2, CheckState.OK), endpoint(3, CheckState.OK)]
    assert answer(scene(), found) == ("web: 1 of 3 endpoints is ill: pod/web-1 answers 502",)
    more = [endpoint(1), endpoint(2), endpoint(3), endpoint(4, CheckState.OK)]
    assert answer(scene(), more) == (
        "web: 3 of 4 endpoints are ill: pod/web-1 answers 502; pod/web-2 answers 502, and 1 more",
    )


def test_an_endpoint_with_two_ports_is_one() -> None:
    assert answer(scene(), [endpoint(1), endpoint(1)])[0].startswith("web: 1 of 1 endpoint is ill: ")


def test_three_lines_at_most() -> None:
    found = [check(CheckState.BAD, f"thing {number}") for number in range(5)]
    assert answer(scene(), found) == (
        "thing 0 answers 502",
        "thing 1 answers 502",
        "and 3 things more are not well: see below",
    )
    assert len(answer(scene(), found[:3])) == 3


def test_a_report_knows_its_answer() -> None:
    report = CheckReport(scene(), (check(CheckState.BAD),))
    assert (report.well, report.answer) == (False, ("it answers 502",))
