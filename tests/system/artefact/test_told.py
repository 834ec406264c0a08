"""Version and help, which the zipapp tells without its program: word for word what the program would say."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any
from zipimport import zipimporter

import pexpect
import pytest
import typer

from kubectl_netshoot.cli.main import run as run_program
from kubectl_netshoot.cli.root import app
from tests.system.artefact.checkout import bare_environ, run

Tell = Callable[[list[str]], bool]
ROOT = typer.main.get_command(app)
WIDTHS = range(40, 101)
CALLED = "kubectl-netshoot"


def commands(group: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command that is listed, those of the root, which are none, first."""
    yield above
    for name, command in getattr(group, "commands", {}).items():
        if not command.hidden:
            yield from commands(command, (*above, name))


@pytest.fixture(scope="session")
def tell(zipapp: Path) -> Tell:
    """The archive's own function, loaded from there."""
    spec = zipimporter(str(zipapp)).find_spec("told")
    assert spec
    assert spec.loader
    told = module_from_spec(spec)
    spec.loader.exec_module(told)
    function: Tell = told.tell
    return function


@pytest.mark.parametrize("words", [pytest.param(words, id=" ".join(words)) for words in commands(ROOT)])
def test_help_is_typers_at_every_width(
    tell: Tell,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
) -> None:
    for width in WIDTHS:
        monkeypatch.setenv("COLUMNS", str(width))
        ROOT.main([*words, "--help"], prog_name="kubectl netshoot", standalone_mode=False)
        typers = capsys.readouterr().out
        assert tell([CALLED, *words, ("--help", "-h")[width % 2]])
        assert capsys.readouterr().out == typers


@pytest.mark.parametrize(
    "line", ["", "version", "--version", "--help", "list -h", "help", "help list", "help config view"]
)
def test_it_is_what_the_program_says(
    tell: Tell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert run_program(line.split(), CALLED) == 0
    program = capsys.readouterr().out
    assert tell([CALLED, *line.split()])
    assert capsys.readouterr().out == program


@pytest.mark.parametrize(
    "line",
    [
        "version -o json",
        "Version",
        "list --help -A",
        "nope --help",
        "--help list",
        "help list -h",
        "list --help-all",
        "--version -q",
        "help nope",
        "../version --help",
        "list/../list --help",
        "-- --help",
        "TARGET --help",
    ],
)
def test_everything_else_is_left_to_the_program(
    tell: Tell, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    assert not tell([CALLED, *line.split()])
    assert capsys.readouterr().out == ""


def test_under_another_name_the_program_says_its_usage(tell: Tell) -> None:
    assert not tell(["kubectl-other", "--help"])
    assert tell(["netshoot.pyz", "--help"])


def test_the_help_is_as_wide_as_the_terminal(zipapp: Path, tmp_path: Path) -> None:
    expected = run(
        [sys.executable, str(zipapp), "list", "--help"], {"COLUMNS": "63", "HOME": str(tmp_path)}
    ).stdout
    child = pexpect.spawn(
        sys.executable, [str(zipapp), "list", "--help"], env={}, dimensions=(30, 63), timeout=60
    )
    child.expect(pexpect.EOF)
    assert child.before.decode().replace("\r\n", "\n") == expected


def test_nothing_is_unpacked_for_it_and_kubectl_runs_it(zipapp: Path, tmp_path: Path) -> None:
    environ = bare_environ(tmp_path / "home", zipapp.parent, Path(sys.executable).parent)
    for words in (["version"], ["--help"], ["capture", "-h"]):
        done = run(["kubectl", "netshoot", *words], environ)
        assert (done.returncode, done.stderr) == (0, "")
        assert "netshoot" in done.stdout
    assert not (tmp_path / "home" / ".cache" / "kubectl-netshoot").exists()


@pytest.mark.parametrize("ending", [">&-", ">/dev/full"])
def test_a_stdout_that_takes_nothing_is_no_crash(zipapp: Path, tmp_path: Path, ending: str) -> None:
    if ending == ">/dev/full" and not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    line = f'exec "$@" {ending}'
    done = run(["sh", "-c", line, "sh", sys.executable, str(zipapp), "--help"], {"HOME": str(tmp_path)})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_reader_that_is_gone_is_no_crash(zipapp: Path, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run(
            [sys.executable, str(zipapp), "--help"],
            env={"HOME": str(tmp_path)},
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")


def test_every_command_has_its_help_in_the_archive(zipapp: Path) -> None:
    with zipfile.ZipFile(zipapp) as archive:
        told = {name for name in archive.namelist() if name.startswith("told/")}
    assert told == {"told/version", *("/".join(("told", " ".join(("help", *w)))) for w in commands(ROOT))}
