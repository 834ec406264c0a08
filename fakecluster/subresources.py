"""Subresources: status, scale, binding, eviction, ephemeralcontainers, and the streams of the runtime."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from fakecluster import admission, disruption, kinds, patch, streams, timestamps, validation, verbs
from fakecluster.binding import bind
from fakecluster.cluster import Call
from fakecluster.kinds import Object
from fakecluster.replies import json_reply
from fakecluster.statuses import ApiError
from fakecluster.store import dumps

_HOUR = 3600
_SCALE = kinds.Kind("autoscaling", "v1", "scale", "Scale")


async def serve(call: Call) -> web.StreamResponse:
    """Raises ApiError."""
    reply: web.StreamResponse = await _HANDLERS[call.target.subresource](call)
    return reply


async def status(call: Call) -> web.StreamResponse:
    """Only the status (and labels and annotations) of what is sent is taken."""
    sent, old = await _sent(call, _current(call))
    if sent is None:
        return verbs.answer(call, old)
    metadata = {**sent["metadata"], "namespace": old["metadata"].get("namespace", "")}
    new = {**old, "metadata": metadata, "status": sent.get("status", {})}
    return verbs.answer(call, call.store.update(call.target.kind, new, dry_run=call.dry_run))


async def ephemeral_containers(call: Call) -> web.StreamResponse:
    """Only spec.ephemeralContainers of what is sent is taken, and it may only grow."""
    sent, old = await _sent(call, _current(call))
    if sent is None:
        return verbs.answer(call, old)
    wanted = sent["spec"].get("ephemeralContainers", [])
    validation.check_ephemeral(old, wanted)
    new = {**old, "spec": {**old["spec"], "ephemeralContainers": wanted}}
    admission.check_update(call.store, call.target.kind, new)
    return verbs.answer(call, call.store.update(call.target.kind, new, dry_run=call.dry_run))


async def scale(call: Call) -> web.StreamResponse:
    """autoscaling/v1 Scale of a workload."""
    owner = _current(call)
    sent, _ = await _sent(call, _scale_of(owner))
    if sent is not None:
        owner["spec"]["replicas"] = int(sent["spec"].get("replicas", 0))
        if version := sent["metadata"].get("resourceVersion"):
            owner["metadata"]["resourceVersion"] = version
        owner = call.store.update(call.target.kind, owner, dry_run=call.dry_run)
    return json_reply(dumps(_scale_of(owner)))


async def binding(call: Call) -> web.StreamResponse:
    """Puts a pod on a node."""
    target, sent = call.target, await call.body()
    if _current(call)["spec"].get("nodeName"):
        raise ApiError.conflict(target.kind, target.name)
    bind(call.store, target.namespace, target.name, sent["target"]["name"])
    return _success(201)


async def eviction(call: Call) -> web.StreamResponse:
    """Deletes a pod if its PodDisruptionBudgets allow it."""
    sent: Object = await call.body() or {}
    options = sent.get("deleteOptions") or {}
    disruption.evict(call.store, call.target.namespace, call.target.name, options, call.dry_run)
    return _success(201)


async def token(call: Call) -> web.StreamResponse:
    """A TokenRequest; the token is good for as long as the cluster lives."""
    sent: Object = await call.body() or {}
    namespace, name = call.target.namespace, _current(call)["metadata"]["name"]
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    made = call.cluster.users.add(f"system:serviceaccount:{namespace}:{name}", groups)
    seconds = (sent.get("spec") or {}).get("expirationSeconds") or _HOUR
    head = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1"}
    metadata = {"name": name, "namespace": namespace, "creationTimestamp": timestamps.rfc3339()}
    status = {"token": made, "expirationTimestamp": timestamps.from_now(seconds)}
    spec = {**(sent.get("spec") or {}), "expirationSeconds": seconds}
    return json_reply(dumps({**head, "metadata": metadata, "spec": spec, "status": status}), 201)


async def _stream(call: Call) -> web.StreamResponse:
    handler = _STREAMS[call.target.subresource]
    # The pod must exist before anything is streamed; a refusal here is still an ordinary answer.
    _current(call)
    return await handler(call.request, call.cluster.runtime, call.target.namespace, call.target.name)


def _current(call: Call) -> Object:
    return call.store.get(call.target.kind, call.target.namespace, call.target.name)


async def _sent(call: Call, current: Object) -> tuple[Object | None, Object]:
    """The new version that an update or patch asks for (None for a get), and the current one."""
    if call.target.verb == "get":
        return None, current
    body = await call.body()
    if call.target.verb == "patch":
        return patch.apply(call.request.content_type, current, body), current
    return body, current


def _scale_of(owner: Object) -> Object:
    metadata = owner["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    selector = owner["spec"].get("selector") or {}
    labels = selector.get("matchLabels", {}) if owner["apiVersion"] != "v1" else selector
    return {
        "kind": "Scale",
        "apiVersion": _SCALE.api_version,
        "metadata": {key: metadata[key] for key in kept},
        "spec": {"replicas": owner["spec"].get("replicas", 0)},
        "status": {
            "replicas": owner.get("status", {}).get("replicas", 0),
            "selector": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
        },
    }


def _success(code: int) -> web.Response:
    return json_reply(
        dumps({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": code}), code
    )


Stream = Callable[..., Awaitable[web.StreamResponse]]
_STREAMS: dict[str, Stream] = {"exec": streams.exec_, "attach": streams.attach, "log": streams.log}
_HANDLERS: dict[str, Callable[[Call], Awaitable[web.StreamResponse]]] = {
    "status": status,
    "ephemeralcontainers": ephemeral_containers,
    "scale": scale,
    "binding": binding,
    "eviction": eviction,
    "token": token,
    **dict.fromkeys(_STREAMS, _stream),
}
