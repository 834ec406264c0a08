"""What is known of a session when it is over: what it said, and what the API server and the clients saw of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fakecluster.timestamps import parse
from tests.system.chaos.load import Record
from tests.system.chaos.schedule import Draw
from tests.system.chaos.trouble import Hurts
from tests.system.e2e.witness import has_mark

Json = dict[str, Any]
_POD = re.compile(r"/api/v1/namespaces/[^/]+/pods/(?P<name>[^/?]+)(\?.*)?")


@dataclass(frozen=True)
class Ending:
    """How one process ended: `status` None did not end in time. `words` are the command's, after `netshoot`."""

    words: tuple[str, ...]
    status: int | None
    text: str
    at: datetime
    restored_terminal: bool = True
    left_processes: tuple[str, ...] = ()
    crash_files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """One change of a pod or an EndpointSlice, as the API server recorded it."""

    at: datetime
    type: str
    user: str
    resource: str
    object: Json

    @classmethod
    def of(cls, entry: Json) -> "Change":
        return cls(parse(entry["time"]), entry["type"], entry["user"], entry["resource"], entry["object"])

    @property
    def uid(self) -> str:
        return str(self.object["metadata"]["uid"])

    @property
    def is_terminating(self) -> bool:
        return "deletionTimestamp" in self.object["metadata"]


@dataclass(frozen=True)
class Write:
    """One request of the session that changes a pod, whatever came of it."""

    at: datetime
    verb: str
    pod: str

    @classmethod
    def of(cls, record: Json) -> "Write | None":
        """None for a request that changes no pod that exists."""
        found = _POD.fullmatch(record["path"])
        verb = str(record["verb"])
        if found is None or verb not in ("patch", "update", "delete"):
            return None
        return cls(parse(record["time"]), verb, found["name"])


@dataclass(frozen=True)
class Evidence:
    """`endings` are those of the session, of other sessions beside it, and of the cleanup after it, in this order.

    `reached` is whether it came to its step, `struck` when the trouble was over it, `missed` why that did nothing.
    """

    draw: Draw
    user: str
    reached: bool
    struck: datetime
    missed: str
    endings: tuple[Ending, ...]
    cleaned: Ending | None
    history: tuple[Change, ...]
    load: Record
    writes: tuple[Write, ...] = ()

    @property
    def session(self) -> Ending:
        return self.endings[0]

    @property
    def hurts(self) -> Hurts:
        """Whom the trouble hurt: nobody where it did not strike."""
        return self.draw.trouble.hurts if self.reached and not self.missed else Hurts.NOBODY

    def pods(self) -> Iterator[Change]:
        return (change for change in self.history if change.resource == "pods")

    def copies(self) -> dict[str, list[Change]]:
        """What happened to each copy of ours, by uid."""
        return {uid: seen for uid, seen in self.by_uid().items() if has_mark(seen[0].object)}

    def others(self) -> dict[str, list[Change]]:
        """The same of every other pod."""
        return {uid: seen for uid, seen in self.by_uid().items() if not has_mark(seen[0].object)}

    def held(self, uid: str, *, ready: bool = False) -> Iterator[tuple[datetime, bool]]:
        """From when on an EndpointSlice did, or did not, hold this pod (as `ready`); in order of time."""
        slices: dict[str, bool] = {}
        before = False
        for change in self.history:
            if change.resource != "endpointslices":
                continue
            slices[change.uid] = change.type != "DELETED" and uid in _targets(change.object, ready)
            if any(slices.values()) is not before:
                before = not before
                yield change.at, before

    def by_uid(self) -> dict[str, list[Change]]:
        """What happened to each pod."""
        found: dict[str, list[Change]] = {}
        for change in self.pods():
            found.setdefault(change.uid, []).append(change)
        return found


def _targets(slice_: Json, ready: bool) -> set[str]:
    return {
        str(endpoint["targetRef"]["uid"])
        for endpoint in slice_.get("endpoints") or []
        if endpoint["conditions"]["ready"] or not ready
    }
