"""`explain`: what the packets of a capture mean. It asks no cluster, and never imports the Kubernetes client."""

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_netshoot.cli import options, pager
from kubectl_netshoot.errors import ExitStatus, NetshootError, UsageError
from kubectl_netshoot.rules import request
from kubectl_netshoot.settings.keys import LANGUAGES
from kubectl_netshoot.terminal import Terminal

if TYPE_CHECKING:
    from kubectl_netshoot.packets.report import Report

FORMS = ("text", "json", "html")
STDIN = "-"
MAX_FLOWS = 5_000
LARGEST_NAMES_BYTES = 64 << 20


@dataclass(frozen=True)
class Manner:
    """How a report is shown: a form of FORMS, one of LANGUAGES, and what addresses are called."""

    form: str = FORMS[0]
    language: str = LANGUAGES[0]
    ladder: bool = False
    flow: int | None = None
    show_secrets: bool = False
    names: Mapping[str, str] = field(default_factory=dict)


def explain(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...|-",
            help="Captures: pcap, pcapng, or text of tcpdump -nv; - is stdin. Several: of one time, at several points.",
        ),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="|".join(FORMS), help="Form of the explanation.")
    ] = FORMS[0],
    lang: options.Lang = "",
    ladder: Annotated[
        bool, typer.Option("--ladder", help="Draw each conversation as a ladder, as wide as the terminal.")
    ] = False,
    flow: Annotated[
        int | None, typer.Option("--flow", metavar="N", help="Only conversation N, with all its steps.")
    ] = None,
    names: Annotated[
        str,
        typer.Option(
            "--names",
            metavar="FILE",
            help="Names of addresses: `ADDRESS NAME` lines, or kubectl get pods,services,nodes -o json.",
        ),
    ] = "",
    max_flows: Annotated[
        int, options.rare("--max-flows", metavar="N", help="Conversations to remember; others are counted.")
    ] = MAX_FLOWS,
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Show credentials, cookies and query values as they are.")
    ] = False,
) -> int:
    """Say in words what a capture shows.

    What is wrong is said first. No cluster is asked.
    """
    terminal = Terminal()
    manner = Manner(
        form=request.check_choice(output, FORMS, "--output"),
        language=language_of(lang),
        ladder=ladder,
        flow=flow,
        show_secrets=show_secrets,
        names=_names(names) if names else {},
    )
    if ladder and manner.form != FORMS[0]:
        raise UsageError("--ladder applies to text output only")
    for number, flag in ((flow, "--flow"), (max_flows, "--max-flows")):
        if number is not None and number < 1:
            raise UsageError(f"{flag}: {number} is less than 1")
    report = _read(files[0], max_flows, terminal) if len(files) == 1 else _together(files, max_flows)
    show(report, manner, terminal, by_pager=True)
    return ExitStatus.DONE


def language_of(lang: str) -> str:
    """The value of --lang, without one the locale's language. Raises UsageError."""
    if lang:
        return request.check_choice(lang, LANGUAGES, "--lang")
    from kubectl_netshoot.packets.messages.language import preferred

    return preferred(os.environ)


def _read(file: str, max_flows: int, terminal: Terminal) -> "Report":
    from kubectl_netshoot.packets.analysis import analyse
    from kubectl_netshoot.packets.points.merged import explained

    with _opening(file):
        if file != STDIN:
            with Path(file).open("rb") as stream:
                return explained(stream, max_flows)
        if terminal.stdin.isatty():
            terminal.say("paste what tcpdump printed, then Ctrl-D on a line of its own")
        return analyse(terminal.stdin.buffer, max_flows=max_flows)


def _together(files: Sequence[str], max_flows: int) -> "Report":
    """Each file is a point, named after it; one of `capture --merge` is those that it has."""
    from kubectl_netshoot.packets.points.merged import points_of
    from kubectl_netshoot.packets.points.point import Point
    from kubectl_netshoot.packets.points.together import told_together

    if STDIN in files:
        raise UsageError("- (stdin) cannot be combined with another FILE")
    points: dict[str, Point] = {}
    for file in files:
        if files.count(file) > 1:
            raise UsageError(f"FILE: {file} is given twice")
        with _opening(file), Path(file).open("rb") as stream:
            found = points_of(stream, max_flows) or [Point(Path(file).stem, max_flows=max_flows)]
            if len(found) == 1:
                stream.seek(0)
                found[0].read(stream)
        for point in found:
            point.name = f"{point.name} ({file})" if point.name in points else point.name
            points[point.name] = point
    return told_together([*points.values()])


@contextmanager
def _opening(file: str) -> Iterator[None]:
    """What is wrong with this file is said with its name."""
    from kubectl_netshoot.packets.read.frame import NotACaptureError

    if not file:
        raise UsageError("FILE is empty: name a capture, or - for stdin")
    try:
        yield
    except OSError as error:
        raise NetshootError(
            f"{file}: cannot be read: {error.strerror}", f"try: ls -l {shlex.quote(file)}"
        ) from None
    except NotACaptureError as error:
        if file != STDIN and "try: " in error.hint:
            error.hint = error.hint.replace("FILE", shlex.quote(file))
        elif file != STDIN:
            error.hint = f"{error.hint}\ntry: file {shlex.quote(file)}".lstrip()
        raise


def show(report: "Report", manner: Manner, terminal: Terminal, by_pager: bool = False) -> None:
    """Put the explanation of a report on stdout, a long text `by_pager` where somebody has the time to read it there.

    Raises UsageError for a --flow that it does not have.
    """
    from kubectl_netshoot.packets.messages.language import Language
    from kubectl_netshoot.packets.render.phrases import Teller, Voice

    # What the user says is better than what the file says.
    names = {**report.capture.names, **manner.names}
    voice = Voice(Language(manner.language), names, manner.show_secrets)
    teller = Teller(report, voice)
    if manner.form == "json":
        from kubectl_netshoot.packets.render.json_report import document

        terminal.data_json(document(teller, manner.flow))
    elif manner.form == "html":
        from kubectl_netshoot.packets.render.page import page

        terminal.data(page(teller, manner.flow))
    else:
        from kubectl_netshoot.packets.messages.kinds import FindingSeverity
        from kubectl_netshoot.packets.render.text import text

        told = text(teller, terminal.columns, manner.flow, manner.ladder)
        if not (by_pager and pager.paged(told, terminal)):
            terminal.data(told, {teller.severity(severity): severity.value for severity in FindingSeverity})


def _names(path: str) -> dict[str, str]:
    from kubectl_netshoot.packets.render.addresses import read_names

    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST_NAMES_BYTES + 1)
    except OSError as error:
        raise UsageError(f"--names: {path} cannot be read: {error.strerror}") from None
    if len(content) > LARGEST_NAMES_BYTES:
        raise UsageError(f"--names: {path} is larger than {LARGEST_NAMES_BYTES >> 20} MiB")
    return read_names(content.decode("utf-8", errors="replace"))
