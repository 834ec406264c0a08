"""A copy's plan, held against the copy that came of it and what is there by now."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.model import Pod, ServiceEndpoints
from kubectl_netshoot.rules.rights import Review, Right
from kubectl_netshoot.session.copy_plan import CopyPlan
from tests.unit.builders import WEB, around, bare_copy, endpoints, pod, service
from tests.unit.kube.test_survey import Pages, item, listed
from tests.unit.session.plans import copy_plan

SOURCE = pod()
# As the API would say of the source; its ReplicaSet's labels are not those of a copy.
SENT = {"metadata": {"name": SOURCE.name, "uid": SOURCE.uid, "labels": WEB}, "spec": {"containers": []}}
SERVICES = listed(item("web", selector=WEB))
ALLOWED = frozenset({"other-service", "sole-endpoint"})


def reads(**answers: Any) -> Reads:
    return Reads(Pages({"services": SERVICES, f"pods/{SOURCE.name}": SENT, **answers}))


def fresh(**changes: Any) -> CopyPlan:
    return replace(copy_plan(around([service()], [], [])), made=time.monotonic(), **changes)


SILENT = {"services": ApiError("nobody asks", 500)}


@pytest.mark.parametrize(
    ("copy", "is_planned"),
    [
        (bare_copy(), True),
        (bare_copy(labels={"app.kubernetes.io/managed-by": "kubectl-netshoot"}), True),
        (bare_copy(labels={"added": "by-admission"}), False),
        (bare_copy(labels=WEB), False),
        # Nothing keeps the clients of this Service near: any node will do.
        (bare_copy(node="node-2"), True),
    ],
)
def test_labels_that_the_plan_did_not_reckon_with_are_judged_at_once(copy: Pod, is_planned: bool) -> None:
    plan = fresh()
    assert plan.is_as_planned(copy) is is_planned
    if is_planned:
        assert plan.reconsider(reads(**SILENT), copy, ALLOWED) == ""
    else:
        with pytest.raises(ApiError, match="nobody asks"):
            plan.reconsider(reads(**SILENT), copy, ALLOWED)


def test_a_label_that_another_service_selects_by_keeps_it_out() -> None:
    more = listed(item("web", selector=WEB), item("far", selector={"added": "by-admission"}))
    copy = bare_copy(labels={"added": "by-admission"})
    said = fresh().reconsider(reads(services=more), copy, frozenset({"sole-endpoint"}))
    assert said.startswith("other-service: ")
    assert fresh().reconsider(reads(), copy, ALLOWED) == ""


def test_a_node_that_its_services_care_for_is_looked_at_at_once() -> None:
    near = copy_plan(around([service(internal_local=True)]))
    assert near.is_as_planned(bare_copy(node=near.join.place.node))
    assert not near.is_as_planned(bare_copy(node="elsewhere"))


def test_selectors_that_were_changed_end_the_join() -> None:
    changed = listed(item("web", selector={**WEB, "tier": "front"}))
    plan = copy_plan(around([service()], [], []))
    of_source = replace(plan, join=replace(plan.join, source=pod(labels={**WEB, "tier": "front"})))
    said = of_source.reconsider(reads(services=changed), bare_copy(), ALLOWED)
    assert said == "the Services' selectors were changed since the plan was made"


def test_a_service_that_has_gone_ends_the_join() -> None:
    said = copy_plan(around([service()], [], [])).reconsider(reads(services=listed()), bare_copy(), ALLOWED)
    assert "web" in said


def test_what_was_made_as_planned_surprises_nobody_and_asks_for_the_source_alone() -> None:
    asked = reads(**SILENT)
    assert fresh().inspect(asked, bare_copy()) == ()
    assert asked.fetch.asked == [f"pods/{SOURCE.name}"]  # type: ignore[attr-defined]


def test_labels_that_kubectl_put_on_are_judged_by_what_is_there() -> None:
    (found,) = fresh().inspect(reads(), bare_copy(labels=WEB))
    assert found.id == "other-service"


@pytest.mark.parametrize(("code", "is_raised"), [(403, False), (503, True)])
def test_what_could_not_be_read_for_them(code: int, is_raised: bool) -> None:
    """A moment's silence is asked again; where nobody may look, the source's labels are what is known."""
    plan, asked = fresh(), reads(services=ApiError("no", code))
    if is_raised:
        with pytest.raises(ApiError):
            plan.inspect(asked, bare_copy(labels=WEB))
    else:
        (found,) = plan.inspect(asked, bare_copy(labels=WEB))
        assert (found.id, "what selects it is not known" in found.what) == ("adoption", True)


def test_a_source_that_is_gone_is_said() -> None:
    gone = Reads(Pages({"services": SERVICES}))
    assert [hazard.id for hazard in fresh().inspect(gone, bare_copy())] == ["source-gone"]


DENIED = Review((Right("patch", "pods", "to join"),))
LOST = Review((Right("list", "events", "to say why", without="it stays unsaid"),))


@pytest.mark.parametrize(
    ("rights", "slices", "allow", "may"),
    [
        (Review(), (endpoints(),), "", True),
        (LOST, (endpoints(),), "", True),
        (DENIED, (endpoints(),), "", False),
        (Review(), (), "", False),
        (Review(), (), "sole-endpoint", True),
        (DENIED, (), "sole-endpoint", False),
    ],
)
def test_it_may_begin_with_every_right_and_no_hazard_that_is_not_allowed(
    rights: Review, slices: tuple[ServiceEndpoints, ...], allow: str, may: bool
) -> None:
    plan = copy_plan(around([service()], [], slices), rights=rights)
    assert plan.may_begin(frozenset({allow})) is may


@pytest.mark.parametrize(
    ("custom", "asked"),
    [
        (None, {"cpu": ("250m",), "pods.example.com/gpu": ("1",)}),
        (
            Path("custom.json"),
            {"cpu": ("250m", "20m"), "memory": ("32Mi",), "pods.example.com/gpu": ("1",)},
        ),
    ],
)
def test_what_the_copy_requests(custom: Path | None, asked: dict[str, tuple[str, ...]]) -> None:
    """kubectl can give the debug container requests by --custom alone."""
    plan = copy_plan(around())
    source = pod(requests={"cpu": ("250m",), "pods.example.com/gpu": ("1",)})
    plan = replace(
        plan,
        join=replace(plan.join, source=source),
        copy=replace(plan.copy, custom=custom, requests={"cpu": "20m"}),
    )
    assert plan.requests == asked


@pytest.mark.parametrize(("same_node", "node"), [(True, "node-1"), (False, "")])
def test_where_it_is_put(same_node: bool, node: str) -> None:
    plan = copy_plan(around())
    assert replace(plan, copy=replace(plan.copy, same_node=same_node)).node == node
