"""What a container needs of the pod that it is in, and how long it waits between its restarts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fakecluster.events import EventRecorder
from fakecluster.kinds import Object
from fakecluster.settings import Settings


class Host(Protocol):
    """What a container needs of its pod."""

    settings: Settings
    events: EventRecorder
    pod: Object
    directory: Path

    @property
    def address(self) -> str:
        """The pod's IP."""

    def environment(self, spec: Object) -> dict[str, str]:
        """Of this container's processes."""

    def misconfigured(self, spec: Object) -> str:
        """Why that cannot be made; empty where it can."""

    def publish(self) -> None:
        """The pod's status has changed."""


@dataclass
class BackOff:
    """Doubles from `base` to `limit` seconds. The first restart is at once."""

    seconds: float = 0.0

    def next(self, settings: Settings, ran_for: float) -> float:
        if ran_for > settings.back_off_reset:
            self.seconds = 0.0
        now = self.seconds
        self.seconds = min(now * 2 or settings.back_off_base, settings.back_off_limit)
        return now
