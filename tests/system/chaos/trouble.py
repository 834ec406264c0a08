"""What a trouble is: something that happens to a session, what it may do to whom, and how it ends."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag, auto

from tests.system.chaos.scene import Scene
from tests.system.chaos.steps import Step


class Hurts(Flag):
    """Whom the trouble itself hurts: what then happens to them is not laid at our door."""

    NOBODY = 0
    US = auto()
    API = auto()
    COPY = auto()
    PODS = auto()
    SERVICE = auto()


COMMAND = ("sh", "-c", "echo attached; cat")


def nothing(_: Scene) -> None:
    """The end of a trouble that ends by itself."""


@dataclass(frozen=True)
class Trouble:
    """`strike` makes it happen, while the session is at its step; `heal` ends what would last for ever.

    `kills`: our process cannot say a last word; `mutes`: nobody could read it. `steps`: where it can happen, by
    default everywhere. `command`, `stdout`, `pipes`: what runs in the copy, where it writes to, and that this is no
    terminal, where it matters.
    """

    id: str
    strike: Callable[[Scene], None]
    hurts: Hurts = Hurts.NOBODY
    heal: Callable[[Scene], None] = nothing
    kills: bool = False
    steps: Callable[[Step], bool] = lambda _: True
    command: tuple[str, ...] = COMMAND
    stdout: str = ""
    pipes: bool = False
    mutes: bool = False

    def fits(self, step: Step) -> bool:
        """Whether it can happen at this step."""
        return self.steps(step)
