"""Minutes may lie between a plan and its labels: what has come since then is judged before they are put on."""

import time
from dataclasses import replace
from typing import Any

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.reads import Reads
from tests.unit.builders import WEB, around, pod, service
from tests.unit.kube.test_survey import Pages, item, listed
from tests.unit.session.plans import throwaway_plan

ALLOWED = frozenset({"other-service", "sole-endpoint"})
THERE = pod("tmp", node="node-1")
OF_WEB = {"kubernetes.io/service-name": "web"}
SERVICES = listed(item("web", selector=WEB))


def reads(**answers: Any) -> Reads:
    return Reads(Pages({"services": SERVICES, **answers}))


def test_what_is_as_it_was_may_go_on() -> None:
    assert throwaway_plan(around([service()], [], [])).reconsider(reads(), THERE, ALLOWED) == ""


def test_a_service_that_has_come_is_one_too_many() -> None:
    more = listed(item("web", selector=WEB), item("web-too", selector=WEB))
    said = throwaway_plan(around([service()], [], [])).reconsider(reads(services=more), THERE, ALLOWED)
    assert said == "other Services select these labels than when the plan was made"


def test_a_service_that_has_gone_is_none() -> None:
    assert (
        throwaway_plan(around([service()], [], [])).reconsider(reads(services=listed()), THERE, ALLOWED) == ""
    )


def test_a_controller_that_would_adopt_it_by_now() -> None:
    taker = listed(item("taker", selector={"matchLabels": WEB}))
    said = throwaway_plan(around([service()], [], [])).reconsider(reads(replicasets=taker), THERE, ALLOWED)
    assert said.startswith("adoption: ")


def test_a_plan_of_a_moment_ago_is_not_judged_again() -> None:
    silent = reads(services=ApiError("nobody asks", 500))
    assert throwaway_plan(around(), made=time.monotonic()).reconsider(silent, THERE, frozenset()) == ""


def test_but_where_the_pod_has_come_alone_is_looked_at_at_once() -> None:
    near = listed(item("web", selector=WEB, internalTrafficPolicy="Local"))
    endpoints = [
        {"nodeName": "node-1", "targetRef": {"uid": "a", "name": "web-a"}, "conditions": {"ready": True}}
    ]
    slices = {"items": [{"metadata": {"name": "s", "labels": OF_WEB}, "endpoints": endpoints}]}
    plan = throwaway_plan(around([service(internal_local=True)]), made=time.monotonic())
    asked = reads(services=near, endpointslices=slices)
    assert plan.reconsider(asked, replace(THERE, node="node-1"), ALLOWED) == ""
    said = plan.reconsider(asked, replace(THERE, node="node-2"), ALLOWED)
    assert "only endpoint of Service web on node node-2" in said
