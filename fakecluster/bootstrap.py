"""What a fresh cluster holds: namespaces, the roles every user has, the nodes' own namespace objects."""

from __future__ import annotations

from fakecluster import kinds, priority
from fakecluster.kinds import Kind, Object
from fakecluster.statuses import ApiError
from fakecluster.store import Store
from fakecluster.users import AUTHENTICATED

NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_REVIEWS = ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]
_READ = ["get", "list", "watch"]
_PATHS = [
    "/api",
    "/api/*",
    "/apis",
    "/apis/*",
    "/healthz",
    "/livez",
    "/openapi",
    "/openapi/*",
    "/readyz",
    "/version",
    "/version/",
]
_ROLES: dict[str, list[Object]] = {
    "cluster-admin": [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ],
    "view": [{"apiGroups": ["", "apps", "batch", "discovery.k8s.io"], "resources": ["*"], "verbs": _READ}],
    "edit": [{"apiGroups": ["", "apps", "batch", "discovery.k8s.io"], "resources": ["*"], "verbs": ["*"]}],
    "system:basic-user": [
        {"apiGroups": ["authorization.k8s.io"], "resources": _REVIEWS, "verbs": ["create"]},
        {"apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"], "verbs": ["create"]},
    ],
    "system:discovery": [{"nonResourceURLs": _PATHS, "verbs": ["get"]}],
}


def populate(store: Store) -> None:
    """Fills an empty store."""
    for namespace in NAMESPACES:
        store.create(kinds.NAMESPACES, "", {"metadata": {"name": namespace}})
        namespace_content(store, namespace)
    for name, value in priority.SYSTEM_CLASSES.items():
        store.create(kinds.PRIORITYCLASSES, "", {"metadata": {"name": name}, "value": value})
    for name, rules in _ROLES.items():
        store.create(kinds.CLUSTERROLES, "", {"metadata": {"name": name}, "rules": rules})
        if name.startswith("system:"):
            store.create(kinds.CLUSTERROLEBINDINGS, "", _for_everybody(name))


def namespace_content(store: Store, namespace: str) -> None:
    """What controllers put into every namespace; nothing happens where it is already."""
    _ensure(store, kinds.SERVICEACCOUNTS, namespace, {"metadata": {"name": "default"}})
    ca = {"metadata": {"name": "kube-root-ca.crt"}, "data": {"ca.crt": ""}}
    _ensure(store, kinds.CONFIGMAPS, namespace, ca)


def _ensure(store: Store, kind: Kind, namespace: str, obj: Object) -> None:
    try:
        store.create(kind, namespace, obj)
    except ApiError as error:
        if error.reason not in ("AlreadyExists", "Forbidden", "NotFound"):
            raise


def _for_everybody(role: str) -> Object:
    api_group = kinds.CLUSTERROLES.group
    return {
        "metadata": {"name": role},
        "subjects": [{"kind": "Group", "apiGroup": api_group, "name": AUTHENTICATED}],
        "roleRef": {"apiGroup": api_group, "kind": "ClusterRole", "name": role},
    }
