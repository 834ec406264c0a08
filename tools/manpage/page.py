"""Hides the order and the headings of a manual page; everything that it says comes from elsewhere.

Commands and flags are those of the program's own tree, so that the page cannot differ from `--help`. Exit status,
environment and files are those of docs/reference.md, examples of docs/guide.md, which tests hold against the program.
"""

import re
from collections.abc import Iterable, Iterator

from kubectl_netshoot.cli.help import EXAMPLES
from kubectl_netshoot.completion.grammar import Option, Subcommand
from tools.manpage.roff import emphasis, inline, item, line, literal, plain, prose, quoted, wrapped
from tools.markdown import Document, code

PROGRAM = "kubectl netshoot"
_PARAGRAPH = re.compile(r"\n\s*\n")
_VARIABLE = re.compile(r"[A-Z_]+(=\S+)?")
_FENCED = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page(
    tree: Subcommand,
    connection: frozenset[str],
    reference: Document,
    guide: Document,
    version: str,
    date: str,
) -> str:
    """The page as roff with man macros; `connection` names the flags that are described once for all commands."""
    summary, *description = paragraphs(tree.help)
    shared = [option for option in tree.options if connection & set(option.names)]
    lines = [
        f".TH KUBECTL\\-NETSHOOT 1 {quoted(date)} {quoted('kubectl-netshoot ' + version)} {quoted('User Commands')}",
        *(".SH NAME", wrapped(f"kubectl\\-netshoot \\- {plain(summary)}")),
        *(".SH SYNOPSIS", *synopsis(tree)),
        *(".SH DESCRIPTION", *separate(map(prose, description))),
        *(".SH OPTIONS", *options(own(tree, shared))),
        *(".SH COMMANDS", *commands(tree, shared)),
        *(".SH CONNECTION OPTIONS", "They are kubectl's own, for every command that asks a cluster."),
        *options(shared),
        *(".SH EXIT STATUS", *exit_status(reference)),
        *(".SH ENVIRONMENT", *places(reference, variables=True), *settings(reference)),
        *(".SH FILES", *places(reference, variables=False)),
        *(".SH EXAMPLES", *examples(guide)),
        *(".SH SEE ALSO", ".BR kubectl (1),", ".BR tcpdump (1)"),
    ]
    return "\n".join(lines) + "\n"


def paragraphs(text: str) -> list[str]:
    """A text cut at its empty lines."""
    return [part for part in _PARAGRAPH.split(text.strip()) if part]


def separate(parts: Iterable[str]) -> Iterator[str]:
    """Paragraphs with room between them."""
    for number, part in enumerate(parts):
        if number:
            yield ".PP"
        yield part


def walk(command: Subcommand, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Subcommand]]:
    """Every command below this one with the words that call it, in the order of the help."""
    for below in command.commands:
        words = (*path, below.name)
        yield " ".join(words), below
        yield from walk(below, words)


def synopsis(tree: Subcommand) -> Iterator[str]:
    """One line a command that can be run."""
    yield f"{literal(PROGRAM)} {plain(tree.usage)}"
    for name, command in walk(tree):
        if not command.commands:
            yield ".br"
            yield f"{literal(f'{PROGRAM} {name}')} {plain(command.usage)}"


def own(command: Subcommand, shared: list[Option]) -> list[Option]:
    """The flags that are this command's, or mean something else here."""
    return [option for option in command.options if option not in shared]


def options(which: Iterable[Option]) -> Iterator[str]:
    """Flags with their help."""
    for option in which:
        value = f" {emphasis(option.metavar)}" if option.metavar else ""
        names = ", ".join(literal(name) for name in reversed(option.names))
        yield from item(names + value, prose(option.help))


def commands(tree: Subcommand, shared: list[Option]) -> Iterator[str]:
    """Each command with its help, its examples and its own flags."""
    for name, command in walk(tree):
        yield f".SS {quoted(f'{name} {command.usage}' if not command.commands else name)}"
        yield from separate(map(prose, paragraphs(command.help)))
        for example, what in EXAMPLES.get(name, ()):
            yield from item(literal(f"{PROGRAM} {example}"), prose(what))
        yield from options(own(command, shared))


def exit_status(reference: Document) -> Iterator[str]:
    """The table, and what stands below it."""
    for status, meaning in reference.table("Exit status"):
        yield from item(inline(status), prose(meaning))
    rest = [part for part in paragraphs(reference.section("Exit status")) if not part.startswith("|")]
    yield from (text for part in rest for text in (".PP", prose(part)))


def places(reference: Document, variables: bool) -> Iterator[str]:
    """The rows of the table that are variables, or those that are files."""
    for name, meaning in reference.table("Files and environment"):
        if bool(_VARIABLE.fullmatch(code(name)[0])) == variables:
            yield from item(inline(name), prose(meaning))


def settings(reference: Document) -> Iterator[str]:
    """The variables that stand in for keys of the settings' file."""
    for key, variable, _, flag, note in reference.table("Settings"):
        parts = (f"{key} of the settings", f"as {flag}" if flag else "", note)
        yield from item(inline(variable), prose("; ".join(filter(None, parts)) + "."))


def examples(guide: Document) -> Iterator[str]:
    """The guide's commands, each below the words that explain it."""
    # Text and commands take turns; the text after the last command explains none.
    parts = _FENCED.split(guide.section("Sessions"))[:-1]
    return separate(typed(part) if number % 2 else prose(part) for number, part in enumerate(parts))


def typed(block: str) -> str:
    """Commands as they are typed."""
    return "\n".join([".RS 4", ".nf", *(line(literal(text)) for text in block.splitlines()), ".fi", ".RE"])
