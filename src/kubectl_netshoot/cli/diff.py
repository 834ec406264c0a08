"""`diff`: in what a copy differs, as diff writes it, with a table of how the pods stand; or as JSON.

The keys of the JSON are a promise: a test freezes them.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kubectl_netshoot.cli import options
from kubectl_netshoot.cli.connection import connection_of
from kubectl_netshoot.errors import ExitStatus
from kubectl_netshoot.rules.differences import Difference, diff_lines
from kubectl_netshoot.rules.listing import number, span
from kubectl_netshoot.rules.marks import format_time
from kubectl_netshoot.rules.pod_state import PodState
from kubectl_netshoot.rules.targets import check_pods
from kubectl_netshoot.terminal import RED, YELLOW, Terminal

if TYPE_CHECKING:
    from kubectl_netshoot.commands.diff import Comparison, Diff

# So many pods are named one by one.
NAMED = 3
HEADER = ("NAME", "ROLE", "READY", "RESTARTS", "LOG LINES", "ERRORS", "A MINUTE")
INDENT = 2


def diff(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="COPY", help="The copy.")],
    output: options.Output = "text",
) -> int:
    """Compare a copy with its source and the other endpoints.

    What differs now: image, command, variables by name and all else of the pod; which are ready, have restarted, and
    log errors since the join. Values that look secret are hidden. The exit status says nothing of differences.
    """
    from kubectl_netshoot.commands.diff import compare

    json_wanted, (copy,) = options.as_json(output), check_pods([name], "COPY")
    terminal = Terminal()
    found = compare(copy, connection_of(ctx), terminal)
    if json_wanted:
        terminal.data_json(diff_json(found))
        return ExitStatus.DONE
    for note in found.notes:
        terminal.warn(note)
    show(found, terminal)
    return ExitStatus.DONE


def show(found: "Diff", terminal: Terminal) -> None:
    """One line where nothing differs, else all that does."""
    if _is_as_it_should_be(found):
        terminal.data_row(nothing(found), "", INDENT)
        return
    for line in lines(found):
        sign = line.partition(" ")[0]
        terminal.data_row(line, sign if sign in ("-", "+") else "", INDENT)
    rows = list(_rows(found))
    bad = {cell: RED for row in rows for cell in (row[2],) if cell == "no"}
    restarted = {row[3]: YELLOW for row in rows if row[3] != "0"}
    terminal.data("")
    terminal.table(HEADER, rows, {**bad, **restarted})


def _is_as_it_should_be(found: "Diff") -> bool:
    every = (found.copy, *found.others)
    fine = all(s.ready and not s.restarts and not (s.log and s.log.errors) for s in every)
    return fine and not any(_own(c.differences) for c in found.comparisons)


def _own(differences: Sequence[Difference]) -> list[Difference]:
    return [difference for difference in differences if not difference.of_every_copy]


def nothing(found: "Diff") -> str:
    """That nothing differs, and nothing is wrong with any of the pods."""
    usual = {d.where: None for c in found.comparisons for d in c.differences}
    without = f"; without {', '.join(usual)}, as every copy" if usual else ""
    logs = [state.log for state in (found.copy, *found.others)]
    errors = f", no error lines {_since(found)}" if all(logs) else ""
    beside = " and ".join(_who(found, c) for c in found.comparisons)
    gone = "".join(f"; {line}" for line in _of_source(found))
    return f"no difference: {found.copy.name} is like {beside}{without}; all ready, no restarts{errors}{gone}"


def lines(found: "Diff") -> Iterator[str]:
    """What the copy is beside each of what it is compared with."""
    yield f"{found.copy.name}, {_place(found)}"
    yield from _of_source(found)
    for comparison in found.comparisons:
        own = _own(comparison.differences)
        yield f"{'unlike' if own else 'as'} {_who(found, comparison)}{':' if comparison.differences else ''}"
        yield from diff_lines(comparison.differences)
    if len(found.others) < found.endpoints:
        yield f"{len(found.others)} of {number(found.endpoints, 'other endpoint')} were looked at"


def _of_source(found: "Diff") -> Iterator[str]:
    if found.source_state.value == "gone":
        yield f"its source {found.source} is gone"
    elif found.source_state.value == "replaced":
        yield f"its source is gone, and {found.source} is another pod"


def _place(found: "Diff") -> str:
    if found.in_service:
        return f"in Service {', '.join(found.in_service)} {_since(found)}"
    if found.joined:
        return f"not in Service {', '.join(found.joined)} now, joined {span(found.span)} ago"
    return "not joined to a Service"


def _since(found: "Diff") -> str:
    return f"for {span(found.span)}" if found.joined else f"in {span(found.span)}"


def _who(found: "Diff", comparison: "Comparison") -> str:
    if comparison.is_template:
        return f"the template of {comparison.beside[0]}"
    others = [name for name in comparison.beside if name != found.source]
    word = "its source " if found.source_state.value == "here" else ""
    parts = [f"{word}{found.source}"] if len(others) < len(comparison.beside) else []
    if others:
        named = ", ".join(others[:NAMED]) + (" ..." if len(others) > NAMED else "")
        parts.append(f"{number(len(others), 'other endpoint')} ({named})")
    return " and ".join(parts)


def _rows(found: "Diff") -> Iterator[tuple[str, ...]]:
    yield from (_row(state, role, found.window.until) for state, role in _roles(found))


def _row(state: PodState, role: str, now: datetime) -> tuple[str, ...]:
    ago = f" ({span(now - state.restarted)} ago)" if state.restarts and state.restarted else ""
    ready = "yes" if state.ready else "no"
    log = state.log
    counts = (
        (str(log.lines) + ("+" if log.cut else ""), str(log.errors), f"{log.a_minute:.1f}")
        if log
        else ("?",) * 3
    )
    return (state.name, role, ready, f"{state.restarts}{ago}", *counts)


def diff_json(found: "Diff") -> dict[str, Any]:
    """`diff -o json`."""
    return {
        "schema": "kubectl-netshoot/v1",
        "context": found.context,
        "namespace": found.namespace,
        "copy": found.copy.name,
        "source": {"name": found.source, "state": found.source_state.value},
        "services": list(found.joined),
        "inService": list(found.in_service),
        "otherEndpoints": found.endpoints,
        "since": format_time(found.window.since),
        "seconds": round(found.span.total_seconds(), 1),
        "comparisons": [
            {
                "beside": list(comparison.beside),
                "template": comparison.is_template,
                "differences": [
                    {"where": d.where, "before": d.before, "after": d.after, "ofEveryCopy": d.of_every_copy}
                    for d in comparison.differences
                ],
            }
            for comparison in found.comparisons
        ],
        "pods": [
            {
                "name": state.name,
                "uid": state.uid,
                "role": role,
                "ready": state.ready,
                "restarts": state.restarts,
                "restarted": format_time(state.restarted) if state.restarted else None,
                "logLines": state.log.lines if state.log else None,
                "errorLines": state.log.errors if state.log else None,
                "errorLinesPerMinute": round(state.log.a_minute, 3) if state.log else None,
                "logCut": bool(state.log and state.log.cut),
            }
            for state, role in _roles(found)
        ],
        "notes": list(found.notes),
    }


def _roles(found: "Diff") -> Iterator[tuple[PodState, str]]:
    yield found.copy, "copy"
    source = "source" if found.source_state.value == "here" else "replacement"
    yield from ((state, source if state.name == found.source else "endpoint") for state in found.others)
