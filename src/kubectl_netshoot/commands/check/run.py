"""The command from the request to its exit status: all topics asked at once, in a copy or in an added container."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain

from kubectl_netshoot.commands.check import certificates, dns, endpoints, path, ports
from kubectl_netshoot.commands.check.request import CheckRequest
from kubectl_netshoot.commands.check.scene import CheckReport, PodFacts, Scene, Show
from kubectl_netshoot.commands.check.verdict import Check, Topic
from kubectl_netshoot.errors import ApiError, ExitStatus
from kubectl_netshoot.kube.kubeconfig import Connection, Pinned, Target
from kubectl_netshoot.kube.kubectl import DebugHelp
from kubectl_netshoot.kube.parse import container_ports
from kubectl_netshoot.kube.reads import Reads, review
from kubectl_netshoot.kube.services import services_named, services_of
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.rights import Use
from kubectl_netshoot.session.added import AddedContainer, work_in
from kubectl_netshoot.session.added_plan import RECORD, AddedPlan, Addition, Wish, announce
from kubectl_netshoot.session.choice import Chosen
from kubectl_netshoot.session.copy_plan import CopyPlan
from kubectl_netshoot.session.edges import Edges
from kubectl_netshoot.session.plan import Plan, PodPlan
from kubectl_netshoot.session.session import plan_only, plan_session, run_planned, run_session
from kubectl_netshoot.session.shell import Ended
from kubectl_netshoot.session.tools import output
from kubectl_netshoot.session.tools.probes import Answers, Probe, no_answer
from kubectl_netshoot.session.tools.run import LOOK_SECONDS, Lost, Tools
from kubectl_netshoot.terminal import Terminal

RESOLVER, LINKS, SOCKETS = Probe("resolver"), Probe("links"), Probe("sockets")
FACTS = (RESOLVER, LINKS, SOCKETS)


def facts(answers: Answers) -> PodFacts:
    """What the pod says of itself."""
    listening, links = answers.of(SOCKETS), answers.of(LINKS)
    trouble = [no_answer(p.kind, answers.of(p)) for p in (SOCKETS, LINKS) if answers.of(p).status != 0]
    return PodFacts(
        output.read_resolver(answers.of(RESOLVER).text),
        output.links(links.text) if links.status == 0 else None,
        output.sockets(listening.text) if listening.status == 0 else None,
        "; ".join(trouble),
    )


def questions(scene: Scene, known: PodFacts) -> tuple[Probe, ...]:
    """What to ask the network, each once, the slowest first."""
    return tuple(dict.fromkeys(_questions(scene, known)))


def _questions(scene: Scene, known: PodFacts) -> Iterator[Probe]:
    if Topic.PATH in scene.topics:
        yield from path.probes(scene, known)
    if Topic.DNS in scene.topics:
        yield from dns.probes(scene, known)
    if Topic.TCP in scene.topics:
        yield from endpoints.probes(scene)
        yield from endpoints.goal_probes(scene)
    if Topic.TLS in scene.topics:
        yield from certificates.probes(scene)


def follow_ups(scene: Scene, answers: Answers) -> tuple[Probe, ...]:
    """What the first answers lead to."""
    found = [*(endpoints.follow_ups(scene, answers) if Topic.TCP in scene.topics else ())]
    found += certificates.follow_ups(scene, answers) if Topic.TLS in scene.topics else ()
    return tuple(dict.fromkeys(found))


def judge(scene: Scene, known: PodFacts, answers: Answers, now: datetime) -> tuple[Check, ...]:
    """Every check of the topics that were asked for."""
    found = {
        Topic.DNS: dns.judge(scene, known, answers),
        Topic.TCP: chain(endpoints.judge(scene, known, answers), endpoints.judge_goal(scene, known, answers)),
        Topic.TLS: certificates.judge(scene, known, answers, now),
        Topic.PORTS: ports.judge(scene, known, answers),
        Topic.PATH: path.judge(scene, known, answers),
    }
    return tuple(check for topic in Topic if topic in scene.topics for check in found[topic])


# From the first question to the last answer; what is under way then may take its own time.
BUDGET_SECONDS = 20
# An application that was started with the copy may not listen yet.
PATIENCE_SECONDS = 6.0


@dataclass
class Inquiry:
    """All questions about one scene, asked in one container."""

    tools: Tools
    _since: float = field(default_factory=time.monotonic)

    def run(self, scene: Scene) -> PodFacts:
        """Ask everything; what the pod said of itself. Raises NetshootError where no tool could be run, Lost."""
        known = self._facts(scene)
        self._ask(questions(scene, known), "asking the network")
        self._ask(follow_ups(scene, self.tools.answers), "asking by TLS")
        return known

    def _facts(self, scene: Scene) -> PodFacts:
        edges, until = self.tools.edges, time.monotonic() + PATIENCE_SECONDS
        while True:
            self._ask(FACTS, "asking the pod")
            known = facts(self.tools.answers)
            is_early = Topic.PORTS in scene.topics and scene.in_copy and ports.missing(scene, known)
            if not is_early or time.monotonic() >= until:
                return known
            edges.terminal.progress("waiting for the copy's application to listen")
            edges.inbox.wait(LOOK_SECONDS)

    def _ask(self, probes: Sequence[Probe], what: str) -> None:
        self.tools.ask(probes, what, BUDGET_SECONDS - (time.monotonic() - self._since))


@dataclass(frozen=True)
class Survey:
    """Of one chosen pod."""

    request: CheckRequest
    chosen: Chosen
    reads: Reads

    def scene(self, place: Pod) -> Scene:
        """Everything as it is now; `place` is the pod that the tools run in. Raises NetshootError, ApiError."""
        names, fetch = self.request.services, self.reads.fetch
        found = services_named(fetch, names) if names else services_of(fetch, self.chosen.pod.labels)
        return Scene(
            pod=self.chosen.pod,
            place=place,
            services=found,
            declared=container_ports(self.chosen.sent),
            topics=self.request.topics,
            to=self.request.to,
            path=self.request.path,
            flags=fetch.flags,
        )

    def scene_or(self, place: Pod, before: Scene) -> Scene:
        """The same; where it cannot be read now, what was there before has to do."""
        try:
            return self.scene(place)
        except ApiError:
            return replace(before, place=place)


def first_look(survey: Survey, place: Target) -> Scene:
    """Before anything is changed. Raises NetshootError with all missing rights where a read is refused."""
    pod, fetch, target = survey.chosen.pod, survey.reads.fetch, survey.request.session.target
    try:
        return survey.scene(pod)
    except ApiError as error:
        if error.code == 403:
            review(fetch, Use.CHECK, target=target, name=pod.name).demand(place.namespace, error.message)
        raise


def checking(request: CheckRequest, show: Show, edges: Edges, plan: CopyPlan) -> "CopyCheck":
    """What a session does in the place of a shell; `show` puts the report on stdout."""
    survey = Survey(request, plan.chosen, edges.reads)
    return CopyCheck(edges, survey, first_look(survey, plan.target), show)


@dataclass
class CopyCheck:
    """One check in one copy; `before` is the scene as it was when nothing had been changed."""

    edges: Edges
    survey: Survey
    before: Scene
    show: Show

    def before_join(self, copy: Pod) -> None:
        """A copy that is checked joins nothing."""

    def run(self, copy: Pod) -> Ended:
        """Ask, judge, show. The status is 0 where no problem was found, else 1."""
        scene = self.survey.scene_or(copy, self.before)
        return ask_and_tell(self.edges, scene, copy.tools, self.show)


def ask_and_tell(edges: Edges, scene: Scene, container: str, show: Show) -> Ended:
    """The whole check in a container that runs; after a signal nothing is shown."""
    tools = Tools(edges, scene.place.name, container)
    try:
        known = Inquiry(tools).run(scene)
    except Lost:
        return Ended(128 + edges.inbox.signal)
    report = CheckReport(scene, judge(scene, known, tools.answers, edges.reads.now()))
    show(report)
    return Ended(ExitStatus.DONE if report.healthy else ExitStatus.FAILED)


# The container's time in the pod, where we do not come to end it: the longest check, and its start.
LIFE = timedelta(minutes=3)


def make_plan(
    request: CheckRequest, pinned: Pinned, edges: Edges, debug: Callable[[], DebugHelp]
) -> AddedPlan:
    """What would be added. Raises NetshootError where there is no such pod, or what is asked of it cannot be read."""
    session = request.session

    def survey(chosen: Chosen) -> str:
        """What cannot be read is known before anything is changed; no processes are shared."""
        Survey(request, chosen, edges.reads).scene(chosen.pod)
        return ""

    wish = Wish(session.image, session.profile, session.pull_policy, LIFE + session.timeout)
    return Addition(session.target, session.pick, wish, Use.LIVE_CHECK, survey).plan(pinned, edges, debug)


def check_live(request: CheckRequest, show: Show, plan: AddedPlan, edges: Edges) -> int:
    """The exit status: 0 where no problem was found, else 1, or 128 and a signal number. Raises NetshootError."""
    announce(plan, edges.terminal)
    added = AddedContainer(edges, plan.candidate)
    survey = Survey(request, plan.candidate.chosen, edges.reads)
    edges.terminal.say(f"adding container {added.name}; it ends with the check, but {RECORD}")

    def check() -> Ended:
        return ask_and_tell(edges, survey.scene(plan.candidate.pod), added.name, show)

    ended = work_in([added], request.session.timeout.total_seconds(), check)
    return ended.status if ended and not edges.inbox.signal else 128 + edges.inbox.signal


def plan_check(request: CheckRequest, connection: Connection, terminal: Terminal) -> Plan:
    """The plan alone."""
    if request.live:
        return plan_only(partial(make_plan, request), connection, terminal)
    return plan_session(request.session, connection, terminal)


def run_check(
    request: CheckRequest,
    connection: Connection,
    terminal: Terminal,
    show_plan: Callable[[PodPlan], None],
    show: Show,
) -> int:
    """0 where no problem was found, else 1. Raises what run_session raises."""
    if request.live:
        return run_planned(
            partial(make_plan, request), connection, terminal, partial(check_live, request, show)
        )
    return run_session(request.session, connection, terminal, show_plan, partial(checking, request, show))
