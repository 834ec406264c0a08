"""What each command leaves on a terminal of 100, 80 and 60 columns, compared with the files in `left`.

`make screens` writes the files anew; look at every one that changed.
"""

import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from tests.system.e2e.screen import Screen
from tests.system.screens.conftest import Shop
from tests.waiting import until

LEFT = Path(__file__).parent / "left"
WIDTHS = (100, 80, 60)
QUICK = ("--settle=1s", "--drain=5s", "--name=web-1-debug")


def plays(screen: Screen) -> None:
    """The shell is left at once."""
    screen.shows("ends it at")
    until(lambda: screen.text.rstrip().endswith(("#", "$")), "the prompt", lambda: screen.text)
    screen.type("exit\r")


def types_exit(screen: Screen) -> None:
    until(lambda: screen.text.rstrip().endswith(("#", "$")), "the prompt", lambda: screen.text)
    screen.type("exit\r")


def says_no(screen: Screen) -> None:
    screen.shows("[y/N]")
    screen.type("n\r")


def watches(_: Screen) -> None:
    """Nothing is typed."""


Act = Callable[[Screen], None]
SCENES: dict[str, tuple[Act, tuple[str, ...]]] = {
    "session": (plays, ("web-1", "--join-service", "--shell=sh", *QUICK)),
    "session-declined": (says_no, ("web-1", "--join-service", *QUICK)),
    "session-command": (watches, ("web-1", *QUICK[2:], "--", "true")),
    "session-dry-run": (watches, ("web-1", "--join-service", "--dry-run", *QUICK)),
    "run": (watches, ("run", "--", "true")),
    "debug": (watches, ("debug", "web-1", "--", "true")),
    "check": (watches, ("check", "web-1", "--name=web-1-debug")),
    "check-live": (watches, ("check", "web-1", "--live")),
    "capture": (watches, ("capture", "web-1", "-c", "2")),
    "capture-explain": (watches, ("capture", "web-1", "--explain", "-c", "4")),
    "capture-file": (watches, ("capture", "web-1", "-c", "2", "-w", "{new}.pcap")),
    "explain": (watches, ("explain", str(Path(__file__).parent / "refused.txt"), "--lang=en")),
    "why-nothing-listens": (watches, ("why", "web-1", "svc/web:81")),
    "attach": (types_exit, ("attach", "web-1-debug", "--shell=sh")),
    "diff": (watches, ("diff", "web-1-debug")),
    "leave": (watches, ("leave", "web-1-debug")),
    "rbac": (watches, ("rbac", "--join")),
    "help": (watches, ("help",)),
    "version": (watches, ("version",)),
    "why": (watches, ("why", "web-1", "svc/web")),
    "doctor": (watches, ("doctor", "web-1")),
    "list": (watches, ("list",)),
    "list-nothing": (watches, ("list",)),
    "cleanup": (watches, ("cleanup", "web-1-debug")),
    "cleanup-nothing": (watches, ("cleanup",)),
    "no-pod": (watches, ("web-9",)),
}
# Nothing of theirs is wider than 60 columns: a wider terminal shows the same.
NARROW = {
    "session-command",
    "why-nothing-listens",
    "leave",
    "version",
    "list-nothing",
    "cleanup",
    "cleanup-nothing",
    "no-pod",
}
SEEN = [(scene, columns) for scene in SCENES for columns in WIDTHS if scene not in NARROW or columns == 60]


@contextmanager
def budget(shop: Shop) -> Iterator[None]:
    """A PodDisruptionBudget that would count a copy: a warning."""
    shop.kubectl("create", "poddisruptionbudget", "web", "--selector=app=web", "--min-available=1")
    yield
    shop.kubectl("delete", "poddisruptionbudget", "web")


@pytest.fixture(autouse=True)
def empty(shop: Shop) -> Iterator[None]:
    """No copy before, and none after."""
    yield
    if shop.copies():
        shop.run("cleanup", "--all", "--yes")
        until(lambda: not shop.copies(), "an empty namespace")


@pytest.mark.parametrize(("scene", "columns"), SEEN)
def test_what_is_left_on_the_screen(shop: Shop, scene: str, columns: int) -> None:
    act, words = SCENES[scene]
    if scene in ("list", "diff", "cleanup", "attach", "leave"):
        shop.run("web-1", "--join-service", "--keep", *QUICK, "--", "true")
    words = tuple(word.replace("{new}", f"{scene}-{columns}") for word in words)
    with budget(shop) if scene == "session-declined" else nullcontext():
        screen = shop.screen(columns, *words)
        act(screen)
        screen.wait()
    file = LEFT / f"{scene}-{columns}.txt"
    if os.environ.get("WRITE_SCREENS"):
        file.write_text(_anywhere(screen.text.rstrip()) + "\n")
    assert steady(screen.text) == steady(file.read_text())


def _anywhere(text: str) -> str:
    """The screen without what is this machine's own."""
    return re.sub(r"(?<=\s)/\S+/", "/path/", text).replace(f"@{socket.gethostname()}", "@host")


def steady(text: str) -> str:
    """What is the same in every run: no number, no name out of chance, no prompt, nor where a line breaks."""
    for pattern, same in CHANGING:
        text = re.sub(pattern, same, text)
    # The terminal's edge may run through any word, and any number.
    run_together = re.sub(r"\d+(?:[.:]\d+)*", "0", "".join(text.split()))
    # How many of the tries got an answer in time, and which of them in the same one.
    return re.sub(r"(?:(?:Serviceweb\(0\)|web-0|and|,)+:GET/:status0in0ms)+", "GET", run_together)


CHANGING = (
    (r"\b(netshoot|session)-[a-z0-9_]+", r"\1-xxxxx"),
    (r"(?m)^\S*[#$] exit", "$ exit"),
    (r"/\S+/(\S+)", r"/path/\1"),
    (r"@\S+", "@host"),
    (r"\d+(?:[.:]\d+)*", "0"),
)
