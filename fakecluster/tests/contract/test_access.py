"""Who may do what: tokens, roles, reviews and impersonation agree with each other."""

from __future__ import annotations

import pytest

from fakecluster.client import Api
from fakecluster.handle import ClusterProcess
from fakecluster.tests.contract.objects import pod, pods

_READER = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@pytest.fixture
def reader(cluster: ClusterProcess, namespace: str) -> Api:
    """May get and list the namespace's pods, nothing else."""
    return Api(cluster.user(f"reader-{namespace}", namespace=namespace, rules=_READER))


def test_a_wrong_token_is_nobody(api: Api, namespace: str) -> None:
    answer = api("GET", pods(namespace), Authorization="Bearer wrong")
    assert (answer.status, answer.body["message"]) == (401, "Unauthorized")


@pytest.mark.parametrize(
    ("verb", "resource", "subresource", "method", "suffix"),
    [
        ("list", "pods", "", "GET", "pods"),
        ("get", "pods", "", "GET", "pods/web"),
        ("delete", "pods", "", "DELETE", "pods/web"),
        ("create", "pods", "", "POST", "pods"),
        ("get", "pods", "log", "GET", "pods/web/log"),
        ("create", "pods", "eviction", "POST", "pods/web/eviction"),
        ("list", "services", "", "GET", "services"),
        ("watch", "pods", "", "GET", "pods?watch=1&timeoutSeconds=1"),
    ],
)
def test_the_review_agrees_with_what_is_then_refused(
    reader: Api,
    api: Api,
    namespace: str,
    verb: str,
    resource: str,
    subresource: str,
    method: str,
    suffix: str,
) -> None:
    api.create(pods(namespace), pod())
    attributes = {"namespace": namespace, "verb": verb, "resource": resource, "subresource": subresource}
    allowed = reader.create(_REVIEW, {"spec": {"resourceAttributes": attributes}})["status"]["allowed"]
    answer = reader(method, f"/api/v1/namespaces/{namespace}/{suffix}", {} if method == "POST" else None)
    assert allowed == (answer.status != 403)
    if not allowed:
        whole = f"{resource}/{subresource}" if subresource else resource
        assert f'cannot {verb} resource "{whole}" in API group "" in the namespace' in answer.body["message"]


def test_a_role_ends_at_its_namespace(reader: Api) -> None:
    assert reader("GET", pods("default")).status == 403
    assert "at the cluster scope" in reader("GET", "/api/v1/pods").body["message"]


def test_rules_and_identity_can_be_asked(reader: Api, namespace: str) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    rules = reader.create(path, {"spec": {"namespace": namespace}})["status"]["resourceRules"]
    assert _READER[0] in rules
    who = reader.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", {})["status"]["userInfo"]
    assert who == {"username": f"reader-{namespace}", "groups": ["system:authenticated"]}


def test_impersonation(api: Api, reader: Api, namespace: str) -> None:
    as_reader = {"Impersonate_User": f"reader-{namespace}"}
    assert api("GET", pods(namespace), **as_reader).status == 200
    assert api("DELETE", pods(namespace, "web"), **as_reader).status == 403
    refused = reader("GET", pods(namespace), Impersonate_User="admin")
    assert refused.status == 403
    assert 'cannot impersonate resource "users"' in refused.body["message"]


def test_only_the_admin_controls(reader: Api) -> None:
    assert reader("GET", "/_control/requests").status == 403
