"""The answer first: what fails in three lines at most, or that all is healthy and what was left out."""

from kubectl_netshoot.commands.check.scene import CheckReport, answer
from kubectl_netshoot.commands.check.verdict import Check, CheckState, Topic, is_healthy
from tests.unit.commands.check.scenes import scene, service


def check(state: CheckState, subject: str = "it", endpoint: bool = False, about: str = "web") -> Check:
    return Check(Topic.TCP, about, subject, state, "answers 502", endpoint=endpoint)


def endpoint(number: int, state: CheckState = CheckState.BAD) -> Check:
    return check(state, f"pod/web-{number}", endpoint=True)


def test_no_problem_was_found() -> None:
    found = [check(CheckState.OK), check(CheckState.OK), check(CheckState.NOTE), check(CheckState.UNKNOWN)]
    assert answer(scene(), found) == ("Service web: no problem found (2 ok, 1 note, 1 unknown)",)
    two = scene(service(), service("web-b"))
    assert answer(two, [check(CheckState.OK)]) == ("Services web, web-b: no problem found (1 ok)",)


def test_nothing_that_was_checked_is_not_well() -> None:
    found = [check(CheckState.UNKNOWN)]
    assert answer(scene(), found) == ("nothing could be checked: the reasons are below",)
    assert not is_healthy(found)
    assert not is_healthy([])
    assert is_healthy([check(CheckState.OK), check(CheckState.UNKNOWN), check(CheckState.NOTE)])
    assert not is_healthy([check(CheckState.OK), check(CheckState.BAD)])


def test_what_is_only_to_be_known_was_looked_at() -> None:
    """A certificate of the cluster's own CA is a note: nothing is wrong with it."""
    found = [check(CheckState.NOTE), check(CheckState.UNKNOWN)]
    assert answer(scene(), found) == ("Service web: no problem found (1 note, 1 unknown)",)
    assert is_healthy(found)


def test_endpoints_are_counted_and_named() -> None:
    found = [endpoint(1), endpoint(2, CheckState.OK), endpoint(3, CheckState.OK)]
    assert answer(scene(), found) == ("Service web: 1 of 3 endpoints failing: pod/web-1 answers 502",)
    more = [endpoint(1), endpoint(2), endpoint(3), endpoint(4, CheckState.OK)]
    assert answer(scene(), more) == (
        "Service web: 3 of 4 endpoints failing: pod/web-1 answers 502; pod/web-2 answers 502, and 1 more",
    )


def test_an_endpoint_with_two_ports_is_one() -> None:
    assert answer(scene(), [endpoint(1), endpoint(1)])[0].startswith("Service web: 1 of 1 endpoint failing: ")


def test_three_lines_at_most() -> None:
    found = [check(CheckState.BAD, f"thing {number}") for number in range(5)]
    assert answer(scene(), found) == (
        "thing 0 answers 502",
        "thing 1 answers 502",
        "and 3 more problems: see below",
    )
    assert len(answer(scene(), found[:3])) == 3


def test_a_report_knows_its_answer() -> None:
    report = CheckReport(scene(), (check(CheckState.BAD),))
    assert (report.healthy, report.answer) == (False, ("it answers 502",))
