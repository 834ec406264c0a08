"""Results as text and as JSON. The JSON keys are a promise: a test freezes them."""

import json
import shlex
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from kubectl_netshoot.commands.manage import Cleaned, CopyStatus
from kubectl_netshoot.errors import ExitStatus
from kubectl_netshoot.rules.hazards.hazard import Severity
from kubectl_netshoot.rules.hazards.topology import Share, worded
from kubectl_netshoot.rules.listing import span
from kubectl_netshoot.rules.marks import COPY, format_time
from kubectl_netshoot.session.plan import Plan
from kubectl_netshoot.session.visit import Undertaking
from kubectl_netshoot.terminal import Terminal

if TYPE_CHECKING:
    from kubectl_netshoot.session.throwaway import PodPlan

SCHEMA = "kubectl-netshoot/v1"
P = TypeVar("P", bound=Undertaking)


def plan_json(plan: Plan, allow: frozenset[str]) -> dict[str, Any]:
    """The plan for --dry-run -o json."""
    return {
        "schema": SCHEMA,
        "context": plan.target.context,
        "namespace": plan.target.namespace,
        "target": str(plan.chosen.target),
        "chosen": plan.chosen.how,
        "source": {"name": plan.join.source.name, "uid": plan.join.source.uid, "node": plan.join.source.node},
        "copy": {
            "name": plan.copy.name,
            "image": plan.copy.image,
            "profile": plan.copy.profile,
            "profileReason": plan.profile.reason,
        },
        **_joining_json(plan),
        "requests": {resource: list(quantities) for resource, quantities in plan.requests.items()},
        "node": plan.node,
        "command": list(plan.command),
        **_verdict_json(plan, allow),
    }


def pod_plan_json(plan: "PodPlan", allow: frozenset[str]) -> dict[str, Any]:
    """The plan of a pod of our own, its manifest included."""
    return {
        "schema": SCHEMA,
        "context": plan.target.context,
        "namespace": plan.target.namespace,
        "kind": plan.mark.kind,
        "pod": {
            "name": plan.name,
            "image": plan.image,
            "profile": plan.profile.profile,
            "profileReason": plan.profile.reason,
        },
        **_joining_json(plan),
        "manifest": plan.manifest,
        **_verdict_json(plan, allow),
    }


def _largest(shares: Sequence[Share]) -> float | None:
    """What the copy takes of those clients of whom it takes most; None where that depends on its node."""
    known = [1 / (share.others + 1) for share in shares if share.others is not None]
    return round(max(known), 4) if len(known) == len(shares) else None


def _joining_json(plan: Undertaking) -> dict[str, Any]:
    ready = dict(plan.join.ready_before)
    return {
        "services": [
            {"name": name, "readyEndpoints": ready[name], "share": _largest(found)}
            for name, found in plan.join.shares
        ],
        "labels": dict(plan.join.labels),
        "selecting": {"before": list(plan.join.selecting_before), "after": list(plan.join.selecting)},
    }


def _verdict_json(plan: Undertaking, allow: frozenset[str]) -> dict[str, Any]:
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


def plan_text(plan: Plan, allow: frozenset[str], say: Callable[[str], None]) -> None:
    """The plan for people, a line at a time to `say`: stdout for --dry-run, stderr before a question."""
    source = plan.join.source
    say(f"context    {plan.target.context or '(none)'}")
    say(f"namespace  {plan.target.namespace}")
    say(
        f"source     pod/{source.name} on {source.node or 'no node'}, {'ready' if source.ready else 'not ready'}"
    )
    if plan.chosen.how:
        say(f"chosen     {plan.chosen.how}")
    say(f"copy       pod/{plan.copy.name}, image {plan.copy.image}")
    say(f"profile    {plan.copy.profile}: {plan.profile.reason}")
    _joining_text(plan, say)
    costs = [f"{name} {' + '.join(parts)}" for name, parts in plan.requests.items()]
    say(f"requests   {', '.join(costs) or 'none'}")
    say(f"node       {plan.node or 'chosen by the scheduler, under the affinity and tolerations of the pod'}")
    _verdict_text(plan, allow, say)
    say(f"command    {shlex.join(plan.command)}")


def pod_plan_text(plan: "PodPlan", allow: frozenset[str], say: Callable[[str], None]) -> None:
    """The plan of a pod of our own for people, its manifest included."""
    say(f"context    {plan.target.context or '(none)'}")
    say(f"namespace  {plan.target.namespace}")
    say(f"pod        {plan.where}, image {plan.image}")
    say(f"profile    {plan.profile.profile}: {plan.profile.reason}")
    _joining_text(plan, say)
    _verdict_text(plan, allow, say)
    say("manifest   as it would be sent; labels come by a patch, once the pod is its own controller")
    for line in json.dumps(plan.manifest, indent=2).splitlines():
        say(f"  {line}")


