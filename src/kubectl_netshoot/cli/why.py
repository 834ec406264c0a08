"""`why`: the verdict first, then what it rests on; as JSON its keys are a promise: a test freezes them."""

import shlex
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kubectl_netshoot.cli import options
from kubectl_netshoot.cli.connection import connection_of
from kubectl_netshoot.kube.kubeconfig import Connection
from kubectl_netshoot.rules import request
from kubectl_netshoot.rules.hazards.hazard import ALLOWABLE
from kubectl_netshoot.rules.profiles import PROFILES
from kubectl_netshoot.rules.targets import check_name, parse_target
from kubectl_netshoot.terminal import Terminal, one_line

if TYPE_CHECKING:
    from kubectl_netshoot.commands.why.report import Left, WhyReport

SCHEMA = "kubectl-netshoot/v1"


def why(
    ctx: typer.Context,
    first: Annotated[
        str,
        typer.Argument(
            metavar="[CLIENT]",
            help="A pod, or a workload as deploy/NAME, to ask from.  [default: a throwaway pod]",
            show_default=False,
        ),
    ] = "",
    second: Annotated[
        str,
        typer.Argument(
            metavar="SERVER",
            help="What is not reached, as its application writes it: db, db.shop:5432, https://api/health, "
            "10.0.0.7:6379; or svc/, deploy/, pod/NAME.",
            show_default=False,
        ),
    ] = "",
    selector: options.LabelSelector = "",
    pick: options.Pick = False,
    server_namespace: Annotated[
        str,
        options.rare(
            "--server-namespace", metavar="NAMESPACE", help="Namespace of svc/, deploy/ or pod/NAME."
        ),
    ] = "",
    client_only: Annotated[
        bool, typer.Option("--client-only", help="Never touch the server's pods.")
    ] = False,
    stand_in: Annotated[
        bool,
        typer.Option(
            "--stand-in",
            help="Ask from a throwaway pod with CLIENT's labels on its node: no record in CLIENT.",
        ),
    ] = False,
    count: Annotated[int, options.rare("--count", metavar="N", help="Connections.")] = 5,
    timeout: Annotated[
        str, options.rare("--timeout", metavar="DURATION", help="Timeout for each of them.")
    ] = "3s",
    max_pods: Annotated[
        int, options.rare("--max-pods", metavar="N", help="Look into no more pods of the server than these.")
    ] = 5,
    path: Annotated[
        str, typer.Option("--path", metavar="PATH", help="What to GET, where SERVER is no URL that says it.")
    ] = "",
    write: Annotated[
        str,
        typer.Option("--write", "-w", metavar="DIR", help="Keep the captures there, a file a pod (0600)."),
    ] = "",
    image: options.Image = request.DEFAULT_IMAGE,
    image_name: options.ImageName = "",
    image_tag: options.ImageTag = "",
    image_pull_policy: options.PullPolicy = "",
    profile: options.Profile = PROFILES[0],
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
    output: options.Output = "text",
) -> int:
    """Say why CLIENT cannot reach SERVER.

    It reads what decides; where that is not enough it connects from CLIENT's own network; where that is not enough
    either it captures at both ends and compares. Each step only if it is needed; the pods touched are named.
    """
    from kubectl_netshoot.cli import render
    from kubectl_netshoot.commands.why import request as wanted
    from kubectl_netshoot.commands.why.run import Plans, run_why

    terminal = Terminal(quiet=quiet, verbosity=verbose, yes=yes)
    json_wanted = options.report_as_json(output, dry_run)
    # CLIENT is the one that may be left out, and stands first.
    client, server = (first, second) if second else ("", first)
    asked = wanted.WhyRequest(
        server=wanted.parse_server(
            server, check_name(server_namespace, "--server-namespace") if server_namespace else ""
        ),
        client=parse_target(client, selector, pick) if client or selector or pick else None,
        pick=pick,
        client_only=client_only,
        stand_in=stand_in,
        count=request.check_number(count, "--count", 1, wanted.MAX_COUNT),
        timeout=wanted.parse_timeout(timeout),
        max_pods=request.check_number(max_pods, "--max-pods", 1, wanted.MAX_PODS),
        path=request.check_path(path) if path else "",
        captures=Path(write) if write else None,
        image=options.whole_image(ctx, image, image_name, image_tag),
        pull_policy=options.pull_policy(image_pull_policy),
        profile=request.check_choice(profile, PROFILES, "--profile"),
        dry_run=dry_run,
    )
    wanted.check_together(asked)

    connection = connection_of(ctx)

    def show(report: "WhyReport") -> None:
        if json_wanted:
            terminal.data_json(report_json(report, connection))
        else:
            for line in report_lines(report, connection):
                render.report_row(line, terminal)

    plans = Plans(
        dry_run=lambda plan: render.dry_run(plan, terminal, ALLOWABLE),
        show=partial(render.show, terminal),
    )
    return run_why(asked, connection, terminal, show, plans)


