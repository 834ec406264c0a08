"""What is refused or completed before an object is stored."""

from __future__ import annotations

from typing import Any

import pytest

from fakecluster.client import Api, eventually
from fakecluster.tests.contract.objects import MERGE, Json, pod, pods


def _refused(api: Api, path: str, body: Json) -> Json:
    answer = api("POST", path, body)
    assert answer.status >= 400, answer.body
    return dict(answer.body)


def _namespace(api: Api, namespace: str, level: str) -> None:
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": level}}}
    api("PATCH", f"/api/v1/namespaces/{namespace}", labels, MERGE)


def _secure(**changes: Any) -> Json:
    context = {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
        **changes,
    }
    return {"name": "app", "image": "nginx:1.27", "securityContext": context}


def test_a_pod_is_completed(api: Api, namespace: str) -> None:
    spec = api.create(pods(namespace), pod())["spec"]
    assert spec["serviceAccountName"] == spec["serviceAccount"] == "default"
    assert spec["volumes"][0]["name"].startswith("kube-api-access-")
    assert spec["containers"][0]["volumeMounts"][0]["name"] == spec["volumes"][0]["name"]
    assert [t["key"] for t in spec["tolerations"]] == [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ]
    assert (spec["restartPolicy"], spec["dnsPolicy"]) == ("Always", "ClusterFirst")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (pod("Upper"), 'metadata.name: Invalid value: "Upper"'),
        (pod("x" * 254), "must be no more than 253 characters"),
        (pod(containers=[]), "spec.containers: Required value"),
        (pod(containers=[{"name": "a"}]), "spec.containers[0].image: Required value"),
        (pod(containers=[{"name": "a", "image": "i"}] * 2), 'spec.containers[1].name: Duplicate value: "a"'),
        (pod(restartPolicy="Sometimes"), 'Unsupported value: "Sometimes"'),
        (pod(activeDeadlineSeconds=0), "spec.activeDeadlineSeconds: Invalid value: 0"),
        (pod(hostname="Not.Valid"), "spec.hostname: Invalid value"),
    ],
)
def test_an_invalid_pod_is_refused(api: Api, namespace: str, body: Json, said: str) -> None:
    status = _refused(api, pods(namespace), body)
    assert (status["code"], status["reason"]) == (422, "Invalid")
    assert said in status["message"]


@pytest.mark.parametrize(
    "change",
    [
        {"nodeName": "other"},
        {"containers": [{"name": "app", "image": "nginx:1.27", "command": ["x"]}]},
        {"activeDeadlineSeconds": 11},
        {"activeDeadlineSeconds": None},
        {"tolerations": []},
        {"containers": [{"name": "app", "image": "nginx:1.27"}, {"name": "new", "image": "i"}]},
    ],
)
def test_a_running_pod_is_immutable(api: Api, namespace: str, change: Json) -> None:
    api.create(pods(namespace), pod(activeDeadlineSeconds=10))
    assert api("PATCH", pods(namespace, "web"), {"spec": change}, MERGE).status == 422


def test_images_deadlines_and_tolerations_may_change(api: Api, namespace: str) -> None:
    made = api.create(pods(namespace), pod())
    containers = [{**made["spec"]["containers"][0], "image": "nginx:1.28"}]
    tolerations = [*made["spec"]["tolerations"], {"key": "x", "operator": "Exists"}]
    change = {"containers": containers, "activeDeadlineSeconds": 3600, "tolerations": tolerations}
    assert api("PATCH", pods(namespace, "web"), {"spec": change}, MERGE).status == 200


@pytest.mark.parametrize(
    ("level", "container", "said"),
    [
        ("baseline", _secure(privileged=True), "privileged"),
        ("baseline", _secure(capabilities={"add": ["NET_ADMIN"]}), "non-default capabilities"),
        ("restricted", _secure(allowPrivilegeEscalation=True), "allowPrivilegeEscalation != false"),
        ("restricted", _secure(runAsNonRoot=False), "runAsNonRoot != true"),
        ("restricted", _secure(runAsUser=0), "runAsUser=0"),
        ("restricted", _secure(seccompProfile={"type": "Unconfined"}), "seccompProfile"),
    ],
)
def test_pod_security(api: Api, namespace: str, level: str, container: Json, said: str) -> None:
    _namespace(api, namespace, level)
    status = _refused(api, pods(namespace), pod(containers=[container]))
    assert status["code"] == 403
    assert f'violates PodSecurity "{level}:latest": {said}' in status["message"]
    api.create(pods(namespace), pod(containers=[_secure()]))


def test_host_access_is_not_baseline(api: Api, namespace: str) -> None:
    _namespace(api, namespace, "baseline")
    volumes = [{"name": "h", "hostPath": {"path": "/"}}]
    status = _refused(api, pods(namespace), pod(hostNetwork=True, volumes=volumes))
    assert "host namespaces (hostNetwork=true)" in status["message"]
    assert 'hostPath volumes (volume "h")' in status["message"]


