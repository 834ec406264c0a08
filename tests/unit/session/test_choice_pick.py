"""`--pick` on a real pty: the list, answers of every kind, and ways out that change nothing."""

import io
import os
import pty
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

import pytest

from kubectl_netshoot.errors import NetshootError, UsageError
from kubectl_netshoot.model import Container, Pod
from kubectl_netshoot.rules.targets import TargetName
from kubectl_netshoot.session.choice import asker, meant
from kubectl_netshoot.session.inbox import Inbox
from kubectl_netshoot.terminal import Terminal
from tests.unit.builders import pod

WEB = TargetName("deploy", "web")
NAMES = ("web-7d4b9-abcde", "web-7d4b9-xyz12", "web-66fff-2b2b2", "api-1")
PODS = tuple(pod(name) for name in NAMES)


@dataclass
class Person:
    """At a terminal: what is typed before the question is asked is the answer to it."""

    keyboard: int
    screen: int
    inbox: Inbox
    terminal: Terminal

    def picks(self, typed: str, pods: Sequence[Pod] = PODS) -> str:
        ask = asker(True, self.terminal, self.inbox)
        assert ask
        os.write(self.keyboard, typed.encode())
        return ask(WEB, pods).name

    def saw(self) -> str:
        """All that was on the screen, once everything is said."""
        self.terminal.stderr.close()
        said = bytearray()
        # The end of a pty is an error on Linux.
        with suppress(OSError):
            while piece := os.read(self.screen, 65536):
                said += piece
        return said.decode()


@pytest.fixture
def person() -> Iterator[Person]:
    with ExitStack() as stack:
        keyboard, stdin = pty.openpty()
        screen, stderr = pty.openpty()
        for descriptor in (keyboard, screen):
            stack.callback(os.close, descriptor)
        typed, shown = stack.enter_context(os.fdopen(stdin)), stack.enter_context(os.fdopen(stderr, "w"))
        terminal = Terminal(stdin=typed, stderr=shown, quiet=True, yes=True)
        yield Person(keyboard, screen, Inbox(), terminal)


ANSWERS = [
    ("1", [0]),
    ("4", [3]),
    ("abc", [0]),
    ("API", [3]),
    ("66fff", [2]),
    ("api-1", [3]),
    ("web", [0, 1, 2]),
    ("b9", [0, 1]),
    ("0", []),
    ("5", []),
    ("12", [1]),
    ("01", []),
    ("zzz", []),
    ("", []),
    ("٣", []),
    ("-1", [3]),
]


@pytest.mark.parametrize(("answer", "indices"), ANSWERS)
def test_what_an_answer_may_mean(answer: str, indices: list[int]) -> None:
    assert list(meant(answer.lower(), NAMES)) == indices


def test_a_whole_name_is_meant_though_others_contain_it() -> None:
    assert meant("web", ("web-1", "web")) == (1,)


def test_the_list_has_what_a_person_chooses_by(person: Person) -> None:
    unready = replace(
        PODS[1], containers=(Container("app", restarts=3), Container("proxy", ready=True, restarts=4))
    )
    assert person.picks("2\n", (PODS[0], unready)) == NAMES[1]
    header, _, second, question = person.saw().splitlines()
    assert header.split() == ["NAME", "READY", "RESTARTS", "AGE", "NODE"]
    number, name, ready, restarts, _, node = second.split()
    assert (number, name, ready, restarts, node) == ("2", NAMES[1], "1/2", "7", "node-1")
    assert question.startswith("which pod of deploy/web? [1-2, ")


def test_it_asks_again_until_it_is_clear(person: Person) -> None:
    assert person.picks("web\nnone\n\nxyz\n") == NAMES[1]
    saw = person.saw()
    assert f"'web' may be any of 3: {', '.join(NAMES[:3])}" in saw
    assert "'none' is neither a number of the list nor part of a name" in saw
    assert saw.count("which pod") == 4


def test_more_than_a_screen_is_found_by_letters(person: Person) -> None:
    many = [pod(f"web-{number:03}") for number in range(100)]
    assert person.picks("099\n", many) == "web-099"
    assert "and 70 more, by letters of their names" in person.saw()


@pytest.mark.parametrize("typed", ["q\n", "quit\n", " Q \n", "\x04"], ids=["q", "quit", "Q", "end"])
def test_a_person_may_leave(person: Person, typed: str) -> None:
    with pytest.raises(NetshootError, match="no pod was picked, and nothing was changed"):
        person.picks(typed)


def test_a_signal_ends_the_question(person: Person) -> None:
    person.inbox.signal = 15
    with pytest.raises(NetshootError, match="no pod was picked, and nothing was changed") as error:
        person.picks("")
    assert error.value.status == 143


def test_without_a_terminal_the_names_are_told() -> None:
    ask = asker(True, Terminal(io.StringIO(), io.StringIO(), io.StringIO()), Inbox())
    assert ask
    with pytest.raises(UsageError, match="--pick asks on a terminal") as error:
        ask(WEB, PODS)
    assert error.value.hint.splitlines()[: len(NAMES)] == list(NAMES)


def test_nobody_asks_without_the_flag() -> None:
    assert asker(False, Terminal(), Inbox()) is None
