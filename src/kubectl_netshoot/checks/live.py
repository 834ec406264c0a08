"""A check with --live: in a container that is added to the running pod, and ends with the check."""

from collections.abc import Iterator
from datetime import timedelta

from kubectl_netshoot.added import AddedContainer, AddedPlan, Planning, Wish, visit
from kubectl_netshoot.added.telling import (
    RECORD,
    announce,
    candidate_lines,
    closing_lines,
    place_lines,
    show_lines,
)
from kubectl_netshoot.cluster import Reads
from kubectl_netshoot.config import Connection
from kubectl_netshoot.session.attachment import Ended
from kubectl_netshoot.session.choosing import Chosen
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.rights import demand
from kubectl_netshoot.session.running import asking_kubectl, connected
from kubectl_netshoot.terminal import Terminal

from .report import Show
from .request import CheckRequest
from .surveying import Survey, wanted
from .visiting import ask_and_tell

# The container's time in the pod, where we do not come to end it: the longest check, and its start.
LIFE = timedelta(minutes=3)


def show_live_plan(request: CheckRequest, connection: Connection, terminal: Terminal) -> int:
    """For --dry-run: reads, prints, changes nothing. 4 where rights are missing."""
    with asking_kubectl() as asking, connected(connection, terminal) as (pinned, edges, _):
        plan = _planning(request, edges.reads).plan(pinned, edges, asking.result())
        return show_lines(_lines(plan, edges), plan.rights, terminal)


def run_live(request: CheckRequest, connection: Connection, terminal: Terminal, show: Show) -> int:
    """The exit status: 0 where all is well, 1 where not, or 128 and a signal's number. Raises NetshootError."""
    with (
        asking_kubectl() as asking,
        connected(connection, terminal) as (pinned, edges, _),
        edges.inbox.signals(),
    ):
        plan = _planning(request, edges.reads).plan(pinned, edges, asking.result())
        demand(plan.rights, plan.wanted, plan.place)
        announce(plan.place, [plan.chosen], plan.notes, terminal)
        added, survey = AddedContainer(edges, plan.candidate), Survey(request, plan.chosen, edges.reads)
        terminal.say(f"adding container {added.name}; it ends with the check, {RECORD}")

        def check() -> Ended:
            return ask_and_tell(edges, survey.scene(plan.candidate.pod), added.name, show)

        ended = visit([added], request.session.timeout.total_seconds(), check)
        return ended.status if ended and not edges.inbox.signal else 128 + edges.inbox.signal


def _planning(request: CheckRequest, reads: Reads) -> Planning:
    session = request.session

    def survey(chosen: Chosen) -> str:
        """What cannot be read is known before anything is changed; no processes are shared."""
        Survey(request, chosen, reads).scene(chosen.pod)
        return ""

    wish = Wish(session.image, session.profile, session.pull_policy, LIFE + session.timeout)
    return Planning(session.target, session.pick, wish, wanted(request), survey)


def _lines(plan: AddedPlan, edges: Edges) -> Iterator[str]:
    yield from place_lines(plan.place)
    yield from candidate_lines(plan.chosen, plan.candidate, edges.kubectl)
    yield from closing_lines(plan.rights, plan.notes)
