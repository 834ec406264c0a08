"""Help pages: they fit the terminal, cut nothing, show what works, and tell the rest when asked for it."""

import re
from collections.abc import Iterator

import pytest

from kubectl_netshoot.cli import main
from kubectl_netshoot.cli.connection import FLAGS
from kubectl_netshoot.cli.group import command_tree
from kubectl_netshoot.cli.help import EXAMPLES, EXIT_STATUS, GROUPS, RARE, flags, page
from kubectl_netshoot.cli.root import app
from kubectl_netshoot.completion.grammar import Subcommand
from kubectl_netshoot.errors import ExitStatus
from tests.unit.cli.understanding import Understand

PROGRAM = "kubectl netshoot"
SCREEN_LINES = 40
# Of the terminal; a page leaves two of them free.
WIDTHS = (100, 80, 60)


def walk(command: Subcommand, words: str = "") -> Iterator[tuple[str, Subcommand]]:
    yield words, command
    for below in command.commands:
        yield from walk(below, f"{words} {below.name}".strip())


ROOT = command_tree(app)
COMMANDS = dict(walk(ROOT))


def collapsed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("words", COMMANDS)
def test_a_page_fits_and_cuts_nothing(words: str, width: int, everything: bool) -> None:
    command = COMMANDS[words]
    text = page(command, PROGRAM, words, width - 2, everything)
    assert [line for line in text.splitlines() if len(line) > width] == []
    assert not re.search(r"[ \t]$", text, re.MULTILINE)
    said = collapsed(text)
    told = [below.help.split("\n\n")[0] for below in command.commands if everything or below.group in GROUPS]
    told += [
        option.help
        for option in command.options
        if everything or not (option.panel or "--help" in option.names)
    ]
    told += [f"{PROGRAM} {line} {what}" for line, what in EXAMPLES[words]]
    assert [what for what in told if collapsed(what) not in said] == []


@pytest.mark.parametrize("width", [width for width in WIDTHS if width >= 80])
def test_the_roots_page_fits_a_screen(width: int) -> None:
    lines = page(ROOT, PROGRAM, "", width - 2).splitlines()
    assert len(lines) <= SCREEN_LINES
    assert len([line for line in lines if line.startswith(f"  {PROGRAM} ")]) == 5
    assert len([line for line in lines if re.match(r"  --?\w", line)]) == 8
    assert [line[:-1] for line in lines if re.fullmatch(r"\w+:", line)] == ["Examples", *GROUPS, "Options"]


def test_no_command_is_forgotten() -> None:
    listed = [below.name for below in ROOT.commands if below.group in GROUPS]
    assert {below.name for below in ROOT.commands} - set(listed) == {"help", "version"}
    shown = page(ROOT, PROGRAM, "", 98, everything=True)
    assert [
        c.name for c in ROOT.commands if not re.search(rf"^  {c.name} +{c.help[:9]}", shown, re.MULTILINE)
    ] == []


@pytest.mark.parametrize("words", COMMANDS)
def test_rare_flags_and_kubectls_are_told_when_all_are_asked_for(words: str) -> None:
    command = COMMANDS[words]
    short, long = (page(command, PROGRAM, words, 98, everything) for everything in (False, True))
    rows = {option: f"\n  {flags(option)}" for option in command.options}
    assert [flags(o) for o, row in rows.items() if row not in long] == []
    assert [flags(o) for o, row in rows.items() if o.panel and row in short] == []
    assert "\n  --help-all " in short
    for flag in FLAGS:
        assert flag.rich_help_panel not in ("", RARE)
    assert "Exit status:" not in short
    assert "Exit status:" in long


def test_the_exit_statuses_are_those_of_the_program() -> None:
    assert {status for status, _ in EXIT_STATUS} == {*(str(int(status)) for status in ExitStatus), "other"}


@pytest.mark.parametrize("words", COMMANDS)
def test_each_command_has_two_to_four_examples_that_mean_it(understand: Understand, words: str) -> None:
    examples = EXAMPLES[words]
    assert len(examples) in (range(5, 6) if not words else range(2, 5))
    for line, _ in examples:
        command, typed = COMMANDS[words], re.split(" [|>] ", line)[0]
        meant = understand(typed).command
        assert meant == words if not command.commands else f"{meant} ".startswith(f"{words} ".lstrip())


def shown(capsys: pytest.CaptureFixture[str], line: str) -> str:
    assert main.run(line.split(), "kubectl-netshoot") == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("words", [words for words in COMMANDS if words])
def test_help_of_a_command_by_its_name(capsys: pytest.CaptureFixture[str], words: str) -> None:
    text = shown(capsys, f"help {words}")
    assert text == shown(capsys, f"{words} --help") == shown(capsys, f"{words} -h")
    assert text.startswith(f"Usage: {PROGRAM} {words} ")


def test_help_alone_is_the_programs(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "help")
    assert text == shown(capsys, "") == shown(capsys, "--help") == shown(capsys, "web-1 --help")


def test_help_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--help-all") == shown(capsys, "web --help-all") != shown(capsys, "--help")
    assert "--kubeconfig FILE" in shown(capsys, "capture web --help-all")
    assert "--kubeconfig FILE" not in shown(capsys, "explain --help-all")


def test_ls_is_list(capsys: pytest.CaptureFixture[str]) -> None:
    short, long = shown(capsys, "ls --help"), shown(capsys, "list --help")
    assert short.partition("\n")[2] == long.partition("\n")[2]


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--version") == shown(capsys, "version")


def test_help_of_what_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["help", "captrue"], "kubectl-netshoot") == 2
    assert capsys.readouterr().err == (
        'error: unknown command "captrue"; did you mean "capture"?\n  try: kubectl netshoot help capture\n'
    )
    assert main.run(["help", "config", "show"], "kubectl-netshoot") == 2
    assert capsys.readouterr().err == 'error: unknown command "show"\n  try: kubectl netshoot config --help\n'
