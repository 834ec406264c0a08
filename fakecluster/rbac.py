"""RBAC: may this user do that. Enforcement and the access reviews ask the same function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fakecluster import kinds
from fakecluster.kinds import Object
from fakecluster.statuses import ApiError, details_of
from fakecluster.store import Store
from fakecluster.targets import Target
from fakecluster.users import User


@dataclass(frozen=True)
class Attributes:
    """What is to be done: a resource request, or a path (then `resource` is empty)."""

    verb: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @classmethod
    def of(cls, target: Target) -> Attributes:
        namespace = target.namespace
        return cls(target.verb, target.kind.group, target.resource, namespace, target.name)


def allowed(store: Store, user: User, wanted: Attributes) -> bool:
    return user.is_master or any(_grants(rule, wanted) for rule in rules_of(store, user, wanted.namespace))


def rules_of(store: Store, user: User, namespace: str) -> Iterator[Object]:
    """All rules that hold for a user in a namespace (cluster-wide ones included)."""
    for binding in store.list(kinds.CLUSTERROLEBINDINGS)[0]:
        if _binds(binding, user):
            yield from _rules(store, binding["roleRef"], "")
    if namespace:
        for binding in store.list(kinds.ROLEBINDINGS, namespace)[0]:
            if _binds(binding, user):
                yield from _rules(store, binding["roleRef"], namespace)


def refusal(user: User, target: Target) -> ApiError:
    """The 403 for a resource request."""
    where = f'in the namespace "{target.namespace}"' if target.namespace else "at the cluster scope"
    why = (
        f'User "{user.name}" cannot {target.verb} resource "{target.resource}" in API group '
        f'"{target.kind.group}" {where}'
    )
    return ApiError.forbidden(target.kind, target.name, why)


def path_refusal(user: User, verb: str, path: str) -> ApiError:
    """The 403 for anything else."""
    return ApiError(403, "Forbidden", f'forbidden: User "{user.name}" cannot {verb} path "{path}"', {})


def impersonation_refusal(user: User, resource: str, name: str) -> ApiError:
    """The 403 for a user who may not act as that user, group or uid."""
    why = f'User "{user.name}" cannot impersonate resource "{resource}" in API group "" at the cluster scope'
    users = kinds.Kind("", "v1", resource, resource)
    return ApiError(403, "Forbidden", f'{resource} "{name}" is forbidden: {why}', details_of(users, name))


def check_impersonation(store: Store, user: User, wanted: User) -> None:
    """Raises ApiError 403."""
    asked = [
        ("users", wanted.name),
        *(("groups", group) for group in wanted.groups if group[:7] != "system:"),
    ]
    asked += [("uids", wanted.uid)] if wanted.uid else []
    for resource, name in asked:
        group = "authentication.k8s.io" if resource == "uids" else ""
        if not allowed(store, user, Attributes("impersonate", group, resource, name=name)):
            raise impersonation_refusal(user, resource, name)


def _binds(binding: Object, user: User) -> bool:
    for subject in binding.get("subjects") or ():
        name = subject["name"]
        if subject["kind"] == "ServiceAccount":
            name = f"system:serviceaccount:{subject.get('namespace', '')}:{name}"
        if name in ((user.groups) if subject["kind"] == "Group" else (user.name,)):
            return True
    return False


def _rules(store: Store, ref: Object, namespace: str) -> list[Object]:
    kind = kinds.CLUSTERROLES if ref["kind"] == "ClusterRole" else kinds.ROLES
    role = store.find(kind, namespace, ref["name"])
    return list(role.get("rules") or ()) if role else []


def _grants(rule: Object, wanted: Attributes) -> bool:
    if wanted.verb not in rule["verbs"] and "*" not in rule["verbs"]:
        return False
    if not wanted.resource:
        return any(_path_matches(url, wanted.path) for url in rule.get("nonResourceURLs") or ())
    groups, resources = rule.get("apiGroups") or (), rule.get("resources") or ()
    names = rule.get("resourceNames") or ()
    _, _, subresource = wanted.resource.partition("/")
    matching = {"*", wanted.resource, f"*/{subresource}"}
    return (
        (wanted.group in groups or "*" in groups)
        and any(resource in matching for resource in resources)
        and (not names or wanted.name in names)
    )


def _path_matches(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern
