"""Copies as text and as JSON. The JSON keys are a promise: a test freezes them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kubectl_netshoot.cli.pager import paged
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.listing import columns, span
from kubectl_netshoot.rules.marks import COPY, Mark, format_time
from kubectl_netshoot.session.copies import CopyStatus
from kubectl_netshoot.terminal import GREEN, RED, YELLOW, Terminal

if TYPE_CHECKING:
    from kubectl_netshoot.commands.manage import Cleaned


def copies_json(copies: Sequence[CopyStatus]) -> list[dict[str, Any]]:
    """`list -o json`: an array, a copy an object."""
    return [
        {
            "name": status.pod.name,
            "namespace": status.pod.namespace,
            "uid": status.pod.uid,
            "kind": status.mark.kind if status.mark else COPY,
            "source": status.mark.source if status.mark else "",
            "set": list(status.mark.set_names) if status.mark else [],
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


# As `list` says them: a copy that takes traffic, and one that is over, are what is looked for.
PHASES = {
    "Running": GREEN,
    **dict.fromkeys(("Pending", "Terminating", "Unknown"), YELLOW),
    **dict.fromkeys(("Failed", "DeadlineExceeded", "Evicted", "over"), RED),
}


def copies_yaml(copies: Sequence[CopyStatus]) -> str:
    """`list -o yaml`: the same as in JSON."""
    import yaml

    return str(yaml.safe_dump(copies_json(copies), sort_keys=False, allow_unicode=True)).rstrip()


def copies_text(
    copies: Sequence[CopyStatus], with_namespace: bool, terminal: Terminal, is_wide: bool = False
) -> None:
    """`list`: columns as kubectl's."""
    if not copies:
        terminal.say("no copies")
        return
    header = ["NAME", "SOURCE", "SERVICES", "IN SERVICE", "STATUS", "AGE", "TIME LEFT", "OWNER"]
    rows = [_row(status) for status in copies]
    if any(status.mark and status.mark.set_names for status in copies):
        header = [*header, "SET"]
        rows = [[*row, _set(s.mark)] for s, row in zip(copies, rows, strict=True)]
    if is_wide:
        header = [*header, "NODE", "IMAGE"]
        rows = [[*row, s.pod.node or "<none>", _image(s.pod)] for s, row in zip(copies, rows, strict=True)]
    if with_namespace:
        header = ["NAMESPACE", *header]
        rows = [[status.pod.namespace, *row] for status, row in zip(copies, rows, strict=True)]
    in_service = {",".join(status.in_service): YELLOW for status in copies if status.in_service}
    if not paged("\n".join(columns(header, rows)), terminal):
        terminal.table(header, rows, {**PHASES, **in_service})


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


def _set(mark: Mark | None) -> str:
    return (", ".join(mark.set_names) if mark else "") or "<none>"


def _image(pod: Pod) -> str:
    """That of the container with the tools."""
    return next((c.image for c in pod.containers if c.name == pod.tools), "<none>")


def cleaned_json(results: Sequence["Cleaned"]) -> list[dict[str, Any]]:
    """`cleanup -o json` and `leave -o json`."""
    return [
        {"name": r.name, "done": r.error is None, "error": r.error.message if r.error else ""}
        for r in results
    ]
