"""Request bodies: JSON, and the protobuf that newer kubectl sends for typed objects."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from fakecluster import protobuf
from fakecluster.statuses import ApiError

_JSON = ("application/json", "", "application/octet-stream", "text/plain")


async def read(request: web.Request) -> Any:
    """The body; None when there is none. Raises ApiError 400, 415."""
    data = await request.read()
    if not data:
        return None
    if request.content_type == protobuf.MEDIA_TYPE:
        return protobuf.decode(data)
    if request.content_type not in _JSON and not request.content_type.endswith("-patch+json"):
        raise ApiError.unsupported_media_type("application/json, application/vnd.kubernetes.protobuf")
    try:
        return json.loads(data)
    except ValueError as error:
        message = f"the object provided is unrecognized (must be of type {_wanted(request)}): {error}"
        raise ApiError.bad_request(message) from error


def _wanted(request: web.Request) -> str:
    return request.path.rstrip("/").rsplit("/", 1)[-1]
