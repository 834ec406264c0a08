"""As much OpenAPI as kubectl asks: that every kind's writes take `fieldValidation`, so that it leaves
validation to us.
"""

from __future__ import annotations

import hashlib

from aiohttp import web

from fakecluster.kinds import KINDS, Kind, Object
from fakecluster.patch import SUPPORTED
from fakecluster.replies import json_reply
from fakecluster.statuses import ApiError
from fakecluster.store import dumps

_INFO = {"title": "Kubernetes", "version": "v1.36.1"}
_V2_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
#: kubectl before 1.28 wants v2, as protobuf: swagger (1), info (2: title, version), no paths (8). Without a
#: schema in it, kubectl leaves validation to the server.
_V2 = b"\x0a\x032.0\x12\x15\x0a\x0aKubernetes\x12\x07v1.36.1\x42\x00"
_PARAMETERS = [
    {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
    for name in ("dryRun", "fieldManager", "fieldValidation")
]


def serve(request: web.Request) -> web.Response:
    """GET /openapi/v3 and below, and v2. Raises ApiError 404."""
    path = request.path.strip("/").split("/", 2)
    if path == ["openapi", "v2"]:
        return web.Response(body=_V2, content_type=_V2_TYPE)
    if path == ["openapi", "v3"]:
        return json_reply(dumps({"paths": {p: _index_entry(p) for p in _group_paths()}}))
    if path[:2] == ["openapi", "v3"] and path[2] in _group_paths():
        return json_reply(dumps(_document(path[2])))
    raise ApiError.no_such_path()


def _group_paths() -> list[str]:
    return list(dict.fromkeys(_path(kind) for kind in KINDS.values()))


def _path(kind: Kind) -> str:
    return f"apis/{kind.api_version}" if kind.group else f"api/{kind.version}"


def _index_entry(path: str) -> Object:
    digest = hashlib.sha256(path.encode()).hexdigest()[:32].upper()
    return {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}


def _document(path: str) -> Object:
    served = [kind for kind in KINDS.values() if _path(kind) == path]
    paths: Object = {}
    for kind in served:
        place = "/namespaces/{namespace}" if kind.namespaced else ""
        base = f"/{path}{place}/{kind.plural}"
        paths[base] = {"post": _operation(kind, ["application/json"])}
        paths[base + "/{name}"] = {"patch": _operation(kind, list(SUPPORTED))}
    return {"openapi": "3.0.0", "info": _INFO, "paths": paths, "components": {"schemas": {}}}


def _operation(kind: Kind, content_types: list[str]) -> Object:
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    return {
        "x-kubernetes-group-version-kind": gvk,
        "parameters": _PARAMETERS,
        "requestBody": {"content": {content_type: {} for content_type in content_types}},
        "responses": {"200": {"description": "OK"}},
    }
