"""How long proxies may be without the API server after a break that we saw: by client-go's back-off."""

import pytest

from kubectl_netshoot.kube import api
from kubectl_netshoot.kube.api import Outage


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(api, "time", clock)
    return clock


def test_without_a_break_there_is_nothing_to_wait_for(clock: Clock) -> None:
    told = Outage(clock.now)
    for _ in range(3):
        clock.now += 100
        told.answered()
    assert told.seconds_left() <= 0


@pytest.mark.parametrize(("lasted", "late"), [(1.0, 3.6), (20.0, 41.6), (300.0, 60.0)])
def test_the_longer_the_break_the_later_they_are_back(clock: Clock, lasted: float, late: float) -> None:
    """Since the last answer before it: nobody knows when it really began."""
    told = Outage(clock.now)
    told.answered()
    clock.now += lasted / 2
    told.failed()
    told.failed()
    assert told.seconds_left() <= 0
    clock.now += lasted / 2
    told.answered()
    assert told.seconds_left() == pytest.approx(late)
    clock.now += 10
    told.answered()
    assert told.seconds_left() == pytest.approx(late - 10)
