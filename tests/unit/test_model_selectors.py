"""Selectors match as the API server's do; where in doubt, a controller's selector matches."""

import pytest

from kubectl_netshoot.model import Requirement, Selector, Service

WEB = {"app": "web", "tier": ""}
REQUIREMENTS = [
    (Requirement("app", "In", ("web", "db")), True),
    (Requirement("app", "In", ("db",)), False),
    (Requirement("app", "In", ()), False),
    (Requirement("none", "In", ("web",)), False),
    (Requirement("tier", "In", ("",)), True),
    (Requirement("app", "NotIn", ("db",)), True),
    (Requirement("app", "NotIn", ("web",)), False),
    (Requirement("none", "NotIn", ("web",)), True),
    (Requirement("app", "Exists"), True),
    (Requirement("tier", "Exists"), True),
    (Requirement("none", "Exists"), False),
    (Requirement("app", "DoesNotExist"), False),
    (Requirement("none", "DoesNotExist"), True),
    (Requirement("app", "Gt", ("3",)), True),
]


@pytest.mark.parametrize(("requirement", "matches"), REQUIREMENTS)
def test_one_requirement(requirement: Requirement, matches: bool) -> None:
    assert requirement.matches(WEB) is matches


def test_all_requirements_must_hold() -> None:
    both = Selector({"app": "web"}, (Requirement("tier", "DoesNotExist"),))
    assert both.matches({"app": "web"})
    assert not both.matches(WEB)
    assert not both.matches({})


def test_an_empty_label_is_not_a_missing_one() -> None:
    assert Selector({"tier": ""}).matches(WEB)
    assert not Selector({"tier": ""}).matches({"app": "web"})


def test_an_empty_selector_matches_everything_but_a_service_without_one_selects_nothing() -> None:
    assert Selector().matches({})
    assert not Service("web").selects({"app": "web"})
