"""`doctor`: the findings, a line each, or as JSON. Its keys are a promise: a test freezes them."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from kubectl_netshoot.cli.options import Image, LabelSelector, Output, Pick, as_json, connects, images
from kubectl_netshoot.errors import ExitStatus
from kubectl_netshoot.kube.connection import Connection
from kubectl_netshoot.rules import request
from kubectl_netshoot.rules.doctor import Finding, State
from kubectl_netshoot.rules.targets import parse_target
from kubectl_netshoot.terminal import Terminal, one_line


@connects
@images
def doctor(
    connection: Connection,
    target: Annotated[
        str,
        typer.Argument(metavar="[TARGET]", help="What to copy: a pod, deploy/NAME ...", show_default=False),
    ] = "",
    selector: LabelSelector = "",
    pick: Pick = False,
    image: Image = request.DEFAULT_IMAGE,
    output: Output = "text",
) -> int:
    """Check all that a session depends on, with TARGET also for that pod. Changes nothing."""
    from kubectl_netshoot.commands.doctor import examine

    json_wanted = as_json(output)
    asked, terminal, checked = None, Terminal(), request.check_image(image)
    if target or selector or pick:
        asked = request.SessionRequest(target=parse_target(target, selector, pick), pick=pick, image=checked)
    findings = examine(asked, connection, terminal)
    if json_wanted:
        terminal.data_json(findings_json(findings))
    else:
        for finding in findings:
            terminal.data(line(finding))
    return ExitStatus.FAILED if _is_bad(findings) else ExitStatus.DONE


def findings_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """`doctor -o json`."""
    return {
        "schema": "kubectl-netshoot/v1",
        "ok": not _is_bad(findings),
        "checks": [
            {"check": f.check, "state": f.state.value, "what": f.what, "next": f.next_step} for f in findings
        ],
    }


def line(finding: Finding) -> str:
    """State, check, what, and the next step, all in one line."""
    step = f" -> {finding.next_step}" if finding.next_step else ""
    return f"{finding.state.value:<7} {finding.check:<14} {one_line(finding.what + step)}"


def _is_bad(findings: Sequence[Finding]) -> bool:
    return any(finding.state is State.BAD for finding in findings)
