"""SelfSubjectAccessReview, SelfSubjectRulesReview and SelfSubjectReview: what may I do, who am I."""

from __future__ import annotations

from aiohttp import web

from fakecluster import kinds, rbac
from fakecluster.cluster import Call
from fakecluster.kinds import Object
from fakecluster.rbac import Attributes
from fakecluster.replies import json_reply
from fakecluster.store import dumps
from fakecluster.verbs import object_body

REVIEWS = (kinds.SELFSUBJECTACCESSREVIEWS, kinds.SELFSUBJECTRULESREVIEWS, kinds.SELFSUBJECTREVIEWS)


async def serve(call: Call) -> web.Response:
    """Raises ApiError 400."""
    kind = call.target.kind
    review = await object_body(call, kind)
    spec = review.get("spec") or {}
    if kind is kinds.SELFSUBJECTACCESSREVIEWS:
        status = _access(call, spec)
    elif kind is kinds.SELFSUBJECTRULESREVIEWS:
        status = _rules(call, spec)
    else:
        status = _identity(call)
    head = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": {}}
    body = {**head, **({"spec": spec} if spec else {}), "status": status}
    return json_reply(dumps(body), 201)


def _access(call: Call, spec: Object) -> Object:
    asked = spec.get("resourceAttributes")
    if asked is None:
        path = spec.get("nonResourceAttributes") or {}
        wanted = Attributes(path.get("verb", ""), path=path.get("path", ""))
    else:
        resource = asked.get("resource", "")
        if asked.get("subresource"):
            resource = f"{resource}/{asked['subresource']}"
        place = (asked.get("namespace", ""), asked.get("name", ""))
        wanted = Attributes(asked.get("verb", ""), asked.get("group", ""), resource, *place)
    return {"allowed": rbac.allowed(call.store, call.user, wanted)}


def _rules(call: Call, spec: Object) -> Object:
    rules = list(rbac.rules_of(call.store, call.user, spec.get("namespace", "")))
    if call.user.is_master:
        rules = [
            {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
            {"verbs": ["*"], "nonResourceURLs": ["*"]},
        ]
    return {
        "resourceRules": [rule for rule in rules if "resources" in rule],
        "nonResourceRules": [rule for rule in rules if "nonResourceURLs" in rule],
        "incomplete": False,
    }


def _identity(call: Call) -> Object:
    user = call.user
    info: Object = {"username": user.name, "groups": list(user.groups)}
    if user.uid:
        info["uid"] = user.uid
    if user.extra:
        info["extra"] = dict(user.extra)
    return {"userInfo": info}
