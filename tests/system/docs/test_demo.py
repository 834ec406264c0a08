"""`make demo` and `make demo-shell`, as they are run from the Makefile: what is seen, and when."""

import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pexpect

from tools.markdown import ROOT

DEMO = ["-m", "tools.demo"]


def test_the_demo_says_what_it_does_and_ends_in_what_was_seen(zipapp: Path) -> None:
    assert zipapp.exists()
    done = subprocess.run([sys.executable, *DEMO], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert "It takes about 20 seconds." in lines[0]
    assert re.findall(r"^\[(\d)/4\]", done.stdout, re.MULTILINE) == ["1", "2", "3", "4"]
    assert [len(line.split(", ")) for line in lines if line.startswith("   -> ")] == [3, 4, 3]
    assert [line.partition(":")[0] for line in lines[-3:]] == ["Seen", "Seen", "Next"]
    assert "make demo-shell" in lines[-1]


def test_nothing_is_written_into_the_shell_of_the_demo(zipapp: Path) -> None:
    """Longer than the endpoints take to change, and each thing that the greeting offers works."""
    assert zipapp.exists()
    child = pexpect.spawn(
        sys.executable, [*DEMO, "--shell"], cwd=str(ROOT), encoding="utf-8", timeout=60, echo=False
    )
    child.logfile_read = io.StringIO()
    child.expect("It takes about 10 seconds to the prompt")
    child.expect(r"  exit +leave")
    child.expect(r"export (KUBECONFIG)=(\S+) (PATH)=(\S+):\$PATH")
    shown = child.match.groups() if isinstance(child.match, re.Match) else ()
    elsewhere = os.environ | dict(zip(shown[::2], shown[1::2], strict=True))
    elsewhere["PATH"] += os.pathsep + os.defpath
    child.expect("in Service nginx[^\n]*\n")
    child.sendline("PS1=; PS2=; echo be''gin")
    child.expect("begin\r?\n")
    child.sendline("sleep 2; curl -sS localhost:8080; tcpdump -n -c 5 >/dev/null 2>&1; echo status $?")
    child.expect(r"status 0")
    check = ["kubectl", "netshoot", "check", "svc/api", "--only", "ports"]
    found = subprocess.run(check, env=elsewhere, capture_output=True, text=True, check=False)
    assert (found.returncode, "targetPort 9090" in found.stdout) == (1, True), found.stderr
    doctor = subprocess.run(
        ["kubectl", "netshoot", "doctor"], env=elsewhere, capture_output=True, text=True, check=False
    )
    # Only what the person may mend: TAB.
    warned = re.findall(r"^(?:bad|warning) +(\S+)", doctor.stdout, re.MULTILINE)
    assert warned == ["completion", "copies"], doctor.stdout
    child.sendline("exit")
    child.expect("Seen: .*Seen: .*Next: `make install`")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    # Those before the shell, and none as it comes and goes.
    assert child.logfile_read.getvalue().count("   -> ") == 1


def test_a_window_that_is_closed_leaves_nothing(zipapp: Path) -> None:
    assert zipapp.exists()
    child = pexpect.spawn(sys.executable, [*DEMO, "--shell"], cwd=str(ROOT), encoding="utf-8", timeout=60)
    child.expect(r"export KUBECONFIG=(/\S+?/netshoot-demo-[^/]+)/")
    folder = Path(child.match[1] if isinstance(child.match, re.Match) else "")
    assert folder.is_dir()
    child.kill(signal.SIGHUP)
    child.wait()
    assert (folder.exists(), child.exitstatus) == (False, 128 + signal.SIGHUP)
