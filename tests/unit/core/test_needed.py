"""What is handed to typer: less than all of it, and nothing is missed."""

import pytest
import typer

from kubectl_netshoot.cli.root import app
from kubectl_netshoot.cli.routing import TARGET
from kubectl_netshoot.cli.tree import needed

EVERYTHING = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def commands(line: str) -> set[str]:
    built: set[str] = set(typer.main.get_command(needed(app, line.split())).commands)  # type: ignore[attr-defined]
    return built


@pytest.mark.parametrize("name", sorted(EVERYTHING - {TARGET}))
def test_a_command_that_is_named_is_there_wherever_it_stands(name: str) -> None:
    for line in (name, f"-n shop {name} x", f"--context={name} -q {name}"):
        assert commands(line) == {TARGET, name}


@pytest.mark.parametrize(
    "line", ["web-0 --join-service", "deploy/web -n shop", "--nonsense", "web-0 -- list -h"]
)
def test_a_session_needs_no_other_command(line: str) -> None:
    assert commands(line) == {TARGET}


def test_a_name_that_may_be_a_value_keeps_its_command() -> None:
    assert commands("-n list web-0") == {TARGET, "list"}


@pytest.mark.parametrize("line", ["", "--help", "-h", "list --help", "-- ls"])
def test_help_is_about_all_of_them(line: str) -> None:
    assert commands(line) == EVERYTHING


def test_the_application_itself_stays_whole() -> None:
    commands("web-0")
    assert set(typer.main.get_command(app).commands) == EVERYTHING  # type: ignore[attr-defined]
