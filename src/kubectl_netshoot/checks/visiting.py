"""A check in a copy: it takes the place of the shell in a session, and everything around it is the session's."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone

from kubectl_netshoot.errors import ExitStatus
from kubectl_netshoot.model import Pod
from kubectl_netshoot.request import SessionRequest
from kubectl_netshoot.session.attachment import Ended
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.planning import Plan
from kubectl_netshoot.session.visit import Visit

from .asking import Asking, Lost, Tools
from .judging.together import judge
from .report import Report, Show
from .request import CheckRequest
from .scene import Scene
from .surveying import Survey, first_look


def checking(request: CheckRequest, show: Show) -> Callable[[Edges, Plan, SessionRequest], Visit]:
    """What a session is given in the place of a shell; `show` puts the report on stdout."""

    def visit(edges: Edges, plan: Plan, _: SessionRequest) -> Visit:
        survey = Survey(request, plan.chosen, edges.reads)
        return CheckVisit(edges, survey, first_look(survey, plan.target), show)

    return visit


@dataclass
class CheckVisit:
    """One check in one copy; `before` is the scene as it was when nothing had been changed."""

    edges: Edges
    survey: Survey
    before: Scene
    show: Show

    def before_join(self, copy: Pod) -> None:
        """A copy that is checked joins nothing."""

    def run(self, copy: Pod) -> Ended:
        """Ask, judge, show. The status is 0 where all is well, else 1."""
        scene = self.survey.scene_or(copy, self.before)
        return ask_and_tell(self.edges, scene, copy.tools, self.show)


def ask_and_tell(edges: Edges, scene: Scene, container: str, show: Show) -> Ended:
    """The whole check in a container that runs; after a signal nothing is shown."""
    tools = Tools(edges, scene.place.name, container)
    try:
        known = Asking(tools).run(scene)
    except Lost:
        return Ended(128 + edges.inbox.signal)
    report = Report(scene, judge(scene, known, tools.answers, datetime.now(timezone.utc)))
    show(report)
    return Ended(ExitStatus.DONE if report.well else ExitStatus.FAILED)
