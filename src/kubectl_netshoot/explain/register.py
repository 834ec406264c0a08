"""Holds the conversations of a capture, at most so many at once.

Hides which ones give way when there are too many: first those that are over and had nothing odd, then those that are
over, then the oldest. What gives way is judged, and lives on as a number in its group.
"""

from collections import deque
from collections.abc import Callable, Iterable

from kubectl_netshoot.explain.grouping import Grouping
from kubectl_netshoot.explain.talk import Allowance, Talk


class Register:
    """All conversations that are remembered; `seen` is how many there were, `now` the time of the latest packet."""

    def __init__(self, max_flows: int, groups: Grouping, leave: Callable[[Talk], Talk]) -> None:
        """`leave` judges a conversation, forgets where to find it, and gives what it has become."""
        self.seen = 0
        self.now = 0
        self.allowance = Allowance()
        self.groups = groups
        self._talks: dict[int, Talk] = {}
        self._max_flows = max_flows
        self._leave = leave
        self._quiet: deque[int] = deque()
        self._odd: deque[int] = deque()

    def next_number(self) -> int:
        """The number of a new conversation."""
        self.seen += 1
        return self.seen

    def admit(self, talk: Talk) -> None:
        """Remember a conversation, at the cost of another where there is no room."""
        while len(self._talks) >= self._max_flows:
            self._fold(self._least())
        self._talks[talk.number] = talk

    def replace(self, talk: Talk) -> None:
        """The conversation of this number is this one now."""
        self._talks[talk.number] = talk

    def over(self, talk: Talk) -> None:
        """Say that nothing more is expected of it."""
        (self._odd if talk.odd else self._quiet).append(talk.number)

    def talks(self) -> Iterable[Talk]:
        """Those that are still remembered, in order of their numbers."""
        return self._talks.values()

    def _least(self) -> Talk:
        for finished in (self._quiet, self._odd):
            while finished:
                talk = self._talks.get(finished.popleft())
                if talk is not None:
                    return talk
        return next(iter(self._talks.values()))

    def _fold(self, talk: Talk) -> None:
        judged = self._leave(talk)
        del self._talks[talk.number]
        self.groups.add(judged, shown=False)
        judged.forget()
