"""Answers: JSON text and refusals, with the headers an API server sends."""

from __future__ import annotations

from aiohttp import web

from fakecluster.statuses import ApiError
from fakecluster.store import dumps


def json_reply(text: str, code: int = 200, content_type: str = "application/json") -> web.Response:
    headers = {"Content-Type": content_type, "Cache-Control": "no-cache, private"}
    return web.Response(body=text.encode(), status=code, headers=headers)


def refusal(error: ApiError) -> web.Response:
    reply = json_reply(dumps(error.status()), error.code)
    if error.retry_after is not None:
        reply.headers["Retry-After"] = str(error.retry_after)
    return reply
