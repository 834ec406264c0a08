"""Nobody forgets TAB: for every argument and every value of every command it is decided what completes it."""

from kubectl_netshoot.completion import candidates
from kubectl_netshoot.completion.grammar import Subcommand
from kubectl_netshoot.completion.script import places
from kubectl_netshoot.settings.keys import KEYS
from tests.unit.completion.stub import Stub
from tests.unit.completion.tab import Tab


def test_every_flag_with_a_value_is_known(tree: Subcommand) -> None:
    options = [option for command in places(tree).values() for option in command.options if option.metavar]
    unknown = {option.names[0] for option in options if candidates.of_flag(option) is None}
    assert unknown == set(), "say in completion/candidates.py what their values are"


def test_every_argument_is_known(tree: Subcommand) -> None:
    arguments = [(place, a.metavar) for place, command in places(tree).items() for a in command.arguments]
    unknown = {argument for argument in arguments if candidates.of_argument(*argument) is None}
    assert unknown == set(), "say in completion/candidates.py what these are"


def test_nothing_is_known_that_is_not_there(tree: Subcommand) -> None:
    found = places(tree)
    flags = {option.names[0] for command in found.values() for option in command.options}
    assert set(candidates.FLAGS) - flags == set()
    arguments = {
        (place, a.metavar.strip("[]{}.")) for place, command in found.items() for a in command.arguments
    }
    assert set(candidates.ARGUMENTS) - arguments == set()


def test_both_ends_of_why_are_completed_without_python(tab: Tab, stub: Stub) -> None:
    started = stub.program.with_name("started")
    for name in ("python3", "python"):
        trap = stub.program.with_name(name)
        trap.write_text(f"#!/bin/sh\ntouch {started}\nexit 1\n")
        trap.chmod(0o755)
    assert "web-1" in tab.type("why w").names
    assert tab.type("why web-1 w").names == ["web"]
    assert not started.exists()


def test_all_settings_are_offered() -> None:
    assert ("fixed", *KEYS) == candidates.SETTINGS
