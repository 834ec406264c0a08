"""Results as text and as JSON. The JSON keys are a promise: a test freezes them."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kubectl_netshoot.errors import ExitStatus
from kubectl_netshoot.rules.guard import ready_endpoints
from kubectl_netshoot.rules.hazards.hazard import Severity
from kubectl_netshoot.rules.hazards.services import largest, worded
from kubectl_netshoot.rules.listing import span
from kubectl_netshoot.session.copy_plan import CopyPlan
from kubectl_netshoot.session.plan import Plan, PodPlan
from kubectl_netshoot.terminal import STATUS, Terminal

if TYPE_CHECKING:
    from kubectl_netshoot.session.added_plan import AddedPlan
    from kubectl_netshoot.session.throwaway import ThrowawayPlan

SCHEMA = "kubectl-netshoot/v1"
NOTHING = frozenset[str]()
BY_US = "none: a copy with something set is created as the API server took it in its dry run"


def dry_run(
    plan: Plan, terminal: Terminal, allow: frozenset[str] = NOTHING, as_json: bool = False
) -> ExitStatus:
    """Show a plan and change nothing, as JSON where that is wanted; REFUSED where it would not be begun."""
    if as_json:
        terminal.data_json(plan_json(plan, allow))
    else:
        for line in plan_lines(plan, allow, bool(terminal.verbosity)):
            report_row(line, terminal, COLUMN)
        terminal.data("nothing was changed (--dry-run)")
    return ExitStatus.DONE if plan.may_begin(allow) else ExitStatus.REFUSED


def report_row(line: str, terminal: Terminal, column: int = 2) -> None:
    """A row of a report or plan: the word that says how it stands is coloured, the rest goes on from this column."""
    word = line.partition(" ")[0].rstrip(":")
    status = word if word in STATUS else ""
    is_row = status or line[:column].split(" ", 1)[1:] == [" " * (column - len(word) - 1)]
    terminal.data_row(line, status, column if is_row else len(line) - len(line.lstrip()) + 2)


def show(terminal: Terminal, plan: PodPlan) -> None:
    """The plan in short, for a person who is asked to accept its warnings."""
    terminal.show(short_lines(plan))


def short_lines(plan: PodPlan) -> Iterator[str]:
    """What would be made, what it would take of whose clients, and when it ends."""
    of = f" of pod {plan.join.source.name}" if isinstance(plan, CopyPlan) else ""
    ends = f"ended by the cluster after {span(plan.mark.ttl)}"
    yield f"{plan.mark.noun} {plan.name}{of}, profile {plan.profile.profile}, {ends}"
    if isinstance(plan, CopyPlan):
        yield from _difference_lines(plan)
    ready = dict(plan.join.ready_before)
    for name, found in plan.join.shares:
        yield f"Service {name}: it takes about {worded(found)}, beside {ready_endpoints(ready[name])}"


def plan_lines(plan: Plan, allow: frozenset[str] = NOTHING, with_commands: bool = False) -> Iterator[str]:
    """The plan for people, `with_commands` of kubectl that make it."""
    yield _line("context", plan.target.context or "(none)")
    yield _line("namespace", plan.target.namespace)
    if isinstance(plan, CopyPlan):
        yield from _copy_lines(plan, allow)
        if with_commands:
            yield _line("command", plan.pasted(plan.command) if plan.command else BY_US)
        return
    from kubectl_netshoot.session.added_plan import AddedPlan
    from kubectl_netshoot.session.throwaway import ThrowawayPlan

    if isinstance(plan, ThrowawayPlan):
        yield from _throwaway_lines(plan, allow)
    elif isinstance(plan, AddedPlan):
        yield from _added_lines(plan, with_commands)


# Where the text of a plan's line begins.
COLUMN = 11


def _line(word: str, text: str) -> str:
    return f"{word:<{COLUMN - 1}} {text}"


def _copy_lines(plan: CopyPlan, allow: frozenset[str]) -> Iterator[str]:
    source = plan.join.source
    state = "ready" if source.ready else "not ready"
    yield _line("source", f"pod/{source.name} on {source.node or 'no node'}, {state}")
    if plan.chosen.how:
        yield _line("chosen", plan.chosen.how)
    yield _line("copy", f"pod/{plan.name}, image {plan.copy.image}")
    yield _line("profile", f"{plan.profile.profile}: {plan.profile.reason}")
    yield from _difference_lines(plan)
    yield from _join_lines(plan)
    costs = [f"{name} {' + '.join(parts)}" for name, parts in plan.requests.items()]
    yield _line("requests", ", ".join(costs) or "none")
    by_scheduler = "chosen by the scheduler, under the affinity and tolerations of the pod"
    yield _line("node", plan.node or by_scheduler)
    yield from _hazard_lines(plan, allow)
    yield from _end_lines(plan)


def _difference_lines(plan: CopyPlan) -> Iterator[str]:
    """In what a copy with something set in it differs from its source, by container."""
    part = ""
    if plan.copy.set_fields and not plan.differences:
        yield _line("differs", "in nothing: what is set is in the pod already")
    for difference in plan.differences:
        head, _, field = difference.where.partition(": ")
        if head != part:
            part = head
            yield _line("differs", head)
        for sign, value in (("-", difference.before), ("+", difference.after)):
            if value:
                yield _line(sign, f"{field}: {value}" if field else value)


def _throwaway_lines(plan: "ThrowawayPlan", allow: frozenset[str]) -> Iterator[str]:
    yield _line("pod", f"{plan.where}, image {plan.image}")
    yield _line("profile", f"{plan.profile.profile}: {plan.profile.reason}")
    yield from (_line(word, text) for word, text in plan.details)
    yield from _join_lines(plan)
    yield from _hazard_lines(plan, allow)
    yield from _end_lines(plan)
    yield _line("manifest", "as it would be sent; labels come by a patch, once the pod is its own controller")
    yield from (f"  {line}" for line in json.dumps(plan.manifest, indent=2).splitlines())


def _added_lines(plan: "AddedPlan", with_commands: bool) -> Iterator[str]:
    from kubectl_netshoot.session.added_plan import RECORD

    manner = f"{plan.manner}; " if plan.manner else ""
    for candidate in plan.candidates:
        container, choice = candidate.container, candidate.choice
        yield _line("pod", f"{candidate.chosen.described} on {candidate.pod.node}")
        if candidate.running:
            yield _line("container", f"{candidate.running}, which runs there already: nothing is added")
            continue
        yield _line("container", f"{container.name}, image {container.image}; {manner}{RECORD}")
        yield _line("profile", f"{choice.profile}: {choice.reason}")
        if with_commands:
            yield _line("command", plan.pasted(candidate.command))
    yield from (_line(word, text) for word, text in plan.details)
    yield from _end_lines(plan)


def _join_lines(plan: PodPlan) -> Iterator[str]:
    join, ready = plan.join, dict(plan.join.ready_before)
    yield _line("deadline", f"{span(plan.mark.ttl)} after its start, kept by the cluster")
    for name, found in join.shares:
        share = f"the {plan.mark.noun} would take {worded(found)}"
        yield _line("join", f"service/{name}: {ready_endpoints(ready[name])}, {share}")
    if join.services:
        settle = f"{span(plan.mark.settle)} after the leave, for proxies and clients to hear of it"
        yield _line("settle", settle)
    if join.labels:
        yield _line("labels", ", ".join(f"{key}={value}" for key, value in join.labels))
        yield _line("selected", f"by {', '.join(join.selecting) or 'nothing'}")
        yield _line("", f"before the join by {', '.join(join.selecting_before) or 'nothing'}")


def _hazard_lines(plan: PodPlan, allow: frozenset[str]) -> Iterator[str]:
    refused = plan.join.refused(allow)
    for hazard in plan.join.hazards:
        lifted = "warning" if hazard.severity is Severity.WARN else "allowed"
        word = "refused" if hazard in refused else lifted
        yield _line(word, f"{hazard.id}: {hazard.what}; {hazard.instead}")


def _end_lines(plan: Plan) -> Iterator[str]:
    """What is in the way whatever is planned, and what must be known."""
    for right in plan.rights.missing:
        yield _line("missing", f"the right to {right}: {right.purpose}")
    for note in plan.notes:
        yield _line("note", note)


def plan_json(plan: Plan, allow: frozenset[str]) -> dict[str, Any]:
    """The plan of a pod for --dry-run -o json."""
    from kubectl_netshoot.session.throwaway import ThrowawayPlan

    head = {"schema": SCHEMA, "context": plan.target.context, "namespace": plan.target.namespace}
    if isinstance(plan, CopyPlan):
        source = plan.join.source
        return {
            **head,
            "target": str(plan.chosen.target),
            "chosen": plan.chosen.how,
            "source": {"name": source.name, "uid": source.uid, "node": source.node},
            "copy": _pod_json(plan, plan.copy.image),
            "set": list(plan.mark.set_names),
            "differences": [
                {"where": d.where, "before": d.before, "after": d.after} for d in plan.differences
            ],
            **_join_json(plan),
            "requests": {resource: list(quantities) for resource, quantities in plan.requests.items()},
            "node": plan.node,
            "command": list(plan.command),
            **_verdict_json(plan, allow),
        }
    assert isinstance(plan, ThrowawayPlan)
    return {
        **head,
        "kind": plan.mark.kind,
        "pod": _pod_json(plan, plan.image),
        **_join_json(plan),
        "manifest": plan.manifest,
        **_verdict_json(plan, allow),
    }


def _pod_json(plan: PodPlan, image: str) -> dict[str, Any]:
    profile = plan.profile
    return {
        "name": plan.name,
        "image": image,
        "profile": profile.profile,
        "profileReason": profile.reason,
    }


def _join_json(plan: PodPlan) -> dict[str, Any]:
    ready = dict(plan.join.ready_before)
    return {
        "services": [
            {"name": name, "readyEndpoints": ready[name], "share": largest(found)}
            for name, found in plan.join.shares
        ],
        "labels": dict(plan.join.labels),
        "selecting": {"before": list(plan.join.selecting_before), "after": list(plan.join.selecting)},
    }


def _verdict_json(plan: PodPlan, allow: frozenset[str]) -> dict[str, Any]:
    refused = {id(hazard) for hazard in plan.join.refused(allow)}
    return {
        "ttlSeconds": int(plan.mark.ttl.total_seconds()),
        "hazards": [
            {
                "id": h.id,
                "severity": h.severity.value,
                "refused": id(h) in refused,
                "what": h.what,
                "instead": h.instead,
            }
            for h in plan.join.hazards
        ],
        "notes": list(plan.notes),
        "missingRights": [str(right) for right in plan.rights.missing],
        "allowed": plan.may_begin(allow),
    }