def _joining_text(plan: Undertaking, say: Callable[[str], None]) -> None:
    say(f"deadline   {span(plan.mark.ttl)} after its start, kept by the cluster")
    ready = dict(plan.join.ready_before)
    for name, found in plan.join.shares:
        share = f"the {plan.mark.noun} would take {worded(found)}"
        say(f"join       service/{name}: {ready[name]} ready endpoints, {share}")
    if plan.join.services:
        say(f"settle     {span(plan.mark.settle)} after the leave, for proxies and clients to hear of it")
    if plan.join.labels:
        say(f"labels     {', '.join(f'{key}={value}' for key, value in plan.join.labels)}")
        say(f"selected   by {', '.join(plan.join.selecting) or 'nothing'}")
        say(f"           before the join by {', '.join(plan.join.selecting_before) or 'nothing'}")


def _verdict_text(plan: Undertaking, allow: frozenset[str], say: Callable[[str], None]) -> None:
    refused = plan.join.refused(allow)
    for hazard in plan.join.hazards:
        word = (
            "refused" if hazard in refused else "warning" if hazard.severity is Severity.WARN else "allowed"
        )
        say(f"{word:<10} {hazard.id}: {hazard.what}; {hazard.instead}")
    for right in plan.rights.missing:
        say(f"missing    the right to {right}: {right.purpose}")
    for note in plan.notes:
        say(f"note       {note}")


def dry_run(
    plan: P,
    allow: frozenset[str],
    terminal: Terminal,
    text: Callable[[P, frozenset[str], Callable[[str], None]], None],
    json_: Callable[[P, frozenset[str]], dict[str, Any]] | None,
) -> ExitStatus:
    """Show a plan and change nothing, as JSON where `json_` makes that; REFUSED where a session would be."""
    if json_ is not None:
        terminal.data_json(json_(plan, allow))
    else:
        text(plan, allow, terminal.data_row)
        terminal.data("nothing was changed (--dry-run)")
    return ExitStatus.DONE if plan.may_begin(allow) else ExitStatus.REFUSED


def copies_json(copies: Sequence[CopyStatus]) -> list[dict[str, Any]]:
    """`list -o json`: an array, a copy an object."""
    return [
        {
            "name": status.pod.name,
            "namespace": status.pod.namespace,
            "uid": status.pod.uid,
            "kind": status.mark.kind if status.mark else COPY,
            "source": status.mark.source if status.mark else "",
            "services": list(status.mark.services) if status.mark else [],
            "inService": list(status.in_service),
            "phase": status.pod.phase,
            "ready": status.pod.ready,
            "ageSeconds": int(status.age.total_seconds()),
            "secondsLeft": None if status.left is None else int(status.left.total_seconds()),
            "deadline": format_time(status.pod.deadline) if status.pod.deadline else None,
            "owner": status.owner,
        }
        for status in copies
    ]


def copies_text(copies: Sequence[CopyStatus], with_namespace: bool, terminal: Terminal) -> None:
    """`list`: columns as kubectl's."""
    if not copies:
        terminal.say("no copies")
        return
    header = ["NAME", "SOURCE", "SERVICES", "IN SERVICE", "STATUS", "AGE", "TIME LEFT", "OWNER"]
    rows = [_row(status) for status in copies]
    if with_namespace:
        header = ["NAMESPACE", *header]
        rows = [[status.pod.namespace, *row] for status, row in zip(copies, rows, strict=True)]
    terminal.table(header, rows)


def _row(status: CopyStatus) -> list[str]:
    mark, pod = status.mark, status.pod
    state = "Terminating" if pod.terminating else pod.reason or pod.phase
    return [
        pod.name,
        mark.source if mark else "?",
        ",".join(mark.services) if mark and mark.services else "<none>",
        ",".join(status.in_service) or "no",
        state,
        span(status.age),
        "over" if status.expired else span(status.left) if status.left is not None else "<none>",
        status.owner or "?",
    ]


def cleaned_json(results: Sequence[Cleaned]) -> list[dict[str, Any]]:
    """`cleanup -o json` and `leave -o json`."""
    return [
        {"name": r.name, "done": r.error is None, "error": r.error.message if r.error else ""}
        for r in results
    ]
