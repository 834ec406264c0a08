"""--to HOST:PORT itself: does it take connections?"""

from collections.abc import Iterator

from kubectl_netshoot.checks.judging import dns
from kubectl_netshoot.checks.next_steps import of_connection
from kubectl_netshoot.checks.probes import Answers, Probe
from kubectl_netshoot.checks.scene import Facts, Goal, Scene
from kubectl_netshoot.checks.tools import nc
from kubectl_netshoot.checks.tools.nc import Connected
from kubectl_netshoot.checks.unasked import why
from kubectl_netshoot.checks.verdict import Check, State, Topic


def probes(scene: Scene) -> Iterator[Probe]:
    """A connection."""
    if scene.to:
        yield _tcp(scene.to)


def judge(scene: Scene, _: Facts, answers: Answers) -> Iterator[Check]:
    """One check, where there is a --to."""
    if scene.to:
        yield _judge(scene, scene.to, answers)


def _tcp(goal: Goal) -> Probe:
    return Probe("tcp", goal.host, str(goal.port))


def _judge(scene: Scene, goal: Goal, answers: Answers) -> Check:
    answer, subject = answers.of(_tcp(goal)), str(goal)
    state = nc.read(answer.text)
    evidence = (answer.last,) if answer.last else ()
    if state is Connected.YES:
        return Check(Topic.TCP, subject, subject, State.OK, state.value, evidence)
    if state is not Connected.UNKNOWN:
        return Check(
            Topic.TCP, subject, subject, State.BAD, state.value, evidence, of_connection(state, scene)
        )
    if "getaddrinfo" in answer.text and Topic.DNS in scene.topics and not dns.knows(goal, answers):
        return Check(Topic.TCP, subject, subject, State.UNKNOWN, "was not checked: its name does not resolve")
    if "getaddrinfo" in answer.text:
        return Check(Topic.TCP, subject, subject, State.BAD, "has a name that does not resolve", evidence)
    return Check(Topic.TCP, subject, subject, State.UNKNOWN, f"was not checked: {why('tcp', answer)}")
