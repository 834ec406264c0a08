"""What a request is about: method and path become a verb on a resource, as the API server sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fakecluster.kinds import KINDS, NAMESPACES, Kind
from fakecluster.statuses import ApiError

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "GET": "get"}


@dataclass(frozen=True)
class Target:
    """`verb` is RBAC's word. `name` is empty for a collection, `namespace` for all of them."""

    verb: str
    kind: Kind
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def resource(self) -> str:
        return f"{self.kind.plural}/{self.subresource}" if self.subresource else self.kind.plural


def is_true(text: str | None) -> bool:
    return text is not None and text.lower() in ("1", "true", "t", "")


def parse(method: str, path: str, query: Mapping[str, str]) -> Target | None:
    """The target of an API path; None when the path is not a resource. Raises ApiError 404, 405."""
    parts = [part for part in path.split("/") if part]
    if len(parts) >= 3 and parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = ""
    if rest[0] == "namespaces" and len(rest) >= 3 and rest[2] != "status":
        namespace, rest = rest[1], rest[2:]
    kind = KINDS.get((group, version, rest[0]))
    name = rest[1] if len(rest) > 1 else ""
    subresource = "/".join(rest[2:])
    if kind is None or (namespace and not kind.namespaced):
        raise ApiError.no_such_path()
    if kind is NAMESPACES:
        namespace = name
    return _checked(Target(_verb(method, name, query), kind, namespace, name, subresource), bool(rest[2:]))


def _verb(method: str, name: str, query: Mapping[str, str]) -> str:
    verb = _VERBS.get(method)
    if verb is None:
        raise ApiError.method_not_allowed()
    if verb == "get" and "watch" in query and is_true(query["watch"]):
        return "watch"
    if not name:
        return {"get": "list", "delete": "deletecollection"}.get(verb, verb)
    return verb


def _checked(target: Target, has_subresource: bool) -> Target:
    if has_subresource:
        sub = target.kind.subresource(target.subresource)
        if sub is None:
            raise ApiError.no_such_path()
        if target.verb not in sub.verbs:
            raise ApiError.method_not_allowed()
        return target
    needs_name = target.verb in ("get", "update", "patch", "delete")
    needs_place = target.kind.namespaced and target.verb in ("create", *(("get",) if target.name else ()))
    if target.verb not in target.kind.verbs or (needs_name and not target.name):
        raise ApiError.method_not_allowed()
    if (target.verb == "create" and target.name) or (needs_place and not target.namespace):
        raise ApiError.method_not_allowed()
    return target
