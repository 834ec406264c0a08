"""Real signals to a real process: the first is an event, a second Ctrl-C is the end, what was ignored stays ignored."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

CODE = """
import signal, sys
from kubectl_netshoot.session.inbox import Inbox, SecondInterrupt
for name in sys.argv[1:]:
    signal.signal(signal.Signals[name], signal.SIG_IGN)
inbox = Inbox()
try:
    with inbox.signals():
        print("ready", flush=True)
        while True:
            event = inbox.get(20)
            print(event.number if event else "silence", inbox.signal, flush=True)
            if event is None:
                break
except SecondInterrupt:
    print("second", flush=True)
print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, flush=True)
"""
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start the process, with these signals ignored as nohup does; ready when it says so."""
    started: list[subprocess.Popen[str]] = []

    def begin(*ignored: str) -> "subprocess.Popen[str]":
        child = subprocess.Popen(
            [sys.executable, "-c", CODE, *ignored], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(child)
        assert line(child) == "ready"
        return child

    yield begin
    for child in started:
        child.kill()
        child.communicate()


def line(child: "subprocess.Popen[str]") -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_is_an_event(start: Start, number: signal.Signals) -> None:
    child = start()
    child.send_signal(number)
    assert line(child) == f"{number.value} {number.value}"


def test_the_first_is_kept_and_a_second_ctrl_c_ends_it(start: Start) -> None:
    child = start()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGTERM):
        child.send_signal(number)
        assert line(child) == f"{number.value} {signal.SIGTERM.value}"
    child.send_signal(signal.SIGINT)
    assert line(child) == "second"
    assert line(child) == "True"


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP", "SIGTERM"])
def test_what_was_ignored_stays_ignored(start: Start, name: str) -> None:
    child = start(name)
    other = signal.SIGTERM if name != "SIGTERM" else signal.SIGHUP
    child.send_signal(signal.Signals[name])
    child.send_signal(other)
    assert line(child) == f"{other.value} {other.value}"
