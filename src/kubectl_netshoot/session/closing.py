"""How it ended: why a pod is still there, what the cluster does, and what to run next; and all of it as JSON."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from kubectl_netshoot.errors import ExitStatus, NetshootError, RefusedError
from kubectl_netshoot.kube.kubeconfig import Target
from kubectl_netshoot.model import Pod, ServiceEndpoints
from kubectl_netshoot.rules.guard import ready_endpoints
from kubectl_netshoot.rules.hazards.hazard import Hazard
from kubectl_netshoot.rules.hazards.services import largest
from kubectl_netshoot.rules.marks import Mark, is_joined, mark_of
from kubectl_netshoot.rules.steps import Done, Goal, Stop
from kubectl_netshoot.session.comparison import LastLook, connections_json, last_look_json
from kubectl_netshoot.session.driver import Driver
from kubectl_netshoot.session.plan import PodPlan
from kubectl_netshoot.session.shell import Ended
from kubectl_netshoot.terminal import Terminal, one_line


def way_out(mark: Mark, driver: Driver, goal: Goal) -> str:
    """The answer to the first signal: what happens now, and what the next Ctrl-C skips, where there is anything."""
    leave, skip = "", "; Ctrl-C again skips the wait for clients" if driver.was_joined else ""
    if driver.is_in_service:
        what = f"leaving Service {', '.join(mark.services)}" if mark.services else "taking its labels off"
        leave, skip = f"{what}, then ", "; after that Ctrl-C skips the wait for clients"
    return f"interrupted: {leave}{'keeping' if goal is Goal.OUT else 'deleting'} the {mark.noun}{skip}"


def left_behind(
    name: str, target: Target, stop: Stop, copy: Pod | None, clock: datetime, before: Sequence[str] = ()
) -> RefusedError:
    """The error for a copy that could not be taken out safely: what is left, and the exact next command.

    `clock` is the API server's.
    """
    verdict, noun = stop.verdict, mark_of(copy).noun if copy else "pod"
    lines = [
        *(f"before that: {text}" for text in before),
        _state(name, copy, clock),
        next_command(name, target),
    ]
    if verdict.finding:
        lines.append(
            f"or, if that is known and accepted, {next_command(name, target)} --allow {verdict.finding}"
        )
    return RefusedError(f"{noun} {name} was not cleaned up: {verdict.reason}", "\n".join(lines))


def _state(name: str, copy: Pod | None, clock: datetime) -> str:
    """How it stands, and what becomes of it."""
    if copy and copy.terminating:
        return f"pod {name} is being deleted, and its node has not ended it: is the node there?"
    return f"pod {name} was left as it is; {_end(copy, clock)}"


def _end(copy: Pod | None, clock: datetime) -> str:
    """What the cluster does with it: its deadline is the kubelet's, and counts from the pod's start."""
    if copy is None or copy.finished:
        return "look whether it still exists"
    if copy.active_deadline is None:
        return "it has no deadline yet"
    if copy.started is None:
        return "it has not started on a node, and until then its --ttl does not count"
    if copy.deadline and copy.deadline <= clock:
        return "its --ttl is over, and its node has not ended it: is the node there?"
    return "the cluster ends it when its --ttl is over"


def ended_as(ended: Ended, noun: str, tools: str, killed: str) -> str:
    """How the shell or COMMAND ended; `killed` says how its container, `tools`, was ended, where it was."""
    if ended.expired:
        return f"the time of the {noun} (--ttl) was nearly over, so the session left by itself"
    if killed:
        return f"container {tools} was ended ({killed})"
    if ended.lost:
        cut = ", and the command's output is cut" if ended.cut else ""
        return f"the connection to the {noun} was lost{cut}"
    return f"the command had ended with status {ended.status}"


def not_as_planned(surprises: Sequence[Hazard], left: NetshootError | None = None) -> RefusedError:
    """The error for what was done beside making the copy: that comes first, then what is `left` of the copy."""
    worst, *others = surprises
    lines = [worst.instead, *(f"{h.id}: {h.what}" for h in others)]
    lines += [left.message, left.hint] if left else []
    return RefusedError(f"{worst.id}: {worst.what}", "\n".join(lines))


def standing(copy: Pod) -> str:
    """How a pod of ours stands that stays when somebody goes."""
    if not is_joined(copy):
        return "still there, out of service"
    # A throwaway pod may have labels that no Service selects.
    return "still in service" if mark_of(copy).services else "still there, with its labels"


def done(
    name: str, copy: Pod | None, services: Sequence[ServiceEndpoints], mark: Mark, deleting: bool
) -> str:
    """The last line of what went well: `services` are those that it has left; they and `copy` are as last seen."""
    what = "done: the cluster is deleting" if deleting else "done: deleted"
    # The kubelet's end is not the last then: nobody knows when, or whether, who has put them there takes them off.
    held = f", which is held by {', '.join(copy.finalizers)}" if deleting and copy and copy.finalizers else ""
    left = [_as_before(service, mark) for service in services if service.service in mark.services]
    return "; ".join([f"{what} {mark.noun} {name}{held}", *left])


def _as_before(service: ServiceEndpoints, mark: Mark) -> str:
    ready, before = service.ready_others(""), mark.ready_before.get(service.service)
    if ready == before:
        return f"Service {service.service} as before ({ready_endpoints(ready)})"
    return f"Service {service.service} has {ready_endpoints(ready)}"


def stopped(name: str, target: Target, driver: Driver) -> NetshootError:
    """The last word after a second Ctrl-C, by what was last seen."""
    copy = driver.copy
    if driver.is_deleting:
        error = NetshootError(f"stopped by Ctrl-C; the cluster is deleting pod {name}")
        error.status = ExitStatus.INTERRUPTED
        return error
    if copy is None:
        may = (
            "it may still be created"
            if driver.may_come_to_be
            else "it was not there when it was last looked for"
        )
        return interrupted(f"stopped by Ctrl-C; pod {name} is not looked after: {may}", name, target)
    left = f"{_end(copy, driver.edges.reads.now())}"
    return interrupted(f"stopped by Ctrl-C; pod {name} is {standing(copy)}; {left}", name, target)


def interrupted(message: str, name: str, target: Target) -> NetshootError:
    """An end by Ctrl-C that leaves this copy to be looked after."""
    error = NetshootError(message, next_command(name, target))
    error.status = ExitStatus.INTERRUPTED
    return error


def to_delete(name: str, target: Target) -> str:
    """How to be rid of what stays because somebody wants it to."""
    return f"to delete it: {_cleanup(name, target)}"


def next_command(name: str, target: Target) -> str:
    """What to run now, whatever has happened."""
    return f"try: {_cleanup(name, target)}"


def _cleanup(name: str, target: Target) -> str:
    return f"kubectl netshoot cleanup {name} {target.words}"


SCHEMA = "kubectl-netshoot/v1"


def summary(
    plan: PodPlan, driver: Driver, ending: object, status: int, message: str, look: LastLook | None = None
) -> dict[str, Any]:
    """What was made, what it took for how long, and how it ended: `status` is the exit status, `message` an error's.

    `look` is the last one at a copy with something set in it.
    """
    copy, after = driver.copy, {service.service: service for service in driver.endpoints}
    ready = dict(plan.join.ready_before)
    return {
        "schema": SCHEMA,
        "context": plan.target.context,
        "namespace": plan.target.namespace,
        "kind": plan.mark.kind,
        "source": plan.mark.source,
        "set": list(plan.mark.set_names),
        "pod": {"name": plan.name, "uid": copy.uid if copy else "", "node": copy.node if copy else ""},
        "services": [
            {
                "name": name,
                "share": largest(found),
                "readyBefore": ready[name],
                "readyAfter": after[name].ready_others(copy.uid if copy else "") if name in after else None,
            }
            for name, found in plan.join.shares
        ],
        "secondsInService": None
        if driver.time_in_service is None
        else round(driver.time_in_service.total_seconds(), 1),
        "connections": None if driver.time_in_service is None else connections_json(driver.accepted),
        "lastLook": last_look_json(look),
        "warnings": [
            {"id": hazard.id, "what": one_line(hazard.what)}
            for hazard in (*plan.join.hazards, *driver.surprises)
        ],
        "notes": [one_line(note) for note in plan.notes],
        "ended": {"status": status, "message": one_line(message), "pod": _left(copy, ending)},
    }


def _left(copy: Pod | None, ending: object) -> str:
    """What has become of the pod."""
    if not isinstance(ending, Done):
        return "left" if copy else "unknown"
    if ending.exists:
        return "deleting" if ending.deleting else "kept"
    return "deleted" if copy else "never made"


def write(path: str, document: dict[str, Any], terminal: Terminal) -> None:
    """Into this file, in the place of what was there; where that cannot be it is said, and changes nothing else."""
    try:
        Path(path).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        terminal.warn(f"the summary cannot be written into {path}: {error.strerror}")
