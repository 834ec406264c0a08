"""Everything one fake cluster consists of, and one request to it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from aiohttp import web

from fakecluster import bodies
from fakecluster.admission_policies import Policy
from fakecluster.faults import Faults
from fakecluster.kinds import Object
from fakecluster.listener import Listener
from fakecluster.requestlog import RequestLog
from fakecluster.runtime import Runtime
from fakecluster.settings import Settings
from fakecluster.store import Store
from fakecluster.targets import Target
from fakecluster.users import User, Users


@dataclass
class ApiSettings:
    """What a test may change about the API server; times in seconds.

    `watch_list`: whether `sendInitialEvents` is served (a server without it says so, and clients fall back).
    """

    bookmark_seconds: float = 60.0
    watch_list: bool = False
    watch_log_size: int = 10_000
    policies: list[Policy] = field(default_factory=list)

    def merge(self, changes: Object) -> Object:
        """Changes what it knows (`policies` come as objects); gives back the rest. Raises ValueError."""
        known = {f.name for f in fields(self)}
        policies = {"policies": [Policy.of(p) for p in changes["policies"]]} if "policies" in changes else {}
        for name in known & changes.keys():
            setattr(self, name, {**changes, **policies}[name])
        return {name: value for name, value in changes.items() if name not in known}


@dataclass
class Cluster:
    """All parts of one cluster."""

    listener: Listener
    store: Store
    runtime: Runtime
    runtime_settings: Settings
    settings: ApiSettings = field(default_factory=ApiSettings)
    users: Users = field(default_factory=Users)
    faults: Faults = field(init=False)
    requests: RequestLog = field(default_factory=RequestLog)

    def __post_init__(self) -> None:
        self.faults = Faults(self.users)

    def change_settings(self, changes: Object) -> None:
        """Of the API server or of the runtime, as they are named. Raises ValueError for what neither knows."""
        self.runtime_settings.merge(self.settings.merge(changes))
        self.store.log.resize(self.settings.watch_log_size)


@dataclass(frozen=True)
class Call:
    """One authorized request for a resource."""

    cluster: Cluster
    request: web.Request
    target: Target
    user: User

    @property
    def store(self) -> Store:
        return self.cluster.store

    @property
    def dry_run(self) -> bool:
        return self.request.query.get("dryRun") == "All"

    async def body(self) -> Any:
        """The decoded body. Raises ApiError 400, 415."""
        return await bodies.read(self.request)
