"""Minutes may lie between a plan and its labels: what has come since then is judged before they are put on."""

import time
from typing import Any

from kubectl_netshoot.cluster import Reads
from kubectl_netshoot.errors import ApiError
from tests.builders import WEB, around, service
from tests.edges.test_survey import Pages, item, listed
from tests.throwaway.manifests import pod_plan

ALLOWED = frozenset({"other-service", "sole-endpoint"})
SERVICES = listed(item("web", selector=WEB))


def reads(**answers: Any) -> Reads:
    return Reads(Pages({"services": SERVICES, **answers}))


def test_what_is_as_it_was_may_go_on() -> None:
    assert pod_plan(around([service()], [], [])).reconsider(reads(), ALLOWED) == ""


def test_a_service_that_has_come_is_one_too_many() -> None:
    more = listed(item("web", selector=WEB), item("web-too", selector=WEB))
    said = pod_plan(around([service()], [], [])).reconsider(reads(services=more), ALLOWED)
    assert said == "other Services select these labels than when the plan was made"


def test_a_service_that_has_gone_is_none() -> None:
    assert pod_plan(around([service()], [], [])).reconsider(reads(services=listed()), ALLOWED) == ""


def test_a_controller_that_would_adopt_it_by_now() -> None:
    taker = listed(item("taker", selector={"matchLabels": WEB}))
    said = pod_plan(around([service()], [], [])).reconsider(reads(replicasets=taker), ALLOWED)
    assert said.startswith("adoption: ")


def test_a_plan_of_a_moment_ago_is_not_judged_again() -> None:
    silent = reads(services=ApiError("nobody asks", 500))
    assert pod_plan(around(), made=time.monotonic()).reconsider(silent, frozenset()) == ""
