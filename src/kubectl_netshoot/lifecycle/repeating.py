"""No change is made again at once after one that did not show: what undoes or refuses it would be asked for ever."""

from datetime import datetime, timedelta

from kubectl_netshoot.guard import refuse

from .steps import Abandon, Delete, Goal, Intent, Join, Leave, Step, Stop, Wait, Write, Written

AGAIN = timedelta(seconds=2)


def is_again(step: Step, last: Written | None) -> bool:
    """Whether this is the change that was made last: its answer, or a look since, does not show it."""
    match step, last.step if last else None:
        case Leave(_, labels), Leave(_, before):
            return bool({*labels} & {*before})
        case _, None:
            return False
        case _, before_it:
            return type(step) is type(before_it)


def not_at_once(step: Step, last: Written, intent: Intent, now: datetime) -> Step:
    """The step once more after a pause, within the patience; then the end, in words of what undid it."""
    reason = last.error or undone(last.step)
    if now >= intent.until:
        ends = intent.goal in (Goal.OUT, Goal.GONE)
        return Stop(refuse(reason)) if ends else Abandon(reason)
    return Wait(reason, min(intent.until, last.at + AGAIN)) if now < last.at + AGAIN else step


def undone(step: Write) -> str:
    """What became of a change that the API server had taken."""
    who = "an admission policy or webhook"
    match step:
        case Leave(_, labels):
            return f"{_keys(labels)} came back after it was taken off the copy: {who} puts it there"
        case Join(_, labels):
            return f"{_keys(labels)} did not stay on the copy: {who} takes it off"
        case Delete():
            return "the deletion of the copy was taken, and it is not being deleted"
        case _:
            return (
                f"the annotations, deadline or owner of the copy did not stay as written: {who} changes them"
            )


def _keys(labels: tuple[tuple[str, str], ...]) -> str:
    return f"label {', '.join(key for key, _ in labels)}"