def test_a_quota_counts_pods_and_sums_requests(api: Api, namespace: str) -> None:
    hard = {"pods": "2", "requests.cpu": "300m"}
    path = f"/api/v1/namespaces/{namespace}/resourcequotas"
    api.create(path, {"metadata": {"name": "q"}, "spec": {"hard": hard}})

    def asking(name: str, cpu: str) -> Json:
        container = {"name": "app", "image": "i", "resources": {"requests": {"cpu": cpu}}}
        return pod(name, containers=[container])

    assert "must specify requests.cpu for: app" in _refused(api, pods(namespace), pod())["message"]
    api.create(pods(namespace), asking("a", "200m"))
    status = _refused(api, pods(namespace), asking("b", "200m"))
    assert "exceeded quota: q, requested: requests.cpu=200m, used: requests.cpu=200m" in status["message"]
    api.create(pods(namespace), asking("b", "100m"))
    counted = {"pods": "2", "requests.cpu": "300m"}
    assert eventually(lambda: api.get(f"{path}/q")["status"] == {"hard": hard, "used": counted})
    assert "limited: pods=2" in _refused(api, pods(namespace), asking("c", "0"))["message"]


def test_a_name_is_generated_and_taken_once(api: Api, namespace: str) -> None:
    generated = pod()
    generated["metadata"] = {"generateName": "web-"}
    assert api.create(pods(namespace), generated)["metadata"]["name"].startswith("web-")
    api.create(pods(namespace), pod())
    status = _refused(api, pods(namespace), pod())
    assert (status["reason"], status["message"]) == ("AlreadyExists", 'pods "web" already exists')


def test_a_namespace_that_ends_takes_nothing_new(api: Api) -> None:
    api.create("/api/v1/namespaces", {"metadata": {"name": "ending"}})
    api.create(pods("ending"), pod(terminationGracePeriodSeconds=30))
    assert eventually(lambda: api.get(pods("ending", "web"))["status"]["phase"] == "Running")
    assert api("DELETE", "/api/v1/namespaces/ending").body["status"]["phase"] == "Terminating"
    assert eventually(lambda: api("GET", "/api/v1/namespaces/ending").status == 404)
    assert _refused(api, pods("ending"), pod())["message"] == 'namespaces "ending" not found'


def test_an_object_with_a_finalizer_waits_for_it(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    api.create(path, {"metadata": {"name": "c", "finalizers": ["example.com/wait"]}})
    api("DELETE", f"{path}/c")
    assert "deletionTimestamp" in api.get(f"{path}/c")["metadata"]
    api("PATCH", f"{path}/c", {"metadata": {"finalizers": None}}, MERGE)
    assert api("GET", f"{path}/c").status == 404


def test_an_eviction_asks_the_budget(api: Api, namespace: str) -> None:
    api.create(pods(namespace), pod())
    assert eventually(lambda: api.get(pods(namespace, "web"))["status"]["phase"] == "Running")
    budgets = f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets"
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    api.create(budgets, {"metadata": {"name": "b"}, "spec": spec})
    assert eventually(lambda: api.get(f"{budgets}/b")["status"].get("expectedPods") == 1)
    assert api.get(f"{budgets}/b")["status"]["disruptionsAllowed"] == 0
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web"}}
    answer = api("POST", f"{pods(namespace, 'web')}/eviction", eviction)
    assert (answer.status, answer.body["details"]["causes"][0]["reason"]) == (429, "DisruptionBudget")
    api("PATCH", f"{budgets}/b", {"spec": {"minAvailable": 0}}, MERGE)
    assert api("POST", f"{pods(namespace, 'web')}/eviction", eviction).status == 201
    assert eventually(lambda: api("GET", pods(namespace, "web")).status == 404)


@pytest.mark.parametrize("policy", ["Foreground", "Orphan", "Background"])
def test_a_pod_that_owns_itself_can_be_deleted(api: Api, namespace: str, policy: str) -> None:
    uid = api.create(pods(namespace), pod())["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "web", "uid": uid, "controller": True}
    api("PATCH", pods(namespace, "web"), {"metadata": {"ownerReferences": [owner]}}, MERGE)
    answer = api("DELETE", pods(namespace, "web"), {"propagationPolicy": policy})
    assert answer.status == 200, answer.body
    assert eventually(lambda: api("GET", pods(namespace, "web")).status == 404)


def test_a_joined_copy_makes_a_budget_allow_more(api: Api, namespace: str) -> None:
    """Two replicas, of which one may be missing: with a third pod, which no controller wants, two may."""
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": pod()["spec"]}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    api.create(
        f"/apis/apps/v1/namespaces/{namespace}/deployments", {"metadata": {"name": "web"}, "spec": spec}
    )
    budgets = f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets"
    budget = {"maxUnavailable": 1, "selector": {"matchLabels": labels}}
    api.create(budgets, {"metadata": {"name": "b"}, "spec": budget})

    def allows(number: int) -> bool:
        return bool(api.get(f"{budgets}/b")["status"].get("disruptionsAllowed") == number)

    assert eventually(lambda: allows(1))
    copy = pod("copy")
    # The Deployment's ReplicaSet selects its pods by one label more, so that it does not adopt this one.
    api.create(pods(namespace), copy)
    assert eventually(lambda: allows(2))
    events = api.get(f"/api/v1/namespaces/{namespace}/events")["items"]
    assert [e["involvedObject"]["name"] for e in events if e["reason"] == "UnmanagedPods"] == ["b"]
