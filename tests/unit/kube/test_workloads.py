"""Which pods a workload, a Service or labels select: running, its own, the newest ready one first."""

from typing import Any

import pytest

from kubectl_netshoot.errors import ApiError, NetshootError, NotThereError, UsageError
from kubectl_netshoot.kube.api import Api, Fetch
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.kube.workloads import pods_of, query
from kubectl_netshoot.model import CONTAINER, ENV_MARK, Requirement, Selector
from kubectl_netshoot.rules.targets import AnyTarget, TargetLabels, TargetName, parse_target
from tests.unit.builders import SESSION
from tests.unit.kube.apiserver import Answer, ApiServer, Asked, failure
from tests.unit.kube.pods import DEPLOYMENT, pod, selectors, serve, terminating

Json = dict[str, Any]
WEB = TargetName("deploy", "web")
SERVICE = {"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}}}


@pytest.fixture
def reads(api: Api) -> Reads:
    return Reads(Fetch(api, "shop", lambda _: None))


def names(reads: Reads, target: AnyTarget) -> list[str]:
    return [found.name for found in pods_of(reads, target)]


def test_the_newest_ready_pod_is_the_first(reads: Reads, server: ApiServer) -> None:
    serve(
        server,
        DEPLOYMENT,
        pod("old", 1),
        pod("new", 3),
        pod("newest-unready", 4, ready=False),
        pod("middle", 2),
    )
    assert names(reads, WEB) == ["new", "middle", "old", "newest-unready"]
    assert selectors(server) == ["app=web"]
    assert server.asked[0].path == "/apis/apps/v1/namespaces/shop/deployments/web"


def test_only_pods_of_its_own_that_run(reads: Reads, server: ApiServer) -> None:
    stranger, by_hand = pod("of-a-job", 1, "Job/once"), pod("by-hand", 2, "")
    ended = pod("ended", 3, status={"phase": "Succeeded"})
    ours = pod("ours", 5)
    ours["spec"] = {"containers": [{"name": CONTAINER, "env": [{"name": ENV_MARK, "value": SESSION}]}]}
    ours["metadata"]["annotations"] = {"kubectl-netshoot/session": SESSION}
    ending = terminating(pod("ending", 4))
    serve(server, DEPLOYMENT, stranger, by_hand, ended, ending, ours, pod("web-1", 6))
    assert names(reads, WEB) == ["web-1"]


@pytest.mark.parametrize(
    ("target", "owner"), [("rs/web", "ReplicaSet"), ("sts/web", "StatefulSet"), ("job/web", "Job")]
)
def test_another_with_the_same_labels_is_not_it(
    reads: Reads, server: ApiServer, target: str, owner: str
) -> None:
    serve(server, DEPLOYMENT, pod("other", 2, f"{owner}/web-2"), pod("own", 1, f"{owner}/web"))
    assert names(reads, parse_target(target)) == ["own"]


def test_a_service_takes_whatever_it_selects(reads: Reads, server: ApiServer) -> None:
    serve(server, SERVICE, pod("by-hand", 1, ""), pod("of-a-set", 2, "StatefulSet/db"))
    assert names(reads, TargetName("svc", "web")) == ["of-a-set", "by-hand"]
    assert selectors(server) == ["app=web"]


@pytest.mark.parametrize("selector", ["app=web", "app in (a, b),!old", ""])
def test_labels_go_to_the_server_as_they_are(reads: Reads, server: ApiServer, selector: str) -> None:
    serve(server, {}, pod("by-hand", 1, ""), pod("of-a-set", 2, "StatefulSet/db"))
    assert names(reads, TargetLabels(selector)) == ["of-a-set", "by-hand"]
    assert selectors(server) == [selector]


def test_labels_that_are_none_are_bad_input(reads: Reads, server: ApiServer) -> None:
    server.answers = [failure(400, "BadRequest", "unable to parse requirement: found ':'")]
    with pytest.raises(UsageError, match="is not a label selector: unable to parse requirement: found ':'"):
        pods_of(reads, TargetLabels("app:web"))


def job(name: str, owner: str, **status: Any) -> Json:
    return {"metadata": {"name": name, "ownerReferences": [{"uid": owner}]}, "status": status}


NIGHTLY = {"metadata": {"name": "nightly", "uid": "uid-nightly"}}
COMPLETE = [{"type": "Complete", "status": "True"}]
NOT_FAILED = [{"type": "Failed", "status": "False"}]


def test_a_cronjob_stands_for_the_pods_of_its_jobs_that_are_not_over(reads: Reads, server: ApiServer) -> None:
    jobs = (
        job("nightly-1", "uid-nightly", conditions=COMPLETE),
        job("nightly-2", "uid-nightly", conditions=NOT_FAILED),
        job("nightly-3", "uid-nightly"),
        job("other-1", "uid-other"),
        {"metadata": {"name": "by-hand"}},
    )
    pods = [pod(f"pod-{name}", day, f"Job/{name}") for day, name in enumerate(("nightly-1", "nightly-3"), 1)]
    serve(server, NIGHTLY, *pods, jobs=jobs)
    assert names(reads, TargetName("cronjob", "nightly")) == ["pod-nightly-3"]
    assert selectors(server) == ["", "batch.kubernetes.io/job-name in (nightly-2,nightly-3)"]


def test_a_cronjob_without_a_job(reads: Reads, server: ApiServer) -> None:
    serve(server, NIGHTLY, jobs=(job("nightly-1", "uid-nightly", conditions=COMPLETE),))
    with pytest.raises(NetshootError, match="cronjob/nightly has no running job") as error:
        pods_of(reads, TargetName("cronjob", "nightly"))
    assert "kubectl create job nightly-now --from=cronjob/nightly -n shop" in error.value.hint


@pytest.mark.parametrize("spec", [{}, {"type": "ExternalName", "selector": {"app": "web"}}])
def test_a_service_without_pods_of_its_own(reads: Reads, server: ApiServer, spec: Json) -> None:
    serve(server, {"metadata": {"name": "web"}, "spec": spec})
    with pytest.raises(NetshootError, match="svc/web has no selector"):
        pods_of(reads, TargetName("svc", "web"))


def test_none_that_runs_is_told_with_the_states_and_the_next_command(reads: Reads, server: ApiServer) -> None:
    pending = [pod(f"new-{n}", n, status={"phase": "Pending"}) for n in (1, 2)]
    serve(server, DEPLOYMENT, *pending, terminating(pod("old", 3)))
    with pytest.raises(NetshootError) as error:
        pods_of(reads, WEB)
    assert error.value.message == "no pod of deploy/web runs (2 Pending, 1 Terminating)"
    assert error.value.hint == "try: kubectl get pods -n shop -l app=web"


@pytest.mark.parametrize(
    ("selector", "says", "command"),
    [
        ("a in (b)", "no pod with a in (b) in namespace shop", "try: kubectl get pods -n shop --show-labels"),
        ("", "no pod in namespace shop", "try: kubectl get pods -n shop"),
    ],
)
def test_none_at_all(reads: Reads, server: ApiServer, selector: str, says: str, command: str) -> None:
    serve(server, {})
    with pytest.raises(NetshootError) as error:
        pods_of(reads, TargetLabels(selector))
    assert (error.value.message, error.value.hint) == (says, command)


def test_labels_that_nearly_match_are_shown(reads: Reads, server: ApiServer) -> None:
    near = pod("near", 1, "")
    near["metadata"]["labels"] = {"app": "wbe"}
    serve(server, SERVICE, near, pod("other", 2, ""))
    decide = server.decide

    def select(asked: Asked) -> Answer:
        return Answer({"items": []}) if "labelSelector=app" in asked.path else decide(asked)

    server.decide = select
    with pytest.raises(NetshootError) as error:
        pods_of(reads, TargetName("svc", "web"))
    assert error.value.message == "svc/web selects no pod in namespace shop: none has app=web"
    assert error.value.hint == "pod near has app=wbe, not web\ntry: kubectl get pods -n shop --show-labels"


def test_no_such_workload(reads: Reads, server: ApiServer) -> None:
    server.answers = [failure(404, "NotFound")]
    with pytest.raises(NotThereError):
        pods_of(reads, WEB)


@pytest.mark.parametrize("target", [WEB, TargetLabels("app=web")])
def test_one_that_may_not_be_read(reads: Reads, server: ApiServer, target: AnyTarget) -> None:
    server.answers = [failure(403, "Forbidden")]
    with pytest.raises(ApiError):
        pods_of(reads, target)


def test_every_form_of_a_selector() -> None:
    selector = Selector(
        {"app": "web", "tier": "front"},
        (
            Requirement("a", "In", ("1", "2")),
            Requirement("b", "NotIn", ("3",)),
            Requirement("c", "Exists"),
            Requirement("d", "DoesNotExist"),
        ),
    )
    assert query(selector) == "app=web,tier=front,a in (1,2),b notin (3),c,!d"
