"""An image on the user's terminal: its escapes pass as they are, and the terminal's settings come back after it."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.processes import RUN, processes
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.screen import Screen
from tests.waiting import until

NAME = "wild"
# The alternate screen, mouse reports, an invisible cursor, and keys without an echo.
WILD = r"printf '\033[?1049h\033[?1000h\033[?25l'; stty raw -echo; echo what a mess; cat"
BEFORE_AND_AFTER = 'before=$(stty -g); "$@"; echo status $?; [ "$before" = "$(stty -g)" ] && echo as before'


@pytest.fixture
def screen(plugin: Plugin, source: str) -> Iterator[Screen]:
    """A session whose command has made a mess of the terminal."""
    words = (source, f"--name={NAME}", "--", "sh", "-c", WILD)
    screen = Screen(["sh", "-c", BEFORE_AND_AFTER, "sh", *plugin.argv(*words)], plugin.env, plugin.folder)
    yield screen
    screen.close()


def kill_exec(env: dict[str, str]) -> None:
    """End the kubectl that has the terminal, so that it can put nothing back itself."""
    found = [line for line in processes(env[RUN]) if f" exec pod/{NAME} " in line]
    assert len(found) == 1
    os.kill(int(found[0].split()[0]), signal.SIGKILL)


@pytest.mark.usefixtures("testimony")
def test_the_terminals_settings_come_back_after_a_death_in_raw_mode(
    screen: Screen, env: dict[str, str]
) -> None:
    screen.shows("what a mess")
    kill_exec(env)
    screen.shows("Reconnect?")
    # A line can be typed, and is shown: the terminal is as it was.
    screen.type("n\r")
    screen.shows("as before")
    assert screen.wait() == 0


@pytest.mark.usefixtures("testimony")
def test_what_an_image_prints_reaches_its_reader_untouched(plugin: Plugin, source: str) -> None:
    """Without a terminal it is data, to the byte."""
    done = plugin.run(source, "-q", "--", "printf", r"\033[2J\233\033]52;c;aGk=\007\000\r\n")
    assert done.status == 0, done.stderr
    assert done.stdout == b"\x1b[2J\x9b\x1b]52;c;aGk=\x07\x00\r\n"


@pytest.mark.usefixtures("testimony")
def test_an_image_that_never_stops_talking_does_not_fill_memory_or_disk(
    plugin: Plugin, env: dict[str, str], source: str
) -> None:
    """Its `yes` is kubectl's to print and somebody else's to read; the reader who leaves ends it."""
    running = plugin.start_argv(
        "sh", "-c", '"$@" | head -c 1000000 | wc -c', "sh", *plugin.argv(source, "-q", "--", "yes")
    )
    done = running.wait()
    assert int(done.text) == 1_000_000
    until(lambda: not processes(env[RUN]), "the end of every process", lambda: processes(env[RUN]))
