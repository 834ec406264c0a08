"""What is not concluded of a conversation when some of its packets could not be read."""

from kubectl_netshoot.explain.report import Outcome
from kubectl_netshoot.explain.step_ids import StepId
from kubectl_netshoot.explain.talk import Talk

# Told because of packets that are not there.
_ABSENCES = frozenset(
    {
        StepId.TCP_UNANSWERED,
        StepId.TCP_HANDSHAKE_UNFINISHED,
        StepId.TCP_MIDWAY,
        StepId.TCP_LOST_SEGMENT,
        StepId.TCP_STILL_OPEN,
        StepId.DNS_NO_ANSWER,
    }
)
_UNSURE = frozenset({Outcome.OPEN, Outcome.HALF_CLOSED, Outcome.UNANSWERED})


def doubt(talk: Talk) -> None:
    """Take back what an unread packet could refute."""
    kept = [run for run in talk.runs if run.id not in _ABSENCES]
    talk.allowance.kept -= len(talk.runs) - len(kept)
    talk.runs = kept
    if talk.outcome in _UNSURE:
        talk.outcome = Outcome.UNKNOWN
