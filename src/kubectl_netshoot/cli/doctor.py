"""`doctor`: the findings, a line each, or as JSON. Its keys are a promise: a test freezes them."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from kubectl_netshoot.cli import options
from kubectl_netshoot.cli.connection import connection_of
from kubectl_netshoot.errors import ExitStatus
from kubectl_netshoot.rules import request
from kubectl_netshoot.rules.doctor import DoctorLine, State
from kubectl_netshoot.rules.targets import parse_target
from kubectl_netshoot.terminal import Terminal, one_line

# What a line goes on below: its check.
INDENT = 8


def doctor(
    ctx: typer.Context,
    target: Annotated[
        str,
        typer.Argument(metavar="[TARGET]", help="What to copy: a pod, deploy/NAME ...", show_default=False),
    ] = "",
    selector: options.LabelSelector = "",
    pick: options.Pick = False,
    image: options.Image = request.DEFAULT_IMAGE,
    image_name: options.ImageName = "",
    image_tag: options.ImageTag = "",
    output: options.Output = "text",
) -> int:
    """Check what a session depends on.

    With TARGET also what a session of that pod needs. Nothing is changed.
    """
    from kubectl_netshoot.commands.doctor import examine

    json_wanted = options.as_json(output)
    asked, terminal, checked = None, Terminal(), options.whole_image(ctx, image, image_name, image_tag)
    if target or selector or pick:
        asked = request.SessionRequest(target=parse_target(target, selector, pick), pick=pick, image=checked)
    findings = examine(asked, connection_of(ctx), terminal)
    if json_wanted:
        terminal.data_json(findings_json(findings))
    else:
        for text in lines(findings):
            terminal.data_row(text, text.partition(" ")[0], INDENT)
    return ExitStatus.FAILED if _is_bad(findings) else ExitStatus.DONE


def findings_json(findings: Sequence[DoctorLine]) -> dict[str, Any]:
    """`doctor -o json`."""
    return {
        "schema": "kubectl-netshoot/v1",
        "ok": not _is_bad(findings),
        "checks": [
            {"check": f.check, "state": f.state.value, "what": f.what, "next": f.next_step} for f in findings
        ],
    }


def lines(findings: Sequence[DoctorLine]) -> Iterator[str]:
    """A line for each, and one for all that is not known for the same reason."""
    hidden: dict[str, list[str]] = {}
    for finding in findings:
        if finding.state is State.UNKNOWN:
            hidden.setdefault(finding.what, []).append(finding.check)
        else:
            yield line(finding)
    for what, checks in hidden.items():
        yield f"{State.UNKNOWN.value:<7} {', '.join(checks)}: {what}"


def line(finding: DoctorLine) -> str:
    """State, check, what, and the next step, all in one line."""
    # What an error says in lines of its own.
    next_step = finding.next_step.replace("\n", "; ")
    step = f" -> {next_step}" if next_step else ""
    return f"{finding.state.value:<7} {finding.check:<14} {one_line(finding.what + step)}"


def _is_bad(findings: Sequence[DoctorLine]) -> bool:
    return any(finding.state is State.BAD for finding in findings)
