"""`capture`: packets from a pod, or from a copy of it behind its Service, to a file, a pipe, Wireshark or the eye."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_netshoot.cli import options
from kubectl_netshoot.cli.connection import connection_of
from kubectl_netshoot.cli.explain import Manner, language_of, show
from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules import request
from kubectl_netshoot.rules.listing import span
from kubectl_netshoot.rules.profiles import PROFILES
from kubectl_netshoot.rules.set_fields import SetFields, flag_of, parse_set_fields
from kubectl_netshoot.rules.targets import AnyTarget, check_services, named_pod, node_of, parse_target
from kubectl_netshoot.terminal import Terminal

if TYPE_CHECKING:
    from kubectl_netshoot.commands.capture.outputs import Explain, Explained
    from kubectl_netshoot.kube.api import Fetch

# A copy must live longer than what is captured in it.
AROUND = timedelta(minutes=15)


def capture(
    ctx: typer.Context,
    target: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET...",
            help="Pods, or deploy/, rs/, sts/, ds/, job/, cronjob/, svc/NAME: the newest pod of each; or node/NAME.",
            show_default=False,
        ),
    ] = [],  # noqa: B006
    selector: options.LabelSelector = "",
    pick: options.Pick = False,
    live: Annotated[
        bool,
        typer.Option("--live", help="Listen in the running pod; the default unless a copy is asked for."),
    ] = False,
    copy: Annotated[bool, typer.Option("--copy", help="Capture in a copy that is in no Service.")] = False,
    join_service: options.JoinService = False,
    service: options.Services = [],  # noqa: B006
    pod: Annotated[
        str,
        options.rare(
            "--pod",
            metavar="POD",
            help="With node/NAME: only this pod's own interface, seen from the node; also NAMESPACE/POD.",
        ),
    ] = "",
    all_pods: Annotated[
        bool, typer.Option("--all-pods", help="In every pod of the workload, at once.")
    ] = False,
    max_pods: Annotated[
        int, options.rare("--max-pods", metavar="N", help="Refuse more pods than these.")
    ] = 5,
    write: Annotated[
        str,
        typer.Option(
            "--write",
            "-w",
            metavar="FILE",
            help="Write pcap into FILE (0600), pcapng with names into FILE.pcapng; - is stdout, {pod} the pod's name.",
        ),
    ] = "",
    wireshark: Annotated[
        bool, typer.Option("--wireshark", help="Show it in Wireshark; closing it ends the capture.")
    ] = False,
    print_: Annotated[
        bool, typer.Option("--print", help="Print tcpdump's own lines (-nv), the default.")
    ] = False,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Say in words what the packets mean, as `explain` does, at the end."),
    ] = False,
    lang: options.Lang = "",
    merge: Annotated[bool, options.rare("--merge", help="Put several pods into one file, by time.")] = False,
    rotate: Annotated[
        str, options.rare("--rotate", metavar="SIZE", help="Begin a new file at this size, e.g. 100MB.")
    ] = "",
    files: Annotated[
        int,
        options.rare("--files", metavar="N", help="Keep only so many files, the newest.", show_default=False),
    ] = 0,
    duration: Annotated[
        str, typer.Option("--duration", metavar="DURATION", help="End after this time.")
    ] = "10m",
    count: Annotated[
        int, typer.Option("--count", "-c", metavar="N", help="End after so many packets.", show_default=False)
    ] = 0,
    max_size: Annotated[str, options.rare("--max-size", metavar="SIZE", help="End at this size.")] = "1GB",
    snaplen: Annotated[
        int,
        options.rare(
            "--snaplen",
            metavar="BYTES",
            help="Keep only so many bytes of each packet; 96 keeps headers and leaves most secrets out.",
            show_default=False,
        ),
    ] = 0,
    interface: Annotated[
        str, typer.Option("--interface", "-i", metavar="NAME", help="Interface to listen on, e.g. eth0.")
    ] = "any",
    name: options.CopyName = "",
    image: options.Image = request.DEFAULT_IMAGE,
    image_name: options.ImageName = "",
    image_tag: options.ImageTag = "",
    image_pull_policy: options.PullPolicy = "",
    requests: options.Requests = "",
    profile: options.Profile = PROFILES[0],
    same_node: options.SameNode = False,
    set_image: options.SetImage = [],  # noqa: B006
    set_env: options.SetEnv = [],  # noqa: B006
    set_command: options.SetCommand = [],  # noqa: B006
    set_args: options.SetArgs = [],  # noqa: B006
    ttl: Annotated[
        str,
        options.rare(
            "--ttl",
            metavar="DURATION",
            help="The cluster ends the copy after this.  [default: 1h, or --duration and 15m]",
        ),
    ] = "",
    settle: options.Settle = "5s",
    drain: options.Drain = "60s",
    timeout: options.Timeout = "120s",
    wait: options.Wait = False,
    allow: options.Allow = [],  # noqa: B006
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
) -> int:
    """Capture packets in a pod, or a copy of it.

    Without --join-service, --service or --copy it is passive: a container is added to the running pod, sees all its
    traffic and changes nothing, and ends with the capture; the pod's spec keeps its name. Captures hold secrets.
    """
    from kubectl_netshoot.commands.capture import request as capture_request
    from kubectl_netshoot.session.tools.tcpdump import Bounds

    terminal = Terminal(quiet=quiet, verbosity=verbose, yes=yes)
    first, *more = target or [""]
    node = node_of(first)
    if node:
        found: AnyTarget = node
        _check_node(ctx, bool(more))
    else:
        found = parse_target(first, selector, pick)
    if pod and not node:
        raise UsageError("--pod needs node/NAME as TARGET", f"try: kubectl netshoot capture {pod}")
    if pod and options.given(ctx, "interface"):
        raise UsageError("--pod names an interface: -i does not apply")
    others = tuple(parse_target(word, "", pick) for word in more)
    in_copy = copy or join_service or bool(service)
    _check_place(live, in_copy, all_pods, bool(others))
    if all_pods and (pick or any(map(named_pod, (found, *others)))):
        raise UsageError("--all-pods needs a workload, a Service or -l as TARGET")
    language = language_of(lang) if explain or lang or write.endswith(".pcapng") else ""
    forms = {
        capture_request.CaptureForm.WIRESHARK: wireshark,
        capture_request.CaptureForm.TEXT: print_,
        capture_request.CaptureForm.EXPLANATION: explain,
    }
    chosen = [form for form, is_asked in forms.items() if is_asked]
    Where = capture_request.Where  # noqa: N806 (a class)
    if options.given(ctx, "requests") and not in_copy:
        raise UsageError(
            "--requests does not apply to a running pod: an added container cannot request resources"
        )
    fields = _of_copy(parse_set_fields(set_image, set_env, set_command, set_args), in_copy)
    time = request.parse_duration(duration, "--duration")
    if not time:
        raise UsageError("--duration: 0 is too short: give 1s to 24h")
    asked = capture_request.CaptureRequest(
        session=request.SessionRequest(
            target=found,
            pick=pick,
            join=join_service,
            services=check_services(service),
            name=request.check_copy_name(name) if name else "",
            image=options.whole_image(ctx, image, image_name, image_tag),
            pull_policy=options.pull_policy(image_pull_policy),
            requests=options.requested(requests),
            profile=request.check_choice(profile, PROFILES, "--profile"),
            same_node=same_node,
            set_fields=fields,
            ttl=_ttl(ttl, time, options.given(ctx, "ttl")),
            settle=options.asked_settle(ctx, settle),
            drain=request.parse_duration(drain, "--drain"),
            timeout=request.parse_duration(timeout, "--timeout"),
            wait=wait,
            dry_run=dry_run,
            allow=options.allowed(allow),
        ),
        where=Where.NODE if node else Where.COPY if in_copy else Where.LIVE,
        output=capture_request.rotated(
            capture_request.choose_output(write, chosen, terminal.stdout_is_terminal),
            capture_request.parse_size(rotate, "--rotate") if rotate else 0,
            request.check_number(files, "--files", 0, 10_000),
        ),
        bounds=Bounds(
            time,
            request.check_number(count, "--count", 0, 10**12),
            capture_request.parse_size(max_size, "--max-size"),
            request.check_number(snaplen, "--snaplen", 0, capture_request.MAX_SNAPLEN),
        ),
        interface=capture_request.check_interface(interface),
        filter=ctx.obj,
        all_pods=all_pods,
        max_pods=request.check_number(max_pods, "--max-pods", 1, 100),
        merge=merge,
        others=others,
        language=language or "en",
        pod=capture_request.parse_pod(pod) if pod else None,
    )
    if merge:
        capture_request.check_merge(asked.output)
    if asked.session.joining:
        request.check_time_to_leave(asked.session.ttl, asked.session.settle, asked.session.drain)
    from kubectl_netshoot.cli import render
    from kubectl_netshoot.commands.capture.run import plan_capture, run_capture

    if dry_run:
        return render.dry_run(
            plan_capture(asked, connection_of(ctx), terminal), terminal, asked.session.allow
        )
    show_plan = partial(render.show, terminal)
    return run_capture(asked, connection_of(ctx), terminal, show_plan, _explain(language, terminal))


def _explain(language: str, terminal: Terminal) -> "Explain":
    """The explainer is loaded when there is something to explain."""

    def make(fetch: "Fetch", pods: Sequence[str]) -> "Explained":
        from kubectl_netshoot.commands.capture.explained import Explanation

        return Explanation(
            lambda report, called: show(report, Manner(language=language, names=called), terminal),
            fetch,
            pods,
        )

    return make


def _check_node(ctx: typer.Context, several: bool) -> None:
    """Raise UsageError for what does not go with a node."""
    if several:
        raise UsageError("node/NAME cannot be combined with another TARGET")
    for name in ("selector", "pick", "live", "copy", "join_service", "service", "all_pods", "same_node"):
        if options.given(ctx, name):
            raise UsageError(f"--{name.replace('_', '-')} does not apply to node/NAME")


def _of_copy(fields: SetFields, in_copy: bool) -> SetFields:
    """What is set in a copy. Raises UsageError where none is made."""
    if fields and not in_copy:
        raise UsageError(
            f"{flag_of(fields.names[0])} changes a copy, and this captures in the running pod",
            "--copy captures in a copy, --join-service in one behind its Service",
            again=("--copy",),
        )
    return fields


def _check_place(live: bool, in_copy: bool, all_pods: bool, several: bool) -> None:
    if several and in_copy:
        raise UsageError(
            "several TARGETs are captured as they run: --copy, --join-service and --service do not apply"
        )
    if live and in_copy:
        raise UsageError(
            "--live captures in the running pod: --copy, --join-service and --service do not apply"
        )
    if all_pods and in_copy:
        raise UsageError(
            "--all-pods captures in the running pods: --copy, --join-service and --service do not apply"
        )


def _ttl(ttl: str, duration: timedelta, is_demanded: bool) -> timedelta:
    parsed = request.parse_ttl(ttl) if ttl else timedelta(hours=1)
    if not is_demanded:
        return min(max(parsed, duration + AROUND), request.MAX_TTL)
    if parsed <= duration:
        raise UsageError(f"--ttl: the copy would end before the capture does (--duration {span(duration)})")
    return parsed
