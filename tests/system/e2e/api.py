"""The tests' own eyes and hands in one namespace: plain JSON to and from any API server, by its kubeconfig.

Not the program's own client: what is checked must not be read by what is under test.
"""

import json
import threading
from pathlib import Path
from typing import Any, cast

from kubernetes import config

from tests.waiting import until

Json = dict[str, Any]
# `kubernetes` gives a second thread the name of the file with the CA before the first has written it.
_ONE_AT_A_TIME = threading.Lock()
#: The labels that a node gives to the pods on it.
TOPOLOGY = "topology.kubernetes.io/"
PATHS = {
    "Namespace": "/api/v1/namespaces",
    "Node": "/api/v1/nodes",
    "Pod": "/api/v1/namespaces/{}/pods",
    "Service": "/api/v1/namespaces/{}/services",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "ResourceQuota": "/api/v1/namespaces/{}/resourcequotas",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "ReplicaSet": "/apis/apps/v1/namespaces/{}/replicasets",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "PersistentVolumeClaim": "/api/v1/namespaces/{}/persistentvolumeclaims",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "EndpointSlice": "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices",
    "Lease": "/apis/coordination.k8s.io/v1/namespaces/{}/leases",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
}


class Refused(Exception):
    """The API server said no: `code` is the HTTP status."""

    def __init__(self, code: int, body: str) -> None:
        super().__init__(f"{code}: {body}")
        self.code = code


class Api:
    """One API server and one namespace of it."""

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        self.kubeconfig = kubeconfig
        self.namespace = namespace
        with _ONE_AT_A_TIME:
            self._client: Any = config.new_client_from_config(str(kubeconfig))

    def get(self, kind: str, name: str) -> Json | None:
        """The object, or None where there is none."""
        try:
            return self._request("GET", f"{self._path(kind)}/{name}")
        except Refused as refused:
            if refused.code == 404:
                return None
            raise

    def objects(self, kind: str) -> list[Json]:
        return cast(list[Json], self._request("GET", self._path(kind))["items"])

    def create(self, manifest: Json) -> Json:
        return self._request("POST", self._path(manifest["kind"]), manifest)

    def patch(self, kind: str, name: str, change: Json) -> Json:
        """A merge patch."""
        return self._request("PATCH", f"{self._path(kind)}/{name}", change, "application/merge-patch+json")

    def delete(self, kind: str, name: str, propagation: str = "Background") -> None:
        """Gone already is fine."""
        try:
            self._request("DELETE", f"{self._path(kind)}/{name}", {"propagationPolicy": propagation})
        except Refused as refused:
            if refused.code != 404:
                raise

    def post(self, kind: str, name: str, subresource: str, body: Json) -> Json:
        return self._request("POST", f"{self._path(kind)}/{name}/{subresource}", body)

    def pod(self, name: str) -> Json | None:
        return self.get("Pod", name)

    def gone(self, name: str) -> bool:
        """Whether there is no such pod. One that is being deleted is waited for: its kubelet has its grace period."""
        until(lambda: not _is_ending(self.pod(name)), f"the end of {name}")
        return self.pod(name) is None

    def ready_pods(self, **labels: str) -> list[Json]:
        """The Ready pods with these labels that nobody deletes."""
        return [
            pod
            for pod in self.objects("Pod")
            if labels.items() <= labels_of(pod).items()
            and is_ready(pod)
            and "deletionTimestamp" not in pod["metadata"]
        ]

    def holders(self, uid: str) -> set[str]:
        """The Services that have this pod in an EndpointSlice, ready or not."""
        return {
            item["metadata"]["labels"]["kubernetes.io/service-name"]
            for item in self.objects("EndpointSlice")
            for endpoint in item["endpoints"] or []
            if endpoint["targetRef"]["uid"] == uid
        }

    def members(self, service: str) -> set[str]:
        """The names of the pods that are ready endpoints of this Service."""
        return {
            endpoint["targetRef"]["name"]
            for item in self.objects("EndpointSlice")
            if item["metadata"]["labels"]["kubernetes.io/service-name"] == service
            for endpoint in item["endpoints"] or []
            if endpoint["conditions"]["ready"]
        }

    def _path(self, kind: str) -> str:
        return PATHS[kind].format(self.namespace)

    def _request(
        self, method: str, path: str, body: object = None, content_type: str = "application/json"
    ) -> Json:
        headers: dict[str, str] = {"Content-Type": content_type}
        self._client.update_params_for_auth(headers, [], ["BearerToken"])
        response = self._client.rest_client.pool_manager.request(
            method,
            self._client.configuration.host + path,
            body=None if body is None else json.dumps(body),
            headers=headers,
            timeout=30,
        )
        if response.status >= 300:
            raise Refused(response.status, response.data.decode())
        return cast(Json, json.loads(response.data))


def _is_ending(pod: Json | None) -> bool:
    return pod is not None and "deletionTimestamp" in pod["metadata"]


def labels_of(item: Json) -> dict[str, str]:
    """Without those of its node, which a pod has from its binding on (Kubernetes 1.35 and later)."""
    labels: dict[str, str] = item["metadata"].get("labels") or {}
    return {key: value for key, value in labels.items() if not key.startswith(TOPOLOGY)}


def annotations_of(item: Json) -> dict[str, str]:
    return item["metadata"].get("annotations") or {}


def owners_of(item: Json) -> list[Json]:
    return item["metadata"].get("ownerReferences") or []


def is_ready(pod: Json) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
