"""Builders of model values, valid by default: a test names only what it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from kubectl_netshoot.model import (
    CONTAINER,
    ENV_MARK,
    MANAGED_BY,
    MANAGED_BY_LABEL,
    Birth,
    Container,
    Controller,
    Endpoint,
    Pod,
    Selector,
    Service,
    ServiceEndpoints,
)
from kubectl_netshoot.rules.guard import Observed
from kubectl_netshoot.rules.hazards.hazard import Surroundings
from kubectl_netshoot.rules.marks import UID, Mark, to_annotations
from kubectl_netshoot.rules.steps import Goal, Intent

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=timezone.utc)
SESSION = "5e55101700c0ffee"
COPY_UID = "uid-copy"
COPY_NAME = "web-netshoot-abcde"
WEB = {"app": "web"}


def pod(name: str = "web-7d4b9c-x2x4z", **changes: Any) -> Pod:
    """A ready production pod of shop/web."""
    made = Pod(
        namespace="shop",
        name=name,
        uid=f"uid-{name}",
        labels=WEB,
        phase="Running",
        ready=True,
        containers_ready=True,
        containers=(Container("app", ready=True),),
        node="node-1",
        created=NOW,
        started=NOW,
    )
    return replace(made, **changes)


def mark(**changes: Any) -> Mark:
    """A mark for joining Service web, which had two ready endpoints."""
    made = Mark(
        SESSION,
        owner="ann@desk",
        source="web-7d4b9c-x2x4z",
        source_uid="uid-web-7d4b9c-x2x4z",
        services=("web",),
        labels=WEB,
        ports=(8080,),
        ready_before={"web": 2},
        deadline=NOW + timedelta(hours=1),
    )
    return replace(made, **changes)


def debug_container(session: str = SESSION, **changes: Any) -> Container:
    """The container that carries a session's id since the copy's making."""
    if session == SESSION:
        session = str(Birth(SESSION, COPY_NAME, "uid-web-7d4b9c-x2x4z", int(NOW.timestamp()), "ann@desk"))
    return replace(Container(CONTAINER, env={ENV_MARK: session}, ready=True), **changes)


def bare_copy(**changes: Any) -> Pod:
    """A copy as kubectl debug leaves it: no label, no annotation, no deadline."""
    made = pod(COPY_NAME, uid=COPY_UID, labels={})
    return replace(made, **{"containers": (Container("app", ready=True), debug_container()), **changes})


def copy(carried: Mark | None = None, labels: Mapping[str, str] | None = None, **changes: Any) -> Pod:
    """A marked copy with these labels beside our own: out of service unless some are given."""
    marked = {
        "labels": {MANAGED_BY_LABEL: MANAGED_BY, **(labels or {})},
        "annotations": {**to_annotations(carried or mark()), UID: changes.get("uid", COPY_UID)},
        "active_deadline": timedelta(hours=1),
        "owns_itself": True,
    }
    return bare_copy(**{**marked, **changes})


def joined_copy(carried: Mark | None = None, **changes: Any) -> Pod:
    """A marked copy with the labels of its Services."""
    carried = carried or mark()
    return copy(carried, carried.labels, **changes)


def service(name: str = "web", selector: Mapping[str, str] | None = None, **changes: Any) -> Service:
    return replace(Service(name, WEB if selector is None else selector), **changes)


def controller(
    kind: str = "ReplicaSet", selector: Selector | None = None, name: str = "web-7d4b9c"
) -> Controller:
    """A Deployment's ReplicaSet unless told otherwise: its selector has the hash that no copy carries."""
    return Controller(kind, name, selector or Selector({**WEB, "pod-template-hash": "7d4b9c"}), replicas=2)


def endpoints(
    name: str = "web", ready: Sequence[str] = ("a", "b"), unready: Sequence[str] = (), **changes: Any
) -> ServiceEndpoints:
    """A Service's endpoints, given by the uids of their pods."""
    made = [Endpoint(uid, f"pod-{uid}") for uid in ready] + [
        Endpoint(uid, f"pod-{uid}", False) for uid in unready
    ]
    return replace(ServiceEndpoints(name, tuple(made), (8080,)), **changes)


def around(
    services: Sequence[Service] | None = None,
    controllers: Sequence[Controller] | None = None,
    slices: Sequence[ServiceEndpoints] | None = None,
) -> Surroundings:
    """Service web with two ready endpoints, and the ReplicaSet of its pods."""
    return Surroundings(
        tuple((service(),) if services is None else services),
        tuple((controller(),) if controllers is None else controllers),
        tuple((endpoints(),) if slices is None else slices),
    )


def drained(pod_: Pod | None = None, **changes: Any) -> Observed:
    """Everything in order for the deletion: out for an hour, counted just now, nobody connected."""
    made = Observed(
        pod_ or copy(),
        (endpoints(),),
        held_by=(),
        out_since=NOW - timedelta(hours=1),
        connections=0,
        counted_at=NOW,
    )
    return replace(made, **changes)


def intent(goal: Goal = Goal.GONE, **changes: Any) -> Intent:
    """What a fresh `cleanup` wants: no mark in memory, the uid that it has just read."""
    return replace(Intent(goal, NOW + timedelta(minutes=2), uid=COPY_UID), **changes)
