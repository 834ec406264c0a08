"""What a check came to, for whoever shows it: where it was asked from, the checks, and the answer."""

from collections.abc import Callable
from dataclasses import dataclass

from .answer import answer
from .scene import Scene
from .verdict import Check, is_well


@dataclass(frozen=True)
class Report:
    """`checks` in the order of telling."""

    scene: Scene
    checks: tuple[Check, ...]

    @property
    def answer(self) -> tuple[str, ...]:
        """One to three lines."""
        return answer(self.scene, self.checks)

    @property
    def well(self) -> bool:
        """Whether the exit status is 0."""
        return is_well(self.checks)


Show = Callable[[Report], None]
