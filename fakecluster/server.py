"""The HTTPS server: who is asking, which fault strikes, may they, and which part of the API answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from fakecluster import (
    control,
    discovery,
    faults,
    negotiation,
    openapi,
    rbac,
    reviews,
    subresources,
    targets,
    verbs,
)
from fakecluster.changes import actor, agent
from fakecluster.cluster import Call, Cluster
from fakecluster.faults import Fault
from fakecluster.kinds import Object
from fakecluster.negotiation import Form
from fakecluster.rbac import Attributes
from fakecluster.replies import json_reply, refusal
from fakecluster.requestlog import Record
from fakecluster.statuses import ApiError
from fakecluster.store import dumps
from fakecluster.targets import Target
from fakecluster.users import User, impersonated

_BEFORE = ("latency", "refused", "reset", "half-open", "status", "page", "redirect", "hold")


def application(cluster: Cluster) -> web.Application:
    """The whole API of one cluster."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.path.startswith(control.PREFIX):
            return await _refusing(request, lambda: control.serve(cluster, request))
        return await _logged(cluster, request)

    app = web.Application(client_max_size=32 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", handle)
    return app


async def _logged(cluster: Cluster, request: web.Request) -> web.StreamResponse:
    record, started = cluster.requests.start(request), time.monotonic()
    status = 0
    try:
        response = await _refusing(request, lambda: _answer(cluster, request, record))
        status = response.status
        return response
    finally:
        cluster.requests.finish(record, status, started)


async def _refusing(
    request: web.Request, answer: Callable[[], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await answer()
    except ApiError as error:
        return refusal(error)
    except (ConnectionError, asyncio.CancelledError):
        raise
    except Exception as error:
        request.app.logger.exception("%s %s", request.method, request.path_qs)
        return refusal(ApiError.internal(f"{type(error).__name__}: {error}"))


async def _answer(cluster: Cluster, request: web.Request, record: Record) -> web.StreamResponse:
    target = targets.parse(request.method, request.path, request.query)
    record.user = cluster.users.name_of(request.headers)
    if target is not None:
        record.verb, record.namespace = target.verb, target.namespace
    fault = cluster.faults.take(request, record.verb, *_BEFORE)
    if fault is not None and not fault.handled:
        response = await _suffer(cluster, request, record, fault)
        if response is not None:
            return response
    user = _user(cluster, request)
    record.user = user.name
    actor.set(user.name)
    agent.set(record.agent)
    if target is None:
        response = _without_resource(cluster, request, user)
    else:
        response = await _resource(cluster, request, target, user)
    if fault is not None and fault.handled:
        return await _suffer(cluster, request, record, fault) or response
    return response


async def _suffer(
    cluster: Cluster, request: web.Request, record: Record, fault: Fault
) -> web.StreamResponse | None:
    """What is held meets, once it is let go, the faults that there are by then."""
    response = await faults.suffer(fault, request)
    later = None if response or fault.kind != "hold" else cluster.faults.take(request, record.verb, *_BEFORE)
    return await _suffer(cluster, request, record, later) if later else response


def _user(cluster: Cluster, request: web.Request) -> User:
    user = cluster.users.authenticate(request.headers)
    other = impersonated(request.headers)
    if other is None:
        return user
    rbac.check_impersonation(cluster.store, user, other)
    return other


async def _resource(cluster: Cluster, request: web.Request, target: Target, user: User) -> web.StreamResponse:
    if not rbac.allowed(cluster.store, user, Attributes.of(target)):
        raise rbac.refusal(user, target)
    call = Call(cluster, request, target, user)
    if target.subresource:
        return await subresources.serve(call)
    if target.kind in reviews.REVIEWS:
        return await reviews.serve(call)
    return await verbs.serve(call)


def _without_resource(cluster: Cluster, request: web.Request, user: User) -> web.StreamResponse:
    path = request.path.rstrip("/") or "/"
    if not rbac.allowed(cluster.store, user, Attributes(request.method.lower(), path=path)):
        raise rbac.path_refusal(user, request.method.lower(), path)
    if path in ("/healthz", "/livez", "/readyz"):
        return web.Response(text="ok")
    if path.startswith("/openapi"):
        return openapi.serve(request)
    document, content_type = _discovery(path, request.headers.get("Accept", ""), cluster.listener.address)
    if document is None:
        raise ApiError.no_such_path()
    return json_reply(dumps(document), content_type=content_type)


def _discovery(path: str, accept: str, address: str) -> tuple[Object | None, str]:
    plain = "application/json"
    if path == "/version":
        return discovery.VERSION, plain
    if path in ("/api", "/apis"):
        if negotiation.form(accept, discovery=True) is Form.DISCOVERY:
            return discovery.aggregated(core=path == "/api"), discovery.AGGREGATED_TYPE
        return (discovery.api_versions(address) if path == "/api" else discovery.group_list()), plain
    parts = path.split("/")[1:]
    if len(parts) == 2 and parts[0] == "api":
        return discovery.resource_list("", parts[1]), plain
    if len(parts) == 3 and parts[0] == "apis":
        return discovery.resource_list(parts[1], parts[2]), plain
    if len(parts) == 2 and parts[0] == "apis":
        return discovery.group(parts[1]), plain
    return None, plain
