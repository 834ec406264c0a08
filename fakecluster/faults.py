"""Faults on request: what goes wrong between a client and the API server, for which requests, how often."""

from __future__ import annotations

import asyncio
import itertools
import re
import socket
import struct
from dataclasses import dataclass, field, fields

from aiohttp import web

from fakecluster.kinds import Object
from fakecluster.replies import json_reply, refusal
from fakecluster.statuses import ApiError
from fakecluster.store import dumps
from fakecluster.users import Users

KINDS = (
    "latency",
    "refused",
    "reset",
    "half-open",
    "status",
    "page",
    "redirect",
    "silent-watch",
    "cut-stream",
    "hold",
)
_LOOK_SECONDS = 0.05
_ids = itertools.count(1)
_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Expired",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


@dataclass
class Fault:
    """What happens (`kind`) to which requests.

    Which: `verb` (RBAC's word or an HTTP method), `path` (regex searched in path and query), `agent` (regex
    searched in User-Agent), `user` (whose bearer token it is); not the first `after`, then `count` of them (None: all).
    What: latency, for `seconds`; refused (closed without an answer); reset (RST in the middle of the answer, or
    `seconds` after the request, which is then served); half-open (never answered); status (`code`, `message`,
    `retry_after`); page (of a proxy or load balancer in front that has lost the API server: `code`, and HTML); redirect
    (to `location`); silent-watch (open, but nothing comes any more, also for
    watches that are already open); cut-stream (RST of an exec, attach or log stream after `bytes` from the server);
    hold (waits until the fault is removed; what a client asked that has gone meanwhile is not carried out).
    `handled`: the request is carried out first and only its answer suffers (refused, reset, status, hold).
    """

    kind: str
    verb: str = ""
    path: str = ""
    agent: str = ""
    user: str = ""
    count: int | None = None
    after: int = 0
    seconds: float = 0.0
    code: int = 500
    message: str = ""
    retry_after: int | None = None
    location: str = ""
    bytes: int = 0
    handled: bool = False
    id: int = field(default_factory=_ids.__next__)
    hits: int = 0
    over: bool = False

    def matches(self, request: web.BaseRequest, verb: str, user: str) -> bool:
        return (
            self.verb in ("", verb, request.method)
            and self.user in ("", user)
            and re.search(self.path, request.path_qs) is not None
            and re.search(self.agent, request.headers.get("User-Agent", "")) is not None
        )


class Faults:
    """The faults there are now."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self.active: list[Fault] = []

    def add(self, wanted: Object) -> Fault:
        """Raises ApiError 400 for what no fault has."""
        known = {f.name for f in fields(Fault)} - {"id", "hits", "over"}
        if unknown := sorted(set(wanted) - known):
            raise ApiError.bad_request(f"no such field of a fault: {', '.join(unknown)}")
        if wanted.get("kind") not in KINDS:
            raise ApiError.bad_request(f"kind of a fault is one of {', '.join(KINDS)}")
        fault = Fault(**wanted)
        self.active.append(fault)
        return fault

    def remove(self, fault_id: int | None = None) -> None:
        """Removes that fault, or all."""
        kept = [fault for fault in self.active if fault_id is not None and fault.id != fault_id]
        for fault in self.active:
            fault.over = fault not in kept
        self.active = kept

    async def struck(self, fault_id: int, seconds: float) -> bool:
        """Whether a request has met this fault; waits for one, `seconds` at most. Raises ApiError 400."""
        fault = next((fault for fault in self.active if fault.id == fault_id), None)
        if fault is None:
            raise ApiError.bad_request(f"there is no fault {fault_id}")
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while fault.hits <= fault.after and loop.time() < end:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_SECONDS)
        return fault.hits > fault.after

    def take(self, request: web.BaseRequest, verb: str, *kinds: str) -> Fault | None:
        """The fault that this request suffers, counted as one hit."""
        user = self._users.name_of(request.headers)
        for fault in self.active:
            if fault.kind in kinds and fault.matches(request, verb, user):
                fault.hits += 1
                if fault.after < fault.hits <= fault.after + (fault.count or fault.hits):
                    return fault
        return None

    def silences(self, request: web.Request) -> bool:
        """Whether a watch says nothing now."""
        user = self._users.name_of(request.headers)
        return any(f.kind == "silent-watch" and f.matches(request, "watch", user) for f in self.active)


async def suffer(fault: Fault, request: web.Request) -> web.StreamResponse | None:
    """Carries out a fault that concerns a whole request; None when the request goes on normally."""
    if fault.kind == "latency":
        await asyncio.sleep(fault.seconds)
        return None
    if fault.kind == "reset" and fault.seconds and request.transport:
        asyncio.get_running_loop().call_later(fault.seconds, reset, request.transport)
        return None
    if fault.kind == "status":
        return _status(fault)
    if fault.kind == "page":
        text = f"<html><title>{fault.code}</title>default backend</html>"
        return web.Response(status=fault.code, text=text, content_type="text/html")
    if fault.kind == "hold":
        return await _held(fault, request)
    if fault.kind == "redirect":
        headers = {"Location": fault.location + request.path_qs}
        return web.Response(status=307, headers=headers)
    if fault.kind == "half-open":
        return await _never(request)
    return await _broken(request, midway=fault.kind == "reset")


def reset(transport: asyncio.Transport) -> None:
    """Ends a TCP connection with RST."""
    sock = transport.get_extra_info("socket")
    if sock is not None and not transport.is_closing():
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


def _status(fault: Fault) -> web.Response:
    message = fault.message or f"fault on request: {fault.code}"
    error = ApiError(fault.code, _REASONS.get(fault.code, ""), message, None, fault.retry_after)
    return refusal(error)


async def _held(fault: Fault, request: web.Request) -> web.StreamResponse | None:
    while not fault.over and not _is_gone(request):  # noqa: ASYNC110
        await asyncio.sleep(_LOOK_SECONDS)
    return json_reply(dumps({})) if _is_gone(request) else None


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


async def _never(request: web.Request) -> web.StreamResponse:
    # Nothing tells a handler that its client has gone.
    while not _is_gone(request):  # noqa: ASYNC110
        await asyncio.sleep(_LOOK_SECONDS)
    return json_reply(dumps({}))


async def _broken(request: web.Request, *, midway: bool) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "4096"})
    transport = request.transport
    if midway:
        await response.prepare(request)
        await response.write(b'{"kind":')
    if transport is not None:
        if midway:
            reset(transport)
        else:
            transport.abort()
    return response
