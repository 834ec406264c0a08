"""The verbs on objects: get, list, watch, create, update, patch, delete, deletecollection."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from aiohttp import web

from fakecluster import (
    admission,
    admission_policies,
    deletion,
    kinds,
    negotiation,
    patch,
    representations,
    validation,
)
from fakecluster.cluster import Call
from fakecluster.kinds import Kind, Object
from fakecluster.negotiation import Form
from fakecluster.replies import json_reply
from fakecluster.selectors import FieldSelector, Selector
from fakecluster.statuses import ApiError
from fakecluster.store import Entry, dumps
from fakecluster.watch import Filter, Watch

_STREAM_HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-cache, private"}


async def serve(call: Call) -> web.StreamResponse:
    """Does what a request for an object or a collection asks. Raises ApiError."""
    handler = _HANDLERS[call.target.verb]
    reply: web.StreamResponse = await handler(call)
    return reply


def answer(call: Call, obj: Object, code: int = 200) -> web.Response:
    """One object in the form the client accepts."""
    form = negotiation.form(call.request.headers.get("Accept", ""))
    include = call.request.query.get("includeObject", "")
    return json_reply(representations.one(Entry(obj, dumps(obj)), call.target.kind, form, include), code)


async def get(call: Call) -> web.StreamResponse:
    target = call.target
    return answer(call, call.store.entry(target.kind, target.namespace, target.name).obj)


async def list_(call: Call) -> web.StreamResponse:
    store, query = call.store, call.request.query
    form = negotiation.form(call.request.headers.get("Accept", ""))
    wanted = _filter(call)
    found = store.entries(wanted.kind, wanted.namespace, wanted.labels, wanted.fields)
    page, metadata = representations.page(found, query, store.resource_version, store.log.compacted)
    return json_reply(representations.many(page, wanted.kind, metadata, form, query.get("includeObject", "")))


async def watch(call: Call) -> web.StreamResponse:
    form = negotiation.form(call.request.headers.get("Accept", ""))
    settings = call.cluster.settings
    stream = Watch(
        call.store,
        _filter(call),
        call.request.query,
        form,
        bookmark_seconds=settings.bookmark_seconds,
        watch_list=settings.watch_list,
        silent=lambda: call.cluster.faults.silences(call.request),
    )
    response = web.StreamResponse(headers=_STREAM_HEADERS)
    response.enable_chunked_encoding()
    await response.prepare(call.request)
    # A client that has seen enough just closes its connection.
    with suppress(ConnectionError):
        await stream.serve(response)
        await response.write_eof()
    return response


async def create(call: Call) -> web.StreamResponse:
    target = call.target
    obj = await object_body(call, target.kind)
    namespace = target.namespace
    given = obj["metadata"].get("namespace") or namespace
    if given != namespace:
        raise ApiError.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    return answer(call, call.store.create(target.kind, namespace, obj, dry_run=call.dry_run), 201)


async def update(call: Call) -> web.StreamResponse:
    obj = await object_body(call, call.target.kind)
    if obj["metadata"].get("name") != call.target.name:
        raise ApiError.bad_request(
            f"the name of the object ({obj['metadata'].get('name', '')}) does not match the name on the URL "
            f"({call.target.name})"
        )
    return answer(call, replace(call, obj))


async def patch_(call: Call) -> web.StreamResponse:
    target = call.target
    original = call.store.get(target.kind, target.namespace, target.name)
    patched = patch.apply(call.request.content_type, original, await call.body())
    if patched["metadata"].get("name") != target.name:
        raise ApiError.bad_request(
            f"the name of the object ({patched['metadata'].get('name', '')}) does not match the name on the URL "
            f"({target.name})"
        )
    return answer(call, replace(call, patched))


def replace(call: Call, new: Object) -> Object:
    """Stores a client's new version of the target: its status stays, its spec is validated."""
    kind = call.target.kind
    old = call.store.entry(kind, call.target.namespace, call.target.name).obj
    if kind.subresource("status"):
        new = (
            {**new, "status": old["status"]}
            if "status" in old
            else {k: v for k, v in new.items() if k != "status"}
        )
    if kind.namespaced:
        new["metadata"]["namespace"] = call.target.namespace
    wanted = new["metadata"].get("resourceVersion")
    if wanted and wanted != old["metadata"]["resourceVersion"]:
        raise ApiError.conflict(kind, call.target.name)
    held = call.cluster.settings.policies
    admission_policies.mutate(held, kind, "UPDATE", new, old)
    validation.check_update(kind, new, old)
    admission.check_update(call.store, kind, new)
    admission_policies.check(held, kind, "UPDATE", new, old)
    return call.store.update(kind, new, dry_run=call.dry_run)


async def delete(call: Call) -> web.StreamResponse:
    options = await delete_options(call)
    target = call.target
    old = call.store.entry(target.kind, target.namespace, target.name).obj
    admission_policies.check(call.cluster.settings.policies, target.kind, "DELETE", old, None)
    obj = deletion.delete(call.store, target.kind, target.namespace, target.name, options, call.dry_run)
    return json_reply(dumps(deletion.reply(target.kind, obj)))


async def deletecollection(call: Call) -> web.StreamResponse:
    options = await delete_options(call)
    wanted = _filter(call)
    found = call.store.entries(wanted.kind, wanted.namespace, wanted.labels, wanted.fields)
    gone = []
    for entry in found:
        metadata = entry.obj["metadata"]
        place = (metadata.get("namespace", ""), metadata["name"])
        obj = deletion.delete(call.store, wanted.kind, *place, options, call.dry_run)
        gone.append(Entry(obj, dumps(obj)))
    metadata = {"resourceVersion": str(call.store.resource_version)}
    return json_reply(representations.many(gone, wanted.kind, metadata, Form.OBJECT))


async def object_body(call: Call, kind: Kind) -> Object:
    """The object sent, of that kind. Raises ApiError 400."""
    obj: Any = await call.body()
    if not isinstance(obj, dict):
        raise ApiError.bad_request("the body of the request is not an object")
    sent = (obj.setdefault("apiVersion", kind.api_version), obj.setdefault("kind", kind.kind))
    if sent != (kind.api_version, kind.kind):
        raise ApiError.bad_request(
            f"{sent[1]} in version {sent[0].rpartition('/')[2]!r} cannot be handled as a {kind.kind}: "
            f"converting ({sent[0]}, Kind={sent[1]}) to ({kind.api_version}, Kind={kind.kind}): unknown conversion"
        )
    obj["metadata"] = obj.get("metadata") or {}
    return obj


async def delete_options(call: Call) -> Object:
    """metav1.DeleteOptions of body and query."""
    options: Object = (await call.body()) or {}
    query = call.request.query
    if "gracePeriodSeconds" in query:
        options["gracePeriodSeconds"] = int(query["gracePeriodSeconds"])
    if "propagationPolicy" in query:
        options["propagationPolicy"] = query["propagationPolicy"]
    return options


def _filter(call: Call) -> Filter:
    target, query = call.target, call.request.query
    fields = FieldSelector.parse(query.get("fieldSelector", ""), target.kind)
    if target.name:
        fields = FieldSelector((*fields.terms, ("metadata.name", target.name, True)))
    namespace = "" if target.kind is kinds.NAMESPACES else target.namespace
    return Filter(target.kind, namespace, Selector.parse(query.get("labelSelector", "")), fields)


_HANDLERS = {
    "get": get,
    "list": list_,
    "watch": watch,
    "create": create,
    "update": update,
    "patch": patch_,
    "delete": delete,
    "deletecollection": deletecollection,
}
