"""Certificates: until when, for which names, and by whose authority, of every port that speaks TLS."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from kubectl_netshoot.commands.check.endpoints import may_speak_tls, server_name
from kubectl_netshoot.commands.check.scene import CheckTarget, Door, PodFacts, Scene, doors
from kubectl_netshoot.commands.check.verdict import Check, CheckState, Topic
from kubectl_netshoot.model import ServiceWithEndpoints
from kubectl_netshoot.rules.app_protocol import Speaks, by_number, speaks
from kubectl_netshoot.session.tools import output
from kubectl_netshoot.session.tools.output import UNKNOWN_AUTHORITY, Certificate
from kubectl_netshoot.session.tools.probes import Answers, Probe, ToolOutput, no_answer

SOON = timedelta(days=14)


def probes(scene: Scene) -> Iterator[Probe]:
    """A handshake with what is known to speak TLS."""
    for service in scene.services:
        yield from (_of_door(door) for door in doors(service) if speaks(door.port) is Speaks.HTTPS)
    if scene.to and by_number(scene.to.port) is Speaks.HTTPS:
        yield _of_goal(scene.to)


def follow_ups(scene: Scene, answers: Answers) -> Iterator[Probe]:
    """A handshake with what turned out not to speak plain HTTP."""
    for service in scene.services:
        yield from (_of_door(door) for door in doors(service) if may_speak_tls(door, scene, answers))


def judge(scene: Scene, facts: PodFacts, answers: Answers, now: datetime) -> Iterator[Check]:
    """A check for each port of TLS that could be reached: what cannot be reached is told by its connection."""
    for service in scene.services:
        for door in doors(service):
            surely = speaks(door.port) is Speaks.HTTPS
            if surely or may_speak_tls(door, scene, answers):
                names = _names(service, facts)
                yield from _judge_door(door, answers.of(_of_door(door)), names, surely, now)
    if scene.to and by_number(scene.to.port) is Speaks.HTTPS:
        yield from _judge_goal(scene.to, answers.of(_of_goal(scene.to)), now)


def _of_door(door: Door) -> Probe:
    return Probe("tls", door.where, server_name(door.service))


def _of_goal(goal: CheckTarget) -> Probe:
    return Probe("tls", str(goal), goal.host)


def _names(service: ServiceWithEndpoints, facts: PodFacts) -> tuple[str, ...]:
    """All that clients in the cluster may call the Service."""
    short = f"{service.name}.{service.namespace}"
    return service.name, short, f"{short}.svc", f"{short}.svc.{facts.domain(service.namespace)}"


def _judge_door(
    door: Door, answer: ToolOutput, names: tuple[str, ...], surely: bool, now: datetime
) -> Iterator[Check]:
    shown = output.read_openssl(answer.text)
    if shown.certificate:
        state, what, step = _judge(shown.certificate, now)
        if state is not CheckState.BAD and not any(shown.certificate.is_for(name) for name in names):
            # It may well be meant for clients that come from elsewhere, under another name.
            state, what = (
                CheckState.NOTE,
                f"{what}; it is for {_listed(shown.certificate)}, not for {names[2]}",
            )
        evidence = _evidence(shown.certificate)
        yield Check(Topic.TLS, door.service.name, str(door), state, what, evidence, step, bool(door.endpoint))
    elif surely and shown.connected:
        what = f"takes the connection and shows no certificate ({shown.error or answer.last})"
        yield Check(
            Topic.TLS,
            door.service.name,
            str(door),
            CheckState.BAD,
            what,
            (answer.last,),
            "",
            bool(door.endpoint),
        )
    elif surely and answer.status != 1:
        what = f"was not checked: {no_answer('tls', answer)}"
        yield Check(Topic.TLS, door.service.name, str(door), CheckState.UNKNOWN, what)


def _judge_goal(goal: CheckTarget, answer: ToolOutput, now: datetime) -> Iterator[Check]:
    shown, subject = output.read_openssl(answer.text), str(goal)
    if not shown.certificate:
        if answer.status != 1 or shown.connected:
            what = f"showed no certificate: {shown.error or no_answer('tls', answer)}"
            yield Check(Topic.TLS, subject, subject, CheckState.UNKNOWN, what)
        return
    state, what, step = _judge(shown.certificate, now)
    if state is not CheckState.BAD and not shown.certificate.is_for(goal.host):
        # Here the name is the one that the client uses.
        state, what = CheckState.BAD, f"{what}; it is for {_listed(shown.certificate)}, not for {goal.host}"
    yield Check(Topic.TLS, subject, subject, state, what, _evidence(shown.certificate), step)


def _judge(certificate: Certificate, now: datetime) -> tuple[CheckState, str, str]:
    """By its dates and its chain, with the next step."""
    ends = certificate.ends
    if certificate.is_over(now):
        return CheckState.BAD, f"shows a certificate that has expired on {_day(ends)}", "renew it"
    if certificate.is_early(now):
        return (
            CheckState.BAD,
            f"shows a certificate that is valid only from {_day(certificate.begins)} on",
            "compare clocks",
        )
    what = f"shows a certificate that is valid until {_day(ends)}"
    if ends and ends - now < SOON:
        return CheckState.NOTE, f"{what}, which is soon", "renew it"
    if certificate.verdict in UNKNOWN_AUTHORITY:
        return CheckState.OK, f"{what}, by an authority that this image does not know", ""
    if certificate.verdict:
        return CheckState.BAD, f"{what}, but its chain is wrong: {certificate.verdict_text}", ""
    return CheckState.OK, what, ""


def _evidence(certificate: Certificate) -> tuple[str, ...]:
    return (
        f"subject {certificate.subject or 'none'}, issuer {certificate.issuer or 'none'}",
        f"for {_listed(certificate)}; {_day(certificate.begins)} to {_day(certificate.ends)}",
        f"openssl: {certificate.verdict} ({certificate.verdict_text or 'ok'})",
    )


def _listed(certificate: Certificate) -> str:
    names = certificate.names
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "") or "no name"


def _day(date: datetime | None) -> str:
    return date.strftime("%Y-%m-%d %H:%M UTC") if date else "an unknown date"
