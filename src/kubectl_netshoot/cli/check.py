"""`check`: the answer first, then each check with its evidence; as JSON its keys are a promise: a test freezes them."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kubectl_netshoot.cli import options
from kubectl_netshoot.cli.connection import connection_of
from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules import request
from kubectl_netshoot.rules.profiles import PROFILES
from kubectl_netshoot.rules.targets import check_services, parse_target
from kubectl_netshoot.terminal import Terminal, one_line

if TYPE_CHECKING:
    from kubectl_netshoot.commands.check.scene import CheckReport
    from kubectl_netshoot.commands.check.verdict import Check

SCHEMA = "kubectl-netshoot/v1"
# Where the sentence of a check begins.
COLUMN = 14


def check(
    ctx: typer.Context,
    target: options.TargetWord = "",
    selector: options.LabelSelector = "",
    pick: options.Pick = False,
    live: Annotated[
        bool, typer.Option("--live", help="Check from the running pod itself, by a container added to it.")
    ] = False,
    service: Annotated[
        list[str],
        typer.Option(
            "--service", metavar="NAME", help="Check this Service instead of the pod's own; can be repeated."
        ),
    ] = [],  # noqa: B006
    to: Annotated[
        str,
        typer.Option("--to", metavar="HOST:PORT", help="Check the way to it too: name, port, loss, hops."),
    ] = "",
    path: Annotated[
        str, options.rare("--path", metavar="PATH", help="What to GET where a port speaks HTTP.")
    ] = "/",
    only: Annotated[
        str,
        typer.Option(
            "--only", metavar="TOPIC,...", help="Only these of dns, tcp, tls, ports and path.  [default: all]"
        ),
    ] = "",
    name: options.CopyName = "",
    image: options.Image = request.DEFAULT_IMAGE,
    image_name: options.ImageName = "",
    image_tag: options.ImageTag = "",
    image_pull_policy: options.PullPolicy = "",
    requests: options.Requests = "",
    profile: options.Profile = PROFILES[0],
    same_node: options.SameNode = False,
    ttl: options.Ttl = "10m",
    timeout: options.Timeout = "120s",
    wait: options.Wait = False,
    allow: options.Allow = [],  # noqa: B006
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
    output: options.Output = "text",
) -> int:
    """Check a Service: DNS, endpoints, ports, TLS.

    Names, endpoints, certificates, listening ports and the way there, by dig, nc, curl, openssl, ss and ping. The copy
    is in no Service and is deleted at the end; its listening ports are those of its own application.
    """
    from kubectl_netshoot.cli import render
    from kubectl_netshoot.commands.check import request as check_request
    from kubectl_netshoot.commands.check.run import plan_check, run_check

    terminal = Terminal(quiet=quiet, verbosity=verbose, yes=yes)
    json_wanted = options.report_as_json(output, dry_run)
    if live and (same_node or name):
        raise UsageError("--live makes no copy: --name and --same-node do not apply")
    of = parse_target(target, selector, pick)
    asked = check_request.CheckRequest(
        session=request.SessionRequest(
            target=of,
            pick=pick,
            name=request.check_copy_name(name) if name else "",
            image=options.whole_image(ctx, image, image_name, image_tag),
            pull_policy=options.pull_policy(image_pull_policy),
            profile=request.check_choice(profile, PROFILES, "--profile"),
            same_node=same_node,
            requests=options.requested(requests),
            ttl=request.parse_ttl(ttl),
            timeout=request.parse_duration(timeout, "--timeout"),
            wait=wait,
            dry_run=dry_run,
            allow=options.allowed(allow),
        ),
        live=live,
        services=check_services(service) or check_request.named_by(of),
        to=check_request.parse_goal(to) if to else None,
        path=request.check_path(path),
        topics=check_request.parse_topics(only),
    )
    if dry_run:
        return render.dry_run(plan_check(asked, connection_of(ctx), terminal), terminal, asked.session.allow)

    def show(report: "CheckReport") -> None:
        if json_wanted:
            terminal.data_json(report_json(report))
        else:
            for line in report_lines(report, verbose):
                render.report_row(line, terminal, COLUMN)

    return run_check(asked, connection_of(ctx), terminal, partial(render.show, terminal), show)


def report_json(report: "CheckReport") -> dict[str, Any]:
    """`check -o json`."""
    scene = report.scene
    return {
        "schema": SCHEMA,
        "ok": report.healthy,
        "answer": [one_line(line) for line in report.answer],
        "pod": scene.pod.name,
        "from": {
            "kind": "copy" if scene.in_copy else "pod",
            "name": scene.place.name,
            "node": scene.place.node,
        },
        "services": [service.name for service in scene.services],
        "to": str(scene.to) if scene.to else None,
        "checks": [
            {
                "topic": check.topic.value,
                "about": check.about,
                "subject": one_line(check.subject),
                "state": check.state.value,
                "what": one_line(check.what),
                "evidence": [one_line(line) for line in check.evidence],
                "next": one_line(check.next_step),
            }
            for check in report.checks
        ],
    }


def report_lines(report: "CheckReport", verbosity: int = 0) -> Iterator[str]:
    """The answer, where it was asked from, and every check; the evidence of what is ok only with -v."""
    yield from (one_line(line) for line in report.answer)
    yield ""
    scene = report.scene
    of = f"copy {scene.place.name} of pod {scene.pod.name}" if scene.in_copy else f"pod {scene.pod.name}"
    yield f"asked from {of}, on {scene.place.node or 'no node'}"
    for check in report.checks:
        yield from _lines(check, verbosity)


def _lines(check: "Check", verbosity: int) -> Iterator[str]:
    step = f" -> {check.next_step}" if check.next_step else ""
    yield f"{check.state.value:<7} {check.topic.value:<5} {one_line(check.sentence + step)}"
    if check.state.value != "ok" or verbosity:
        yield from (f"                {one_line(line)}" for line in check.evidence)
