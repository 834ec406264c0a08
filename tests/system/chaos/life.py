"""One copy's life as the API server recorded it: when it was in service, who ended it, and when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from fakecluster.timestamps import parse
from tests.system.chaos.evidence import Change, Evidence
from tests.system.e2e.api import labels_of

SESSION = "kubectl-netshoot/session"


@dataclass(frozen=True)
class Life:
    """`changes` are the pod's own, `held` when a slice began or ceased to hold it; both in order of time."""

    changes: tuple[Change, ...]
    held: tuple[tuple[datetime, bool], ...]

    @property
    def name(self) -> str:
        return str(self.changes[0].object["metadata"]["name"])

    @property
    def addresses(self) -> set[str]:
        return {ip for change in self.changes if (ip := _status(change).get("podIP"))}

    @property
    def deleted(self) -> Change | None:
        """The change that began its deletion, whoever asked for it."""
        return next((change for change in self.changes if is_deletion(change)), None)

    @property
    def deadline(self) -> datetime | None:
        """When the server ends this pod."""
        for change in reversed(self.changes):
            seconds = change.object["spec"].get("activeDeadlineSeconds")
            started = _status(change).get("startTime")
            if seconds and started:
                return parse(started) + timedelta(seconds=seconds)
        return None

    @property
    def lasts(self) -> float:
        """Seconds from its start to its deadline; 0 where it never got one."""
        return max(
            (change.object["spec"].get("activeDeadlineSeconds", 0) for change in self.changes), default=0
        )

    def while_held(self) -> Iterator[Change]:
        """How it was at each moment in which a slice held it."""
        ends = [change.at for change in self.changes[1:]]
        for change, end in zip_longest(self.changes, ends):
            began = [
                at for at, is_held in self.held if is_held and at > change.at and (end is None or at < end)
            ]
            if began or self.is_held(change.at):
                yield change

    @staticmethod
    def is_complete(change: Change) -> bool:
        """Whether it then had what anybody needs to end it: its mark, and a deadline of the server's."""
        annotations = change.object["metadata"].get("annotations") or {}
        return bool(annotations.get(SESSION)) and "activeDeadlineSeconds" in change.object["spec"]

    def labelled(self, user: str, labels: Mapping[str, str]) -> Iterator[Change]:
        """Each change by which this user put these labels on it after its creation."""
        return (change for change in self._labellings(labels) if change.user == user)

    def _labellings(self, labels: Mapping[str, str]) -> Iterator[Change]:
        for before, change in zip(self.changes, self.changes[1:], strict=False):
            came = labels.items() <= labels_of(change.object).items()
            if came and not labels.items() <= labels_of(before.object).items():
                yield change

    def labelled_by(self, user: str, labels: Mapping[str, str], at: datetime) -> bool:
        """Whether it has these labels at that time, and this user put them on."""
        before = [change for change in self.changes if change.at <= at]
        has = bool(before) and labels.items() <= labels_of(before[-1].object).items()
        last = [change for change in self._labellings(labels) if change.at <= at]
        return has and bool(last) and last[-1].user == user

    def deleted_by(self, user: str) -> datetime | None:
        """When this user began its deletion; None where nobody or somebody else did."""
        deleted = self.deleted
        return deleted.at if deleted and deleted.user == user else None

    def had_ended(self, by: datetime) -> bool:
        """Whether its containers had ended for good by then."""
        return any(is_finished(change) for change in self.changes if change.at <= by)

    def left(self, by: datetime) -> datetime | None:
        """Since when no slice had held it at that time; None where one did, or none ever had."""
        before = [(at, is_held) for at, is_held in self.held if at <= by]
        return before[-1][0] if before and not before[-1][1] else None

    def is_held(self, at: datetime) -> bool:
        return [is_held for moment, is_held in self.held if moment <= at][-1:] == [True]

    def exists(self, at: datetime) -> bool:
        before = [change for change in self.changes if change.at <= at]
        return bool(before) and before[-1].type != "DELETED"


def lives(seen: Evidence) -> Iterator[Life]:
    """Those of all copies."""
    return lives_of(seen, seen.copies())


def lives_of(seen: Evidence, pods: Mapping[str, list[Change]]) -> Iterator[Life]:
    """Those of these pods, by uid."""
    return (Life(tuple(changes), tuple(seen.held(uid))) for uid, changes in pods.items())


def is_deletion(change: Change) -> bool:
    return change.is_terminating or change.type == "DELETED"


def is_finished(change: Change) -> bool:
    """Whether its containers have ended for good, by the deadline or an eviction."""
    return _status(change).get("phase") in ("Failed", "Succeeded")


def _status(change: Change) -> dict[str, str]:
    return change.object.get("status") or {}
