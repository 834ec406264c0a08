"""What is read around a pod: owners up the chain, what an HPA scales, and what cannot be read is named."""

from collections.abc import Mapping
from typing import Any

import pytest

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.api import Fetch
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.kube.survey import survey
from kubectl_netshoot.model import Lease, Owner, Pod, Quota, Selector, Workload
from kubectl_netshoot.rules.hazards.hazard import Surroundings, Unread
from tests.unit.builders import pod

Json = dict[str, Any]
WEB = {"app": "web"}
HASHED = {**WEB, "pod-template-hash": "7d4b9c"}


class Pages(Fetch):
    """Answers from these objects, by the end of their path; what is not there is an empty list, or no object."""

    def __init__(self, answers: Mapping[str, Json | ApiError]) -> None:
        self.namespace = "shop"
        self.asked: list[str] = []
        self._answers = answers

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Json:
        asked = path.partition("/namespaces/shop/")[2]
        assert "/" in asked or (query or {}).get("limit"), "a list is read in pages"
        self.asked.append(asked)
        answer = self._answers.get(asked)
        if isinstance(answer, ApiError):
            raise answer
        if answer is None and "/" in asked:
            raise ApiError("not found", 404, "NotFound")
        return answer or {"items": []}


def item(name: str, owner: tuple[str, str, str] | None = None, **spec: Any) -> Json:
    """An object; the owner is apiVersion, kind and name."""
    references = [dict(zip(("apiVersion", "kind", "name"), owner, strict=True))] if owner else []
    return {"metadata": {"name": name, "ownerReferences": references}, "spec": spec}


def listed(*items: Json) -> Json:
    return {"items": list(items)}


def replica_set(owner: tuple[str, str, str] | None = ("apps/v1", "Deployment", "web")) -> Json:
    return item("web-1", owner, selector={"matchLabels": HASHED})


def hpa(kind: str = "Deployment", name: str = "web", api_version: str = "apps/v1") -> Json:
    return item("hpa", scaleTargetRef={"apiVersion": api_version, "kind": kind, "name": name})


OF_REPLICA_SET = pod(owners=(Owner("ReplicaSet", "web-1", True, "apps"),))


def surroundings(source: Pod = OF_REPLICA_SET, **answers: Json | ApiError) -> Surroundings:
    return survey(Reads(Pages({key.replace("__", "/"): value for key, value in answers.items()})), source)


def forbidden() -> ApiError:
    return ApiError("you may not", 403, "Forbidden")


def test_owners_are_followed_to_the_top() -> None:
    above = item("web", ("shop.example.com/v1", "Shop", "web"))
    found = surroundings(replicasets=listed(replica_set()), deployments__web=above)
    assert found.ancestors == (
        Owner("Deployment", "web", group="apps"),
        Owner("Shop", "web", group="shop.example.com"),
    )


def test_a_jobs_cron_job_is_followed_too() -> None:
    source = pod(owners=(Owner("Job", "nightly-1", True, "batch"),))
    job = item("nightly-1", ("batch/v1", "CronJob", "nightly"), selector={})
    above = item("nightly", ("shop.example.com/v1", "Shop", "web"))
    found = surroundings(source, jobs=listed(job), cronjobs__nightly=above)
    assert [str(owner) for owner in found.ancestors] == ["cronjob/nightly", "shop/web"]


def test_a_deployment_of_another_group_is_not_asked_for() -> None:
    pages = Pages({"replicasets": listed(replica_set(("example.com/v1", "Deployment", "web")))})
    found = survey(Reads(pages), OF_REPLICA_SET)
    assert found.ancestors == (Owner("Deployment", "web", group="example.com"),)
    assert "deployments/web" not in pages.asked


def test_owners_in_a_circle_come_to_an_end() -> None:
    circle = item("web", ("apps/v1", "ReplicaSet", "web-1"))
    found = surroundings(replicasets=listed(replica_set()), deployments__web=circle)
    assert [str(owner) for owner in found.ancestors] == ["deployment/web", "replicaset/web-1"]


def test_a_pod_of_nobodys_has_no_ancestors() -> None:
    assert surroundings(pod(), replicasets=listed(replica_set())).ancestors == ()


def test_an_hpas_deployment_is_known_by_its_replicasets_without_asking() -> None:
    pages = Pages({"replicasets": listed(replica_set()), "horizontalpodautoscalers": listed(hpa(), hpa())})
    found = survey(Reads(pages), pod())
    assert [a.selector for a in found.autoscalers] == [Selector(WEB), Selector(WEB)]
    assert "deployments/web" not in pages.asked


def test_a_deployment_without_replicasets_is_asked_for() -> None:
    deployment = item("web", selector={"matchLabels": WEB})
    found = surroundings(horizontalpodautoscalers=listed(hpa()), deployments__web=deployment)
    assert [a.selector for a in found.autoscalers] == [Selector(WEB)]


@pytest.mark.parametrize(
    "scaler",
    [hpa("Rollout", api_version="argoproj.io/v1alpha1"), hpa("ReplicaSet", "web-1", "example.com/v1"), hpa()],
)
def test_what_an_hpa_scales_may_not_be_known(scaler: Json) -> None:
    orphan = replica_set(owner=None)
    found = surroundings(replicasets=listed(orphan), horizontalpodautoscalers=listed(scaler))
    assert [a.selector for a in found.autoscalers] == [None]


