"""The control endpoint (/_control/): how tests cause faults, change settings and read what happened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from fakecluster import actions, kinds
from fakecluster.cluster import Cluster
from fakecluster.kinds import Object
from fakecluster.replies import json_reply
from fakecluster.requestlog import Choice
from fakecluster.statuses import ApiError
from fakecluster.store import dumps

PREFIX = "/_control/"
_PATIENCE_SECONDS = 1.0


async def serve(cluster: Cluster, request: web.Request) -> web.Response:
    """Answers with JSON. Without a body the query says what is wanted. Raises ApiError 400, 401, 403, 404, 410."""
    if not cluster.users.authenticate(request.headers).is_master:
        raise ApiError(403, "Forbidden", "only the cluster's admin controls it", {})
    path = request.path[len(PREFIX) :].strip("/")
    what, _, rest = path.partition("/")
    handler = _ROUTES.get((request.method, what))
    if handler is None:
        raise ApiError.no_such_path()
    body = await request.json() if await request.read() else dict(request.query)
    return json_reply(dumps(await handler(cluster, body, rest)))


async def _add_fault(cluster: Cluster, body: Object, _: str) -> Any:
    return asdict(cluster.faults.add(body))


async def _faults(cluster: Cluster, _: Object, rest: str) -> Any:
    """All faults; or of one (`faults/ID`) whether it has struck, which is waited for a little."""
    if rest:
        return {"struck": await cluster.faults.struck(int(rest), _PATIENCE_SECONDS)}
    return [asdict(fault) for fault in cluster.faults.active]


async def _remove_faults(cluster: Cluster, _: Object, rest: str) -> Any:
    cluster.faults.remove(int(rest) if rest else None)
    return {}


async def _change_settings(cluster: Cluster, body: Object, _: str) -> Any:
    try:
        cluster.change_settings(body)
    except ValueError as error:
        raise ApiError.bad_request(str(error)) from error
    return await _settings(cluster, body, "")


async def _settings(cluster: Cluster, _: Object, __: str) -> Any:
    return {**asdict(cluster.settings), **asdict(cluster.runtime_settings)}


async def _history(cluster: Cluster, wanted: Object, rest: str) -> Any:
    """All changes, or those of one resource (`history/pods`), or in one namespace (`?namespace=shop`)."""
    history = cluster.store.history
    return [
        {
            "time": change.time,
            "type": change.type,
            "user": change.user,
            "agent": change.agent,
            "resource": change.kind.plural,
            "namespace": change.namespace,
            "name": change.name,
            "resourceVersion": change.resource_version,
            "object": change.obj,
        }
        for change in (history.of(wanted["namespace"]) if "namespace" in wanted else history)
        if rest in ("", change.kind.plural)
    ]


async def _forget_history(cluster: Cluster, wanted: Object, _: str) -> Any:
    if not wanted.get("namespace"):
        raise ApiError.bad_request("the history of one namespace can be forgotten: ?namespace=NAME")
    cluster.store.history.forget(wanted["namespace"])
    return {}


async def _requests(cluster: Cluster, wanted: Object, _: str) -> Any:
    return cluster.requests.objects(_chosen(wanted))


async def _forget_requests(cluster: Cluster, wanted: Object, _: str) -> Any:
    cluster.requests.forget(_chosen(wanted))
    return {}


def _chosen(wanted: Object) -> Choice:
    return Choice(wanted.get("namespace"), wanted.get("user"))


async def _users(cluster: Cluster, _: Object, __: str) -> Any:
    return [
        {"name": user.name, "groups": user.groups, "token": token}
        for token, user in cluster.users.by_token.items()
    ]


async def _add_user(cluster: Cluster, body: Object, _: str) -> Any:
    """{name, groups, token, namespace, rules}: rules make a Role (without namespace a ClusterRole) and bind it."""
    name = body["name"]
    token = cluster.users.add(name, tuple(body.get("groups") or ()), body.get("token", ""))
    if body.get("rules"):
        _bind(cluster, name, body.get("namespace", ""), body["rules"])
    return {"name": name, "token": token}


async def _remove_user(cluster: Cluster, _: Object, rest: str) -> Any:
    cluster.users.remove(rest)
    return {}


def _bind(cluster: Cluster, name: str, namespace: str, rules: list[Object]) -> None:
    role, binding = (
        (kinds.ROLES, kinds.ROLEBINDINGS) if namespace else (kinds.CLUSTERROLES, kinds.CLUSTERROLEBINDINGS)
    )
    metadata = {"generateName": f"{name.replace(':', '-')}-"}
    made = cluster.store.create(role, namespace, {"metadata": metadata, "rules": rules})
    subject = {"kind": "User", "apiGroup": role.group, "name": name}
    ref = {"apiGroup": role.group, "kind": role.kind, "name": made["metadata"]["name"]}
    cluster.store.create(binding, namespace, {"metadata": metadata, "subjects": [subject], "roleRef": ref})


async def _act(cluster: Cluster, body: Object, rest: str) -> Any:
    action = actions.ACTIONS.get(rest)
    if action is None:
        raise ApiError.bad_request(f"actions are {', '.join(sorted(actions.ACTIONS))}")
    return await action(cluster.runtime, body)


async def _actions(_: Cluster, __: Object, ___: str) -> Any:
    return sorted(actions.ACTIONS)


async def _close_listener(cluster: Cluster, body: Object, _: str) -> Any:
    """New connections are refused for `closed_seconds`."""
    await cluster.listener.close_for(float(body["closed_seconds"]))
    return {}


_Handler = Callable[[Cluster, Object, str], Awaitable[Any]]
_ROUTES: dict[tuple[str, str], _Handler] = {
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _remove_faults,
    ("GET", "settings"): _settings,
    ("PATCH", "settings"): _change_settings,
    ("GET", "history"): _history,
    ("DELETE", "history"): _forget_history,
    ("GET", "requests"): _requests,
    ("DELETE", "requests"): _forget_requests,
    ("GET", "users"): _users,
    ("POST", "users"): _add_user,
    ("DELETE", "users"): _remove_user,
    ("POST", "listener"): _close_listener,
    ("GET", "actions"): _actions,
    ("POST", "actions"): _act,
}
