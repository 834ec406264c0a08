"""Whatever is typed: words of ours, odd values, any text, and bytes that are no UTF-8, in any order."""

import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubectl_netshoot.cli.root import app
from tests.odd_words import ODD, RAW
from tests.system.badinput.judge import FAILED, FINE, USAGE, judge
from tests.system.badinput.stage import Stage

# Anything but a real session: no word below names a pod that is there. And nothing looks for other hosts.
ALMOST = ("x", "nope", "pod/nope", "0", "1h", "-1s", "json", "\u202e")
HOSTS = ("--server", "-s")

# `run` needs no pod that is there; `completion install` and `wireshark install` write a file.
COMMANDS = {
    name: command
    for name, command in typer.main.get_command(app).commands.items()  # type: ignore[attr-defined]
    if name not in ("run", "completion", "wireshark")
}


def flags() -> list[str]:
    """Every flag of every command."""
    found = {
        option for command in COMMANDS.values() for parameter in command.params for option in parameter.opts
    }
    return sorted(option for option in found if option.startswith("-") and option not in HOSTS)


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
VALUES = st.one_of(st.sampled_from((*ODD, *ALMOST)), TEXT, RAW)
FLAGS = st.sampled_from(flags())
WORDS = st.one_of(
    FLAGS,
    VALUES,
    st.sampled_from(sorted(COMMANDS)),
    st.builds("{}={}".format, FLAGS, VALUES),
    st.builds("-{}{}".format, st.sampled_from("nqvyoA"), VALUES),
)
ANY = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ANY
@given(words=st.lists(WORDS, max_size=6))
def test_any_words(stage: Stage, words: list[str]) -> None:
    judge(stage.run(*words), (FINE, FAILED, USAGE))


@ANY
@given(command=st.sampled_from(sorted(COMMANDS)), flag=FLAGS, value=VALUES)
def test_any_value_of_any_flag_of_any_command(stage: Stage, command: str, flag: str, value: str) -> None:
    judge(stage.run(command, "nope", flag, value), (FINE, FAILED, USAGE))
