"""Option declarations that several commands share, and what their values mean."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from kubectl_netshoot.cli.group import TARGET
from kubectl_netshoot.cli.help import RARE
from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules import request
from kubectl_netshoot.rules.container import check_image, parse_requests, put_together
from kubectl_netshoot.rules.hazards.hazard import ALLOWABLE
from kubectl_netshoot.rules.profiles import PROFILES
from kubectl_netshoot.rules.request import PULL_POLICIES
from kubectl_netshoot.settings.keys import LANGUAGES

# A flag that only --help-all shows.
rare = partial(typer.Option, rich_help_panel=RARE)

TargetWord = Annotated[
    str,
    typer.Argument(
        metavar=TARGET,
        help="A pod, or deploy/, rs/, sts/, ds/, job/, cronjob/ or svc/NAME: its newest ready pod.",
        show_default=False,
    ),
]
LabelSelector = Annotated[
    str, typer.Option("--selector", "-l", metavar="SELECTOR", help="The newest ready pod with these labels.")
]
Pick = Annotated[bool, rare("--pick", help="Ask which of its pods; without TARGET, of all pods.")]
JoinService = Annotated[bool, typer.Option("--join-service", help="Join every Service that selects the pod.")]
Services = Annotated[
    list[str], typer.Option("--service", metavar="NAME", help="Join this Service only; can be repeated.")
]
CopyName = Annotated[
    str, rare("--name", metavar="NAME", help="Name of the copy.  [default: POD-netshoot-xxxxx]")
]
Image = Annotated[str, typer.Option("--image", metavar="IMAGE", help="Debug image.")]
ImageName = Annotated[
    str, rare("--image-name", metavar="NAME", help="Image without its tag, in place of --image.")
]
ImageTag = Annotated[str, rare("--image-tag", metavar="TAG", help="Tag of the image, in place of --image.")]
PullPolicy = Annotated[
    str,
    rare(
        "--image-pull-policy",
        metavar="POLICY",
        help=f"Pull policy of that image: {', '.join(PULL_POLICIES)}.",
    ),
]
PullSecrets = Annotated[
    list[str],
    rare("--image-pull-secret", metavar="NAME", help="Secret to pull that image with; can be repeated."),
]
Requests = Annotated[
    str,
    rare(
        "--requests",
        metavar="NAME=QUANTITY,...",
        help="Resource requests of the debug container, laid over cpu=10m,memory=32Mi.",
    ),
]
Lang = Annotated[
    str,
    typer.Option(
        "--lang", metavar="|".join(LANGUAGES), help="Language of the explanation.  [default: the locale's]"
    ),
]
Profile = Annotated[
    str,
    rare(
        "--profile",
        metavar="PROFILE",
        help=f"Profile of kubectl debug: {', '.join(PROFILES)}; auto takes the most that is allowed.",
    ),
]
SameNode = Annotated[bool, rare("--same-node", help="Put the copy on the pod's own node.")]
SetImage = Annotated[
    list[str],
    rare(
        "--set-image",
        metavar="CONTAINER=IMAGE",
        help="Run another image in this container of the copy (*: in each); can be repeated.",
    ),
]
SetEnv = Annotated[
    list[str],
    rare(
        "--set-env",
        metavar="CONTAINER:NAME=VALUE",
        help="Set a variable in the copy, or remove it (CONTAINER:NAME-); can be repeated.",
    ),
]
SetCommand = Annotated[
    list[str],
    rare(
        "--set-command",
        metavar="CONTAINER=COMMAND",
        help="Run another command in this container, in words as a shell reads them; '' is the image's own.",
    ),
]
SetArgs = Annotated[
    list[str],
    rare("--set-args", metavar="CONTAINER=ARGS", help="Give its command other arguments, in the same way."),
]
Settle = Annotated[
    str, rare("--settle", metavar="DURATION", help="Time for proxies to hear that it has left.")
]
Drain = Annotated[str, rare("--drain", metavar="DURATION", help="Longest wait for open connections to end.")]
Wait = Annotated[
    bool, rare("--wait", help="Wait until the cluster has deleted it, at most its grace period.")
]
Summary = Annotated[
    str,
    rare(
        "--summary",
        metavar="FILE",
        help="Write into FILE, as JSON, what was made, how long it served, and how it ended.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan and change nothing.")]
Quiet = Annotated[bool, rare("--quiet", "-q", help="Say only what went wrong.")]
Verbose = Annotated[
    int, rare("--verbose", "-v", count=True, show_default=False, help="Say more; can be repeated.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Answer every question with yes.")]
Output = Annotated[str, typer.Option("--output", "-o", metavar="text|json", help="Form of the result.")]
PlanOutput = Annotated[str, rare("--output", "-o", metavar="text|json", help="Form of the plan (--dry-run).")]
Shell = Annotated[str, rare("--shell", metavar="PROGRAM", help="Shell to run.  [default: zsh, bash or sh]")]
Rerun = Annotated[
    bool, rare("--rerun", help="After a lost connection run COMMAND again, even if it has had output.")
]
Ttl = Annotated[str, typer.Option("--ttl", metavar="DURATION", help="The cluster ends it after this.")]
Timeout = Annotated[str, rare("--timeout", metavar="DURATION", help="Longest wait until it is ready.")]
Patience = Annotated[
    str,
    typer.Option(
        "--timeout",
        metavar="DURATION",
        help="Longest wait for a safe teardown, besides settle and drain time.",
    ),
]
Allow = Annotated[
    list[str],
    typer.Option("--allow", metavar="ID", help="Lift this refusal; can be repeated.", rich_help_panel=RARE),
]


def summary_file(path: str) -> str:
    """The value of --summary, which may be empty. Raises UsageError where no file can be."""
    if path and Path(path).is_dir():
        raise UsageError(f"--summary: {path} is a folder", "name a file in it")
    if path and not (folder := Path(path).parent).is_dir():
        raise UsageError(f"--summary: no folder {folder}")
    return path


def allowed(ids: list[str]) -> frozenset[str]:
    """The ids given to --allow. Raises UsageError for one that nothing can lift."""
    for finding in ids:
        if finding not in ALLOWABLE:
            raise UsageError(f"--allow: {finding!r} is not one of {', '.join(sorted(ALLOWABLE))}")
    return frozenset(ids)


def pull_policy(value: str) -> str:
    """The value of --image-pull-policy, which may be empty. Raises UsageError."""
    return request.check_choice(value, PULL_POLICIES, "--image-pull-policy") if value else ""


def requested(value: str) -> dict[str, str]:
    """The value of --requests, which may be empty. Raises UsageError."""
    return parse_requests(value, "--requests")


def as_json(output: str) -> bool:
    """Whether --output wants JSON. Raises UsageError for a form that there is not."""
    return request.check_choice(output, ("text", "json"), "--output") == "json"


def plan_as_json(output: str, dry_run: bool) -> bool:
    """Whether the plan is wanted as JSON. Raises UsageError without --dry-run: stdout is the shell's or COMMAND's."""
    wanted = as_json(output)
    if wanted and not dry_run:
        raise UsageError(
            "-o json needs --dry-run: without it stdout belongs to the shell or COMMAND", again=("--dry-run",)
        )
    return wanted


def report_as_json(output: str, dry_run: bool) -> bool:
    """Whether the report is wanted as JSON. Raises UsageError with --dry-run, which makes none."""
    wanted = as_json(output)
    if wanted and dry_run:
        raise UsageError("-o json does not apply to --dry-run, which makes no report")
    return wanted


def given(ctx: typer.Context, name: str) -> bool:
    """Whether this parameter's flag is on the command line, rather than its value in a variable or a default."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def asked_settle(ctx: typer.Context, settle: str) -> timedelta | None:
    """The value of --settle, or of its setting; None where nobody has said one. Raises UsageError."""
    source = ctx.get_parameter_source("settle")
    if source is not None and source.name == "DEFAULT":
        return None
    return request.parse_duration(settle, "--settle")


def whole_image(ctx: typer.Context, image: str, name: str, tag: str) -> str:
    """The image that --image, or --image-name and --image-tag, ask for. Raises UsageError for all of them at once."""
    if (name or tag) and given(ctx, "image"):
        raise UsageError("give either --image or --image-name and --image-tag")
    return check_image(put_together(image, name, tag))