def report_lines(report: "WhyReport", connection: Connection) -> Iterator[str]:
    """The verdict, what it rests on, what is left, and the next step, for the cluster that `connection` leads to."""
    verdict = report.verdict
    yield one_line(f"{verdict.result}: {verdict.headline}")
    yield from (f"  {one_line(line)}" for line in verdict.evidence)
    yield f"  {_left(report)}"
    if verdict.likely:
        yield one_line(f"likely: {verdict.likely}")
    if verdict.next:
        yield one_line(f"try: {_next(report, connection)}")


def _next(report: "WhyReport", connection: Connection) -> str:
    """The next command, with the flags that led here."""
    command = report.verdict.next
    namespace = connection.namespace if command.startswith("kubectl netshoot ") else ""
    given = (("-n", namespace), ("--context", connection.context))
    flags = [f"{flag} {shlex.quote(value)}" for flag, value in given if value]
    return " ".join(filter(None, [command, *flags, connection.words]))


def _left(report: "WhyReport") -> str:
    from kubectl_netshoot.commands.why.report import POD

    if not report.touched:
        return "no pod was touched"
    if not report.left and report.client.kind == POD:
        return "nothing was added: a container that runs there already was used"
    if not report.left:
        return f"{report.client.kind} {report.client.pod} was deleted: nothing is left"
    pods = [_named(left, report) for left in report.left]
    each = " each" if len(pods) > 1 else ""
    *others, last = pods
    names = f"{', '.join(others)} and {last}" if others else last
    running = ", ".join(_named(left, report) for left in report.left if left.goes_on)
    not_ended = f"; that in {running} goes on until its time is over" if running else ""
    return f"left in {names}: the record of one {'' if running else 'stopped '}container{each}{not_ended}"


def _named(left: "Left", report: "WhyReport") -> str:
    return left.pod if left.namespace == report.client.namespace else f"{left.namespace}/{left.pod}"


def report_json(report: "WhyReport", connection: Connection) -> dict[str, Any]:
    """`why -o json`."""
    verdict, evidence, client = report.verdict, report.evidence, report.client
    server = evidence.server
    return {
        "schema": SCHEMA,
        "result": verdict.result,
        "verdict": {
            "id": verdict.id,
            "where": one_line(verdict.where),
            "certainty": verdict.certainty,
            "headline": one_line(verdict.headline),
            "likely": one_line(verdict.likely),
        },
        "client": {
            "kind": client.kind,
            "pod": client.pod,
            "namespace": client.namespace,
            "node": client.node,
        },
        "server": {
            "asked": one_line(server.asked),
            "namespace": server.namespace,
            "service": server.service.name if server.service else "",
            "port": server.number,
            "pods": [end.pod.name for end in server.pods],
        },
        "attempts": [
            {
                "to": attempt.to,
                "pod": attempt.pod,
                "sent": attempt.sent,
                "arrived": attempt.arrived,
                "answered": attempt.answered,
                "error": one_line(attempt.error),
            }
            for attempt in report.attempts
        ],
        "policies": [
            {
                "pod": answer.pod,
                "answer": answer.answer,
                "direction": answer.direction,
                "deniedBy": list(answer.denied_by),
                "because": one_line(answer.because),
            }
            for answer in evidence.policies
        ],
        "evidence": [one_line(line) for line in verdict.evidence],
        "next": one_line(_next(report, connection)) if verdict.next else "",
        "left": [
            {"pod": left.pod, "namespace": left.namespace, "container": left.container}
            for left in report.left
        ],
    }
