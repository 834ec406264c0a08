"""The same change again: not at once, not beyond the patience, and in words of what undid it."""

from datetime import timedelta

from kubectl_netshoot.rules.guard import Observed
from kubectl_netshoot.rules.next_step import AGAIN, next_step
from kubectl_netshoot.rules.steps import Join, Leave, Stop, Wait, Written
from tests.unit.builders import COPY_UID, NOW, drained, endpoints, intent, joined_copy

WEB = (("app", "web"),)
LEAVE = Leave(COPY_UID, WEB)
SEEN = Observed(joined_copy(), (endpoints(),))
SOON = NOW + timedelta(seconds=1)
LATER = NOW + timedelta(seconds=3)


def test_a_pause_then_once_more() -> None:
    last = Written(LEAVE, NOW)
    assert isinstance(next_step(SEEN, intent(), SOON, last), Wait)
    assert next_step(SEEN, intent(), LATER, last) == LEAVE
    assert next_step(SEEN, intent(), NOW + AGAIN, last) == LEAVE


def test_the_end_says_what_refused_it() -> None:
    step = next_step(SEEN, intent(until=LATER), LATER, Written(LEAVE, NOW, "denied by policy keep-labels"))
    assert isinstance(step, Stop)
    assert step.verdict.reason == "denied by policy keep-labels"


def test_another_change_is_none_again() -> None:
    assert next_step(SEEN, intent(), SOON, Written(Join(COPY_UID, WEB), NOW)) == LEAVE
    assert next_step(SEEN, intent(), SOON, Written(Leave(COPY_UID, (("tier", "front"),)), NOW)) == LEAVE


def test_a_label_that_stays_and_selects_is_not_deleted_over() -> None:
    held = drained(joined_copy(), held_by=("web",))
    for now in (SOON, LATER):
        assert next_step(held, intent(), now, Written(LEAVE, NOW)) in (
            LEAVE,
            Wait(next_reason(), NOW + timedelta(seconds=2)),
        )


def next_reason() -> str:
    step = next_step(SEEN, intent(), SOON, Written(LEAVE, NOW))
    assert isinstance(step, Wait)
    return step.reason
