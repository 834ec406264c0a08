"""The resources the fake cluster serves: their names, scopes, verbs and subresources.

Everything that has to know "is there such a resource" asks here: routing, discovery, RBAC, the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: A Kubernetes object as JSON.
Object = dict[str, Any]

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
STATUS_VERBS = ("get", "patch", "update")


@dataclass(frozen=True)
class Subresource:
    """A subresource as discovery shows it; group and version are empty when they are the parent's."""

    name: str
    kind: str
    verbs: tuple[str, ...] = STATUS_VERBS
    group: str = ""
    version: str = ""


@dataclass(frozen=True)
class Kind:
    """One served resource. `has_generation`: metadata.generation counts changes of anything but metadata and status."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: tuple[Subresource, ...] = field(default=(), hash=False)
    has_generation: bool = False

    @property
    def singular(self) -> str:
        return self.kind.lower()

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """`deployments.apps`, as messages about conflicts and refusals name a resource."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def subresource(self, name: str) -> Subresource | None:
        return next((s for s in self.subresources if s.name == name), None)


_ALL = ("all",)
_REVIEW = ("create",)


def _status(kind: str) -> Subresource:
    return Subresource("status", kind)


def _scale() -> Subresource:
    return Subresource("scale", "Scale", group="autoscaling", version="v1")


PODS = Kind(
    "",
    "v1",
    "pods",
    "Pod",
    short_names=("po",),
    categories=_ALL,
    has_generation=True,
    subresources=(
        Subresource("attach", "PodAttachOptions", ("create", "get")),
        Subresource("binding", "Binding", ("create",)),
        Subresource("ephemeralcontainers", "Pod"),
        Subresource("eviction", "Eviction", ("create",), "policy", "v1"),
        Subresource("exec", "PodExecOptions", ("create", "get")),
        Subresource("log", "Pod", ("get",)),
        _status("Pod"),
    ),
)
SERVICES = Kind(
    "", "v1", "services", "Service", short_names=("svc",), categories=_ALL, subresources=(_status("Service"),)
)
ENDPOINTS = Kind("", "v1", "endpoints", "Endpoints", short_names=("ep",))
EVENTS = Kind("", "v1", "events", "Event", short_names=("ev",))
NAMESPACES = Kind(
    "",
    "v1",
    "namespaces",
    "Namespace",
    namespaced=False,
    short_names=("ns",),
    verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
    subresources=(_status("Namespace"),),
)
NODES = Kind(
    "", "v1", "nodes", "Node", namespaced=False, short_names=("no",), subresources=(_status("Node"),)
)
CONFIGMAPS = Kind("", "v1", "configmaps", "ConfigMap", short_names=("cm",))
SECRETS = Kind("", "v1", "secrets", "Secret")
SERVICEACCOUNTS = Kind(
    "",
    "v1",
    "serviceaccounts",
    "ServiceAccount",
    short_names=("sa",),
    subresources=(Subresource("token", "TokenRequest", ("create",), "authentication.k8s.io", "v1"),),
)
PERSISTENTVOLUMECLAIMS = Kind(
    "",
    "v1",
    "persistentvolumeclaims",
    "PersistentVolumeClaim",
    short_names=("pvc",),
    subresources=(_status("PersistentVolumeClaim"),),
)
REPLICATIONCONTROLLERS = Kind(
    "",
    "v1",
    "replicationcontrollers",
    "ReplicationController",
    short_names=("rc",),
    categories=_ALL,
    has_generation=True,
    subresources=(_scale(), _status("ReplicationController")),
)
RESOURCEQUOTAS = Kind(
    "",
    "v1",
    "resourcequotas",
    "ResourceQuota",
    short_names=("quota",),
    subresources=(_status("ResourceQuota"),),
)
LIMITRANGES = Kind("", "v1", "limitranges", "LimitRange", short_names=("limits",))


def _workload(plural: str, kind: str, short: str, *extra: Subresource) -> Kind:
    return Kind(
        "apps",
        "v1",
        plural,
        kind,
        short_names=(short,),
        categories=_ALL,
        has_generation=True,
        subresources=(*extra, _status(kind)),
    )


DEPLOYMENTS = _workload("deployments", "Deployment", "deploy", _scale())
REPLICASETS = _workload("replicasets", "ReplicaSet", "rs", _scale())
STATEFULSETS = _workload("statefulsets", "StatefulSet", "sts", _scale())
DAEMONSETS = _workload("daemonsets", "DaemonSet", "ds")
CONTROLLERREVISIONS = Kind("apps", "v1", "controllerrevisions", "ControllerRevision")
JOBS = Kind(
    "batch", "v1", "jobs", "Job", categories=_ALL, has_generation=True, subresources=(_status("Job"),)
)
CRONJOBS = Kind(
    "batch",
    "v1",
    "cronjobs",
    "CronJob",
    short_names=("cj",),
    categories=_ALL,
    has_generation=True,
    subresources=(_status("CronJob"),),
)
ENDPOINTSLICES = Kind("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", has_generation=True)
PODDISRUPTIONBUDGETS = Kind(
    "policy",
    "v1",
    "poddisruptionbudgets",
    "PodDisruptionBudget",
    short_names=("pdb",),
    has_generation=True,
    subresources=(_status("PodDisruptionBudget"),),
)
HORIZONTALPODAUTOSCALERS = Kind(
    "autoscaling",
    "v2",
    "horizontalpodautoscalers",
    "HorizontalPodAutoscaler",
    short_names=("hpa",),
    categories=_ALL,
    subresources=(_status("HorizontalPodAutoscaler"),),
)
NETWORKPOLICIES = Kind(
    "networking.k8s.io",
    "v1",
    "networkpolicies",
    "NetworkPolicy",
    short_names=("netpol",),
    has_generation=True,
)
_RBAC = "rbac.authorization.k8s.io"
ROLES = Kind(_RBAC, "v1", "roles", "Role")
ROLEBINDINGS = Kind(_RBAC, "v1", "rolebindings", "RoleBinding")
CLUSTERROLES = Kind(_RBAC, "v1", "clusterroles", "ClusterRole", namespaced=False)
CLUSTERROLEBINDINGS = Kind(_RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False)
PRIORITYCLASSES = Kind(
    "scheduling.k8s.io",
    "v1",
    "priorityclasses",
    "PriorityClass",
    namespaced=False,
    short_names=("pc",),
    has_generation=True,
)
LEASES = Kind("coordination.k8s.io", "v1", "leases", "Lease")


def _review(group: str, plural: str, kind: str) -> Kind:
    return Kind(group, "v1", plural, kind, namespaced=False, verbs=_REVIEW)


SELFSUBJECTACCESSREVIEWS = _review(
    "authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"
)
SELFSUBJECTRULESREVIEWS = _review("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview")
SELFSUBJECTREVIEWS = _review("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview")

#: (group, version, plural) -> Kind, in the order discovery lists them.
KINDS: Mapping[tuple[str, str, str], Kind] = {
    (value.group, value.version, value.plural): value
    for value in list(globals().values())
    if isinstance(value, Kind)
}


def of(api_version: str, kind: str) -> Kind | None:
    """The served resource that an object or an ownerReference with these two fields belongs to."""
    return next((k for k in KINDS.values() if k.kind == kind and k.api_version == api_version), None)
