"""What was asked of the API server, in order, for tests to read."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field

from aiohttp import web

from fakecluster.kinds import Object
from fakecluster.timestamps import rfc3339_micro


@dataclass
class Record:
    """One request; `status` is 0 until it is answered, `verb` empty when it is not about a resource.

    `user` is the one who is authorized, impersonated or not; before that, and without that, whose token it is.
    """

    method: str
    path: str
    agent: str
    command: str
    user: str = ""
    verb: str = ""
    namespace: str = ""
    status: int = 0
    seconds: float = 0.0
    time: str = field(default_factory=rfc3339_micro)


@dataclass(frozen=True)
class Choice:
    """Which requests: in that namespace, by that user; None means all."""

    namespace: str | None = None
    user: str | None = None

    def matches(self, record: Record) -> bool:
        return self.namespace in (None, record.namespace) and self.user in (None, record.user)


class RequestLog:
    """All requests but those to the control endpoint."""

    def __init__(self) -> None:
        self._records: list[Record] = []

    def start(self, request: web.Request) -> Record:
        headers = request.headers
        record = Record(
            request.method,
            request.path_qs,
            headers.get("User-Agent", ""),
            headers.get("Kubectl-Command", ""),
        )
        self._records.append(record)
        return record

    def finish(self, record: Record, status: int, started: float) -> None:
        """`started` is of time.monotonic."""
        record.status = status
        record.seconds = round(time.monotonic() - started, 4)

    def objects(self, wanted: Choice) -> list[Object]:
        return [asdict(record) for record in self._records if wanted.matches(record)]

    def forget(self, unwanted: Choice) -> None:
        self._records = [record for record in self._records if not unwanted.matches(record)]