@pytest.mark.parametrize(
    "plural",
    [
        "replicasets",
        "daemonsets",
        "statefulsets",
        "jobs",
        "replicationcontrollers",
        "poddisruptionbudgets",
        "horizontalpodautoscalers",
        "networkpolicies",
    ],
)
def test_a_list_that_is_forbidden_is_named(plural: str) -> None:
    assert surroundings(pod(), **{plural: forbidden()}).unread == (Unread(plural, "Forbidden"),)


def test_an_api_that_is_missing_is_named() -> None:
    gone = ApiError("the server could not find the requested resource", 404, "NotFound")
    assert surroundings(pod(), poddisruptionbudgets=gone).unread == (
        Unread("poddisruptionbudgets", "NotFound"),
    )


def test_a_deployment_that_may_not_be_read_is_named_once() -> None:
    found = surroundings(
        replicasets=listed(replica_set()),
        horizontalpodautoscalers=listed(hpa(name="other")),
        deployments__web=forbidden(),
        deployments__other=forbidden(),
    )
    assert found.unread == (Unread("deployments", "Forbidden"),)


@pytest.mark.parametrize("plural", ["services", "replicasets"])
def test_a_server_that_fails_is_no_plan(plural: str) -> None:
    with pytest.raises(ApiError, match="broken"):
        surroundings(pod(), **{plural: ApiError("broken", 500, "InternalError")})
    with pytest.raises(ApiError):
        surroundings(pod(), services=forbidden())


OF_DEPLOYMENT = pod(
    labels={**WEB, "pod-template-hash": "7d4b9c"},
    owners=(Owner("ReplicaSet", "web-7d4b9c", True, "apps"),),
)
DEPLOYMENT = Owner("Deployment", "web", True, "apps")


def deployment(**spec: Any) -> Json:
    return item("web", selector={"matchLabels": WEB}, **spec)


def beside(source: Pod = OF_DEPLOYMENT, **answers: Json | ApiError) -> Surroundings:
    """What is read for a copy that joins nothing."""
    pages = Pages({key.replace("__", "/"): value for key, value in answers.items()})
    found = survey(Reads(pages), source, joining=False)
    assert {asked.partition("/")[0] for asked in pages.asked} <= {"deployments", "resourcequotas", "leases"}
    return found


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({}, Workload(DEPLOYMENT, 1)),
        ({"replicas": 3, "strategy": {"type": "RollingUpdate"}}, Workload(DEPLOYMENT, 3)),
        ({"replicas": 0, "strategy": {"type": "Recreate"}}, Workload(DEPLOYMENT, 0, recreate=True)),
        ({"selector": {"matchLabels": {"app": "other"}}}, None),
    ],
)
def test_how_many_a_deployment_wants(spec: Json, wanted: Workload | None) -> None:
    answer = deployment(**spec) if "selector" not in spec else item("web", **spec)
    assert beside(deployments__web=answer).workload == wanted
    assert surroundings(OF_DEPLOYMENT, deployments__web=answer).workload == wanted


def test_a_deployment_is_asked_for_once() -> None:
    of_pod = item("web-7d4b9c", ("apps/v1", "Deployment", "web"), selector={"matchLabels": HASHED})
    pages = Pages({"replicasets": listed(of_pod), "deployments/web": deployment()})
    assert survey(Reads(pages), OF_DEPLOYMENT).workload == Workload(DEPLOYMENT, 1)
    assert pages.asked.count("deployments/web") == 1


@pytest.mark.parametrize(
    "source",
    [
        pod(),
        OF_REPLICA_SET,
        pod(labels=HASHED, owners=(Owner("ReplicaSet", "web-7d4b9c", True, "example.com"),)),
        pod(labels=HASHED, owners=(Owner("StatefulSet", "web-7d4b9c", True, "apps"),)),
    ],
)
def test_pods_of_no_deployment(source: Pod) -> None:
    assert beside(source, deployments__web=deployment(), deployments__=deployment()).workload is None


def test_quotas_and_leases_are_read_for_every_copy() -> None:
    quota = {"metadata": {"name": "q"}, "status": {"hard": {"pods": "3"}, "used": {"pods": "2"}}}
    answers = {
        "resourcequotas": listed(quota),
        "leases": listed(item("lock", holderIdentity="web_1"), item("free")),
    }
    for found in (beside(OF_DEPLOYMENT, **answers), surroundings(OF_DEPLOYMENT, **answers)):
        assert found.quotas == (Quota("q", {"pods": "3"}, {"pods": "2"}),)
        assert found.leases == (Lease("lock", "web_1"), Lease("free", ""))


@pytest.mark.parametrize("asked", ["resourcequotas", "leases", "deployments__web"])
def test_what_only_says_more_may_be_forbidden(asked: str) -> None:
    """The review of rights says what is lost, so that it is not said twice."""
    assert beside(OF_DEPLOYMENT, **{asked: forbidden()}) == Surroundings()
    assert [u.plural for u in surroundings(OF_DEPLOYMENT, **{asked: forbidden()}).unread] == (
        ["deployments"] if "deployments" in asked else []
    )


@pytest.mark.parametrize("asked", ["resourcequotas", "leases", "deployments__web"])
def test_a_server_that_fails_is_no_plan_for_a_plain_copy(asked: str) -> None:
    with pytest.raises(ApiError, match="broken"):
        beside(OF_DEPLOYMENT, **{asked: ApiError("broken", 500, "InternalError")})
