"""What clients remember: every request and every connection, with times to compare with the cluster's history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum


class Kind(str, Enum):
    """What a client is like.

    SHORT: a connection for each request. KEEP_ALIVE: many requests on one. LONG: the answer takes seconds.
    HALF_CLOSED: so it does, and the client has shut down its writing side. SLOW_READER: the answer is written at once,
    and fetched seconds later. UDP: a datagram for a datagram. CACHING: an address is used for seconds, whatever the
    slices say, a connection for each request. LATE: it has session affinity, on a node whose proxy is seconds
    behind.
    """

    SHORT = "short"
    KEEP_ALIVE = "keep-alive"
    LONG = "long"
    HALF_CLOSED = "half-closed"
    SLOW_READER = "slow reader"
    UDP = "UDP"
    CACHING = "caching"
    LATE = "late proxy"


class Outcome(str, Enum):
    """How a request ended for whoever sent it; OK and RETRIED are no failures.

    RETRIED: the server closed a used connection when the request had already been written, and answered nothing;
    sent once more on a new connection, as HTTP clients do with a GET, it was answered.
    CUT: the connection ended by FIN before or within the answer. RESET: the same by RST.
    TIMEOUT: nothing, for 5 seconds after it was due. NO_ENDPOINT: the client's node knew of no backend.
    """

    OK = "ok"
    RETRIED = "retried"
    REFUSED = "refused"
    RESET = "reset"
    CUT = "cut"
    TIMEOUT = "timeout"
    NO_ENDPOINT = "no-endpoint"
    BAD_STATUS = "bad-status"

    @property
    def is_failure(self) -> bool:
        return self not in (Outcome.OK, Outcome.RETRIED)


class ClosedBy(str, Enum):
    """Who ended a connection; NOBODY while it is open. RESET: the server's side, by RST."""

    NOBODY = ""
    CLIENT = "client"
    SERVER = "server"
    RESET = "reset"


@dataclass
class Connection:
    """`backend` is ADDRESS:PORT; `requests` is how many were sent; the times are UTC."""

    id: int
    client: Kind
    backend: str
    opened: datetime
    closed: datetime | None = None
    closed_by: ClosedBy = ClosedBy.NOBODY
    requests: int = 0


@dataclass(frozen=True)
class Request:
    """`connection` is 0 where none was made; `first_connection` is the one that a retried request was lost on.

    `answered_by` is what the backend said: its pod's name.
    """

    namespace: str
    service: str
    client: Kind
    backend: str
    connection: int
    started: datetime
    ended: datetime
    outcome: Outcome
    answered_by: str = ""
    first_connection: int = 0


@dataclass(frozen=True)
class Record:
    """Everything from the start of the clients to their end, in the order in which it ended (opened)."""

    requests: tuple[Request, ...]
    connections: tuple[Connection, ...]

    def failures(self) -> list[Request]:
        return [request for request in self.requests if request.outcome.is_failure]


def now() -> datetime:
    return datetime.now(timezone.utc)
