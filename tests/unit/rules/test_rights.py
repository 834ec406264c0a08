"""The Role grants what a session uses and nothing else; what is missing is needed, what is lost is said."""

from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.rules.rights import Review, Right, Use, _merged, rights_of, role, role_yaml, rules
from kubectl_netshoot.rules.targets import TargetGroup, TargetName

ALL = rights_of(Use.JOINED_COPY)
# What changes something, or sees more than the objects that a plan is made of.
CHANGING = {("create", "pods"), ("patch", "pods"), ("delete", "pods"), ("create", "pods/exec")}


def triples(granted: Any) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for rule in granted
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def wanted_triples(chosen: Any) -> set[tuple[str, str, str]]:
    return {(right.group, right.resource, right.verb) for right in chosen}


@given(st.lists(st.sampled_from(ALL)))
def test_the_rules_grant_exactly_these_rights(chosen: list[Right]) -> None:
    assert triples(rules(chosen)) == wanted_triples(chosen)


@given(st.lists(st.sampled_from(ALL), min_size=1), st.sampled_from(["", "shop", "1e3", "on", "null"]))
def test_the_yaml_is_the_role(chosen: list[Right], namespace: str) -> None:
    read = yaml.safe_load(role_yaml(chosen, namespace))
    made = role(chosen, namespace)
    assert triples(read["rules"]) == triples(made["rules"])
    assert {**read, "rules": []} == {**made, "rules": []}


def test_what_is_not_needed_stands_apart() -> None:
    needed, optional = role_yaml([OPTIONAL, NEEDED]).split("# Not needed: ")
    assert ("pods" in needed, "events" in needed) == (True, False)
    assert ("pods" in optional, "events" in optional) == (False, True)
    assert "# Not needed: " not in role_yaml([NEEDED])


def test_of_two_that_grant_the_same_the_needed_one_counts_else_the_first() -> None:
    lesser = replace(NEEDED, without="nothing", purpose="look")
    other = replace(NEEDED, purpose="change")
    assert _merged([lesser, NEEDED, other, OPTIONAL]) == (NEEDED, OPTIONAL)
    assert _merged([lesser, replace(lesser, purpose="see")]) == (lesser,)


def test_a_role_without_a_namespace_is_applied_anywhere() -> None:
    assert role(ALL)["metadata"] == {"name": "kubectl-netshoot"}


def test_nothing_is_changed_but_pods() -> None:
    assert {(right.verb, right.resource) for right in ALL if right.verb not in ("get", "list", "watch")} == (
        CHANGING
    )


def test_no_secret_is_read_and_no_wildcard_asked_for() -> None:
    words = {word for right in ALL for word in (right.verb, right.resource, right.group)}
    assert words.isdisjoint({"*", "secrets", "configmaps", "serviceaccounts"})


def test_a_plain_copy_needs_less() -> None:
    assert wanted_triples(rights_of(Use.COPY)) < wanted_triples(ALL)


def test_no_right_is_listed_twice() -> None:
    assert len(wanted_triples(ALL)) == len(ALL)


def test_what_is_not_asked_for_is_not_needed() -> None:
    """The review alone keeps a session from beginning."""
    assert all(right.asked for right in ALL if right.needed)


NEEDED = Right("patch", "pods", "mark the copy")
OPTIONAL = Right("list", "events", "say why", without="why stays unsaid")


@pytest.mark.parametrize(
    ("found", "missing", "notes"),
    [
        (Review(), (), 0),
        (Review((NEEDED,)), (NEEDED,), 0),
        (Review((OPTIONAL,)), (), 1),
        (Review((OPTIONAL, NEEDED)), (NEEDED,), 1),
        (Review((), (NEEDED, OPTIONAL), "refused"), (), 1),
        (Review((OPTIONAL,), (NEEDED,), "refused"), (), 2),
    ],
)
def test_what_is_missing_and_what_is_said(found: Review, missing: tuple[Right, ...], notes: int) -> None:
    assert found.missing == missing
    assert len(found.notes) == notes


def test_the_notes_name_the_right_and_the_loss_and_the_reason() -> None:
    lost, unknown = Review((OPTIONAL,), (NEEDED,), "reviews are switched off").notes
    assert "list events" in lost
    assert "why stays unsaid" in lost
    assert "reviews are switched off" in unknown


@pytest.mark.parametrize(
    ("right", "text"),
    [
        (Right("create", "pods/exec", "run"), "create pods/exec"),
        (Right("list", "jobs", "judge", "batch"), "list jobs.batch"),
    ],
)
def test_rights_are_named_as_kubectl_names_them(right: Right, text: str) -> None:
    assert str(right) == text


def test_a_demand_names_what_is_missing_and_what_prints_a_role() -> None:
    wanted = rights_of(Use.LABELED_POD)
    Review(tuple(right for right in wanted if not right.needed), uses=(Use.LABELED_POD,)).demand("shop")
    denied = tuple(right for right in wanted if right.verb in ("delete", "watch"))
    with pytest.raises(NetshootError, match="1 right is missing in namespace shop") as raised:
        Review(denied, uses=(Use.LABELED_POD,)).demand("shop", "pods is forbidden")
    assert raised.value.hint.splitlines() == [
        "pods is forbidden",
        "RIGHT         NEEDED TO",
        "delete pods   delete the pod",
        "an administrator can grant them by the Role that this prints",
        "try: kubectl netshoot rbac --run --join -n shop",
    ]


@pytest.mark.parametrize("use", Use)
def test_every_sentence_of_the_table_is_whole(use: Use) -> None:
    for right in rights_of(use):
        assert "{" not in right.purpose + right.without
        assert right.purpose


def test_several_targets_need_what_each_of_them_does() -> None:
    group = TargetGroup((TargetName("pod", "web"), TargetName("deploy", "front"), TargetName("svc", "db")))
    found = {(right.verb, right.resource) for right in rights_of(Use.CAPTURE, target=group)}
    assert {("get", "deployments"), ("get", "services"), ("list", "pods")} <= found
    assert found >= {(right.verb, right.resource) for right in rights_of(Use.CAPTURE)}
