"""The shell on a real terminal: typed into, resized, interrupted, left, hung up on."""

from collections.abc import Callable, Iterator

import pytest

from tests.system.e2e.api import Api
from tests.system.e2e.caller import Caller
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.screen import Screen
from tests.system.e2e.steps import CREATION, LEAVE
from tests.system.e2e.turnstile import Hold, Turnstile
from tests.waiting import until

NAME = "shelled"
PROMPT = "there>"
Start = Callable[..., Screen]


@pytest.fixture
def start(plugin: Plugin) -> Iterator[Start]:
    """Start a command on a terminal."""
    screens: list[Screen] = []

    def start(*argv: str) -> Screen:
        screens.append(Screen(list(argv), plugin.env, plugin.folder))
        return screens[-1]

    yield start
    for screen in screens:
        screen.close()


@pytest.fixture
def session(plugin: Plugin, source: str) -> list[str]:
    """The command for a shell behind a Service."""
    return plugin.argv(source, "--service=web", f"--name={NAME}", "--settle=0", "--shell=sh")


@pytest.fixture
def shell(start: Start, session: list[str]) -> Screen:
    """A shell in the copy, at its prompt."""
    screen = start(*session)
    screen.shows(" ready (")
    # What is typed is on the screen too, so what is waited for must not stand in it.
    screen.type("PS1='the''re> '\r")
    screen.shows(PROMPT)
    return screen


def test_typing_and_the_exit_status(shell: Screen, api: Api) -> None:
    shell.type("echo $((6 * 7)) on $(hostname)\r")
    shell.shows(f"42 on {api_hostname(api)}")
    shell.type("exit 3\r")
    assert shell.wait() == 3
    assert api.gone(NAME)


def api_hostname(api: Api) -> str:
    """The copy keeps the source's hostname where the spec has one, else it has its own name."""
    copy = api.pod(NAME)
    assert copy
    return str(copy["spec"].get("hostname") or NAME)


def test_the_window_can_be_resized(shell: Screen) -> None:
    shell.type("stty size\r")
    shell.shows("30 100")
    shell.resize(40, 120)
    # The new size travels to the remote side in its own time.
    shell.type("until stty size | grep '^40 120$'; do sleep 0.1; done\r")
    shell.shows("\n40 120")
    shell.type("exit\r")
    assert shell.wait() == 0


def test_ctrl_c_is_the_remote_commands(shell: Screen, api: Api) -> None:
    # What is shown is the output: the line that is typed has a quote in it.
    shell.type("echo g''o; sleep 300\r")
    shell.shows("\ngo")
    shell.type("\x03")
    shell.shows("^C")
    shell.type("echo status $?\r")
    shell.shows("status 130")
    assert NAME in api.members("web")
    shell.type("exit 0\r")
    assert shell.wait() == 0


def test_ctrl_d_ends_the_shell(shell: Screen) -> None:
    shell.type("\x04")
    assert shell.wait() == 0


def test_the_terminal_is_as_before(start: Start, session: list[str]) -> None:
    script = 'before=$(stty -g); "$@"; echo status $?; [ "$before" = "$(stty -g)" ] && echo as before'
    screen = start("sh", "-c", script, "sh", *session)
    screen.shows(" ready (")
    screen.type("exit 3\r")
    screen.shows("status 3\nas before")
    assert screen.wait() == 0


def test_the_default_shell_is_found(start: Start, plugin: Plugin, source: str) -> None:
    screen = start(*plugin.argv(source, f"--name={NAME}"))
    screen.shows(" ready (")
    screen.type("echo a shell called $0 | tr a-z A-Z\r")
    screen.shows("A SHELL CALLED")
    screen.type("exit\r")
    assert screen.wait() == 0


def test_a_closed_window_takes_the_way_out(shell: Screen, api: Api) -> None:
    shell.hang_up()
    until(lambda: api.pod(NAME) is None, "the end of the copy")
    assert shell.wait() != 0


def test_ctrl_c_before_the_shell_takes_the_way_out(
    start: Start, plugin: Plugin, api: Api, source: str
) -> None:
    screen = start(
        *plugin.argv(source, f"--name={NAME}", "--service=web", "--settle=0", "--image=localhost:1/none")
    )
    until(lambda: api.pod(NAME), "the copy")
    screen.type("\x03")
    assert screen.wait() == 130
    # Nobody was its client yet.
    assert "interrupted: deleting the copy\n" in screen.text
    assert api.gone(NAME)


def test_ctrl_c_is_answered_while_nobody_knows_whether_the_copy_was_made(
    start: Start, plugin: Plugin, api: Api, source: str, turnstile: Callable[[Hold | None], Turnstile]
) -> None:
    gate = turnstile(Hold("POST", CREATION, answer=True))
    screen = start(*plugin.argv(source, f"--name={NAME}", "--service=web", "--settle=0"))
    until(gate.reached.is_set, "the creation")
    screen.type("\x03")
    screen.shows("interrupted: deleting the copy\n")
    gate.open()
    assert screen.wait() == 130
    assert api.gone(NAME)


def test_each_answer_to_ctrl_c_says_what_the_next_one_does(
    start: Start,
    plugin: Plugin,
    source: str,
    caller: Caller,
    turnstile: Callable[[Hold | None], Turnstile],
) -> None:
    gate = turnstile(Hold("PATCH", nth=LEAVE))
    command = plugin.argv(
        source,
        f"--name={NAME}",
        "--service=web",
        "--settle=0",
        "--drain=10m",
        "--",
        *("sh", "-c", "echo attached; sleep 600"),
    )
    # Without a terminal for COMMAND it is we who hear the keys.
    screen = start("sh", "-c", 'exec "$@" </dev/null', "sh", *command)
    screen.shows("attached")
    caller.connect(NAME)
    screen.type("\x03")
    screen.shows("interrupted: leaving Service web, then deleting the copy; after that Ctrl-C skips")
    until(gate.reached.is_set, "the leave")
    screen.type("\x03")
    screen.shows(f"Ctrl-C: {NAME} still leaves its Services, clients are waited for; Ctrl-C again skips")
    gate.open()
    screen.shows(f"{NAME}: 1 connection")
    screen.type("\x03")
    screen.shows(f"Ctrl-C: 1 connection not waited for any more, {NAME} is deleted now")
    assert screen.wait() == 130


def test_a_question_is_asked_before_the_copies_of_others_go(
    start: Start, plugin: Plugin, api: Api, source: str
) -> None:
    assert plugin.run(source, "--keep", f"--name={NAME}", "--", "true").status == 0
    refusing = start(*plugin.argv("cleanup", "--all"))
    refusing.shows("[y/N]")
    refusing.type("n\r")
    assert refusing.wait() == 4
    assert api.pod(NAME)
    agreeing = start(*plugin.argv("cleanup", "--all"))
    agreeing.shows("[y/N]")
    agreeing.type("y\r")
    assert agreeing.wait() == 0
    assert api.gone(NAME)
