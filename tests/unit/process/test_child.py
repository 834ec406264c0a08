"""Real children: what they see, what reaches them, and that none of them can hold us up for ever."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.process import child as process_child
from tests.waiting import until

PYTHON = (sys.executable, "-I", "-c")
WAIT = 20.0


def test_what_a_child_said_and_how_it_ended() -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)"
    assert process_child.run((*PYTHON, code)) == process_child.Result(7, "out\n", "err\n")


def test_a_signal_is_a_negative_status() -> None:
    assert process_child.run((*PYTHON, "import os; os.kill(os.getpid(), 15)")).status == -15


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert process_child.run((*PYTHON, "import os; os.write(1, b'a\\xffb')")).stdout == "a\ufffdb"


def test_stdin_is_closed() -> None:
    assert process_child.run((*PYTHON, "import sys; print(repr(sys.stdin.read()))")).stdout == "''\n"


def test_arguments_are_no_shell_words() -> None:
    hostile = "$(id); `id` && 'x' \"y\" \n *"
    assert (
        process_child.run((*PYTHON, "import sys; sys.stdout.write(sys.argv[1])", hostile)).stdout == hostile
    )


def test_the_environment_is_the_users_without_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME", "SHIV_ROOT", "SHIV_ENTRY_POINT"):
        monkeypatch.setenv(name, "poison")
    monkeypatch.setenv("USERS_OWN", "kept")
    code = "import os; print(*[k for k, v in os.environ.items() if 'poison' in v]); print(os.environ['USERS_OWN'])"
    assert process_child.run((*PYTHON, code)).stdout == "\nkept\n"
    assert process_child.environment({"PYTHONPATH": "asked for"})["PYTHONPATH"] == "asked for"


def test_a_quiet_child_has_a_session_of_its_own() -> None:
    done = process_child.run((*PYTHON, "import os; print(os.getsid(0), os.getpid())"))
    session, pid = done.stdout.split()
    assert session == pid


def test_a_program_that_is_missing() -> None:
    with pytest.raises(NetshootError, match="kubectl-not-there was not found") as caught:
        process_child.run(("kubectl-not-there",))
    assert "PATH" in caught.value.hint


def test_a_program_that_cannot_be_run(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("no program")
    with pytest.raises(NetshootError, match="plain cannot be started"):
        process_child.run((str(plain),))


def test_a_child_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    written = tmp_path / "pid"
    code = f"import os, time; open({str(written)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    with pytest.raises(NetshootError, match="did not answer within 1 seconds"):
        process_child.run((*PYTHON, code), timeout=1.0)
    with pytest.raises(ProcessLookupError):
        os.kill(int(written.read_text()), 0)


@pytest.mark.parametrize("stream", [1, 2])
def test_a_child_that_never_stops_talking_is_killed(monkeypatch: pytest.MonkeyPatch, stream: int) -> None:
    monkeypatch.setattr(process_child, "MAX_OUTPUT", 1_000_000)
    with pytest.raises(NetshootError, match="printed more than"):
        process_child.run((*PYTHON, f"import os\nwhile True: os.write({stream}, b'x' * 65536)"))


def test_a_child_that_said_too_much_before_we_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_child, "MAX_OUTPUT", 1000)
    with pytest.raises(NetshootError, match="printed more than"):
        process_child.run((*PYTHON, "print('x' * 2000)"))


def test_what_a_child_said_last_is_whole_however_much_it_is() -> None:
    done = process_child.run(
        (*PYTHON, "import os; os.write(1, b'x' * 5_000_000); os.write(2, b'y' * 5_000_000 + b'z')")
    )
    assert (len(done.stdout), done.stderr[-2:], len(done.stderr)) == (5_000_000, "yz", 5_000_001)


DAEMON = """
import subprocess, sys
code = "import os, time\\n" + sys.argv[1]
child = subprocess.Popen([sys.executable, "-I", "-c", code], start_new_session=True)
print(child.pid, flush=True)
"""


@pytest.mark.parametrize(
    "does",
    [
        "time.sleep(600)",
        "while True: os.write(1, b'.' * 1000); os.write(2, b'.' * 1000)",
    ],
    ids=["silent", "talking"],
)
def test_a_daemon_that_a_child_leaves_is_not_waited_for(does: str) -> None:
    done = process_child.run((*PYTHON, DAEMON, does))
    pid = re.search(r"\d+", done.stdout)
    assert done.status == 0
    assert pid
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(pid[0]), signal.SIGKILL)


def test_a_child_that_makes_the_pipe_non_blocking() -> None:
    code = """
import os
os.set_blocking(1, False)
written = 0
while written < 1_000_000:
    try:
        written += os.write(1, b"x" * min(65536, 1_000_000 - written))
    except BlockingIOError:
        pass
"""
    assert len(process_child.run((*PYTHON, code)).stdout) == 1_000_000


def test_no_disk_has_to_have_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/dev/full/none")
    assert process_child.run((*PYTHON, "print('whole')")).stdout == "whole\n"


def test_no_descriptor_is_left_open() -> None:
    process_child.run((*PYTHON, "pass"))
    before = _descriptors()
    for code in ("print('x')", "import sys; sys.exit(3)"):
        process_child.run((*PYTHON, code))
    with pytest.raises(NetshootError):
        process_child.run(("kubectl-not-there",))
    assert _descriptors() == before


def _descriptors() -> set[str]:
    return {entry for entry in os.listdir("/dev/fd") if os.path.exists(f"/dev/fd/{entry}")}


CHILD = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(2); print('whole')"
GROUP = f"""
import sys
from kubectl_netshoot.process import child
try:
    print(child.run((sys.executable, "-I", "-c", {CHILD!r}, sys.argv[1])).stdout, flush=True)
except KeyboardInterrupt:
    print("broken off", flush=True)
"""


@pytest.fixture
def started(tmp_path: Path) -> Path:
    """What the quiet child makes when it runs."""
    return tmp_path / "started"


@pytest.fixture
def group(started: Path) -> Iterator[subprocess.Popen[str]]:
    code = f"import signal; signal.signal(signal.SIGINT, lambda *_: print('heard', flush=True))\n{GROUP}"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(started)], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        yield child


def test_a_ctrl_c_at_the_keyboard_does_not_break_off_what_a_quiet_child_does(
    group: subprocess.Popen[str], started: Path
) -> None:
    assert group.stdout is not None
    until(started.exists, "the quiet child")
    os.killpg(group.pid, signal.SIGINT)
    said = group.stdout.read().split()
    assert said == ["heard", "whole"]
