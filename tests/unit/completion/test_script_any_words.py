"""Whatever was typed: words of ours, odd ones, and bytes that are no UTF-8, in any order, TAB has no errors."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubectl_netshoot.cli.group import command_tree
from kubectl_netshoot.cli.root import app
from kubectl_netshoot.completion.script import places
from tests.odd_words import ODD, RAW
from tests.unit.completion.tab import Answer, Tab

PLACES = places(command_tree(app))
FLAGS = sorted({name for command in PLACES.values() for option in command.options for name in option.names})
COMMANDS = sorted({word for place in PLACES for word in place.split("/")})
MARKS = ("/", "a/b/c", "*", "\\", "'", '"', "$(id)", "%s")
WORDS = st.one_of(
    st.sampled_from(FLAGS),
    st.sampled_from(COMMANDS),
    st.sampled_from((*ODD, *MARKS)),
    RAW,
    st.builds("{}={}".format, st.sampled_from(FLAGS), RAW),
    st.builds("-{}{}".format, st.sampled_from("nqvyoA"), RAW),
)
ANY = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def assert_fine(answer: Answer) -> None:
    assert (answer.status, answer.stderr) == (0, "")
    assert re.fullmatch(r"([^\t\n]+(\t[ -~]+)?\n)*:(0|4|6|16|36)\n", answer.stdout), answer


@ANY
@given(words=st.lists(WORDS, max_size=6))
def test_any_words(tab: Tab, words: list[str]) -> None:
    assert_fine(tab.press(words))


@pytest.mark.parametrize(
    "words",
    [
        ["-n"],
        ["-n", "-n", "-n"],
        ["list", "list", ""],
        ["\udcff"],
        ["--server=\n", ""],
        ["a" * 9999, ""],
        ["-" + "q" * 9999, ""],
        ["completion", "completion", ""],
        ["completion/install", "--"],
    ],
)
def test_odd_words(tab: Tab, words: list[str]) -> None:
    assert_fine(tab.press(words))
