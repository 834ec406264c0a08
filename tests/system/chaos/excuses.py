"""Why a client may have been cut off without a fault of ours. Whatever has none of these reasons is ours.

The trouble hurt the pod that it was sent to; the deadline had come; --drain was over. A deletion of ours excuses
nothing by itself: who was sent to the copy after it has found a proxy or a cache that was late, and we had to wait,
unless a person had pressed Ctrl-C in the teardown: then the settle time is all that clients are given.
"""

from datetime import datetime, timedelta

from tests.system.chaos.evidence import Evidence
from tests.system.chaos.life import Life, lives
from tests.system.chaos.load import Kind, Outcome, Request
from tests.system.chaos.trouble import Hurts


def is_excused(seen: Evidence, request: Request) -> bool:
    """Whether the trouble itself, the deadline or the end of --drain explains a request that failed."""
    if request.outcome is Outcome.NO_ENDPOINT:
        return _was_hurt(seen, request, Hurts.SERVICE | Hurts.PODS)
    address = request.backend.rpartition(":")[0]
    life = next((life for life in lives(seen) if address in life.addresses), None)
    if life is None:
        return _was_hurt(seen, request, Hurts.PODS)
    if request.client is Kind.UDP and _is_beyond_promise(seen, request, life):
        return True
    ours = life.deleted_by(seen.user)
    if ours is None or ours > request.ended:
        return _was_hurt(seen, request, Hurts.COPY) or is_past(life.deadline, request.ended)
    if life.had_ended(ours):
        return True
    left = life.left(ours)
    return was_settled(seen, life, ours) and (
        is_past(life.deadline, ours)
        or (_was_hurt(seen, request, Hurts.COPY) and seen.struck <= ours)
        or (is_drain_over(seen, life, ours) and _was_connected(request, seen, ours))
        or (left is not None and _was_hurried(seen, left))
    )


def was_settled(seen: Evidence, life: Life, deleted: datetime) -> bool:
    """Whether it had been out of every slice for --settle when we deleted it."""
    left = life.left(deleted)
    return left is not None and deleted >= left + timedelta(seconds=seen.draw.settle)


def is_drain_over(seen: Evidence, life: Life, deleted: datetime) -> bool:
    """Whether --drain was over too, or cut short by a person: from then on what is connected may be cut."""
    left = life.left(deleted)
    if left is None:
        return False
    return _was_hurried(seen, left) or deleted >= left + timedelta(seconds=seen.draw.settle + seen.draw.drain)


def _was_hurried(seen: Evidence, left: datetime) -> bool:
    """Whether a person has pressed Ctrl-C in the teardown: who does that does not want to wait for clients."""
    return seen.draw.trouble.id == "int-twice" or (seen.draw.trouble.id == "int" and seen.struck >= left)


def is_past(deadline: datetime | None, moment: datetime) -> bool:
    """Whether the deadline had come by then."""
    return deadline is not None and moment > deadline


def _is_beyond_promise(seen: Evidence, request: Request, life: Life) -> bool:
    """Nobody can count who sends datagrams: the settle time is all that they are given."""
    left = life.left(request.started)
    return left is not None and request.started >= left + timedelta(seconds=seen.draw.settle)


def _was_hurt(seen: Evidence, request: Request, whom: Hurts) -> bool:
    return bool(whom & seen.hurts) and request.ended >= seen.struck


def _was_connected(request: Request, seen: Evidence, deleted: datetime) -> bool:
    if request.outcome is Outcome.REFUSED or not request.connection:
        return False
    return not any(c.id == request.connection and c.opened >= deleted for c in seen.load.connections)
