"""The command tree as shell functions: flags that differ between commands, what repeats, and what is said of them."""

from pathlib import Path

import pytest

from kubectl_netshoot.completion import installation
from kubectl_netshoot.completion.grammar import Argument, Option, Subcommand
from kubectl_netshoot.completion.script import kubectl_script, places, sentence
from tests.unit.completion.tab import Tab

STDIN = Option(("--stdin", "-i"), "Hand on stdin.")
INTERFACE = Option(("--interface", "-i"), "It's one.", "a|b")
LABEL = Option(("--label", "-l"), "Put it on; can be repeated.", "x|y", repeated=True)
PART = Subcommand("part", "Its part", "", (Argument("c|d", ""),), (LABEL,))
TREE = Subcommand(
    name="",
    help="The root.",
    usage="",
    arguments=(Argument("TARGET", ""),),
    options=(LABEL,),
    commands=(
        Subcommand("listen", "Listen. To all.", "", (Argument("one|two...", ""),), (INTERFACE,)),
        Subcommand("type", "Type", "", (), (STDIN,), aliases=("ty",)),
        Subcommand("group", "A group", "", (), (), commands=(PART,)),
    ),
)


@pytest.fixture
def own(tab: Tab, tmp_path: Path) -> Tab:
    """The script of this tree."""
    return Tab(installation.install(kubectl_script(TREE), tmp_path, ""), tab.env)


def test_places_name_every_command() -> None:
    assert list(places(TREE)) == ["TARGET", "listen", "type", "group", "group/part"]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("listen -i ", ["a", "b"]),
        ("listen -ib ", ["one", "two"]),
        ("type -i ", []),
        ("type -i --", []),
        ("type --", ["--stdin"]),
        ("ty --", ["--stdin"]),
        ("ty", ["type"]),
        # Before the command is known, a value is thought to follow.
        ("-i ", ["a", "b"]),
        ("-i a listen o", ["one"]),
        ("-i type listen o", ["one"]),
        ("listen one t", ["two"]),
        ("group ", ["part"]),
        ("group part ", ["c", "d"]),
        ("group part c ", []),
        ("-l x --", ["--label"]),
        ("group part -l x -l ", ["x", "y"]),
    ],
)
def test_what_can_be_typed(own: Tab, line: str, names: list[str]) -> None:
    assert own.type(line).names == names


def test_what_is_said(own: Tab) -> None:
    assert own.type("li").described == {"listen": "Listen"}
    assert own.type("listen --").described == {"--interface": "It's one"}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("One.  [default: two]", "One"),
        ("Of this, e.g. 10s; more. Another.", "Of this, e.g. 10s; more"),
        ("Over\n  two lines", "Over two lines"),
        ("Bad\x1b[2J. Good.", "Bad[2J"),
        ("", ""),
    ],
)
def test_the_first_sentence(text: str, first: str) -> None:
    assert sentence(text) == first
