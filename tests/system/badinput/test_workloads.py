"""Workloads and Jobs as no API server should give them: nothing is chosen by what cannot be read."""

from typing import Any

import pytest

from tests.system.badinput import world
from tests.system.badinput.judge import FAILED, judge
from tests.system.badinput.stage import Stage
from tests.system.badinput.test_objects import STRANGE, changed

Json = dict[str, Any]
APPS, BATCH = "/apis/apps/v1/namespaces/shop", "/apis/batch/v1/namespaces/shop"
DEPLOYMENT: Json = {"metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": {"app": "web"}}}}
CRONJOB: Json = {"metadata": {"name": "web", "uid": "uid-cron"}}
JOB: Json = {
    "metadata": {"name": "web-1", "ownerReferences": [{"uid": "uid-cron"}]},
    "status": {"conditions": []},
}
UNREADABLE = "the API server's answer cannot be read"
ODD_DEPLOYMENT: list[tuple[str, Any]] = [
    ("metadata", None),
    ("metadata.name", 42),
    ("spec", "x"),
    ("spec.selector", ["app"]),
    ("spec.selector.matchLabels", ["app"]),
    ("spec.selector.matchLabels", {"app": 42}),
    ("spec.selector.matchExpressions", [{}]),
    ("spec.selector.matchExpressions", "x"),
]
ODD_JOB: list[tuple[str, Any]] = [
    ("metadata", None),
    ("metadata.name", "../web"),
    ("metadata.name", f"web{STRANGE}"),
    ("metadata.name", "a),(b"),
    ("metadata.ownerReferences", 42),
    ("metadata.ownerReferences", ["x"]),
    ("status", "x"),
    ("status.conditions", [{}]),
    ("status.conditions", ["x"]),
]


@pytest.mark.parametrize(("path", "value"), ODD_DEPLOYMENT)
def test_a_deployment_that_is_none(stage: Stage, path: str, value: Any) -> None:
    stage.objects[f"{APPS}/deployments/web"] = changed(DEPLOYMENT, path, value)
    judge(stage.run("deploy/web", "--dry-run"), (FAILED,), [UNREADABLE])


@pytest.mark.parametrize(("path", "value"), ODD_JOB)
def test_a_job_that_is_none(stage: Stage, path: str, value: Any) -> None:
    stage.objects[f"{BATCH}/cronjobs/web"] = CRONJOB
    stage.objects[f"{BATCH}/jobs"] = {"items": [changed(JOB, path, value)]}
    judge(stage.run("cronjob/web", "--dry-run"), (FAILED,), [UNREADABLE, "a Job"])


def test_a_cronjob_without_a_uid_owns_nothing(stage: Stage) -> None:
    stage.objects[f"{BATCH}/cronjobs/web"] = changed(CRONJOB, "metadata", {})
    stage.objects[f"{BATCH}/jobs"] = {"items": [changed(JOB, "metadata.ownerReferences", [{}])]}
    judge(stage.run("cronjob/web", "--dry-run"), (FAILED,), [UNREADABLE])


def test_a_selector_with_escapes_is_told_without(stage: Stage) -> None:
    strange = changed(DEPLOYMENT, "spec.selector.matchLabels.app", f"web{STRANGE}")
    stage.objects[f"{APPS}/deployments/web"] = strange
    judge(
        stage.run("deploy/web", "--dry-run"),
        (FAILED,),
        ["deploy/web selects no pod in namespace shop: none has app=web"],
    )


@pytest.mark.parametrize("items", [None, 42, [42], [{}]], ids=str)
def test_pods_that_are_none(stage: Stage, items: Any) -> None:
    stage.objects[f"{APPS}/deployments/web"] = DEPLOYMENT
    stage.objects[f"{world.SHOP}/pods"] = {"items": items}
    judge(stage.run("deploy/web", "--dry-run"), (FAILED,))
