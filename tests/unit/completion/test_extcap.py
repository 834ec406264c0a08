"""What Wireshark is answered, with stand-ins for kubectl and our program; the same in every shell that is /bin/sh."""

import os
import re
import select
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from kubectl_netshoot import __version__
from kubectl_netshoot.completion import extcap, installation
from tests.unit.completion.stub import Stub
from tests.unit.completion.tab import SHELLS, interpreter
from tests.waiting import until

VIEW = "prod\nshop"
# extcap(4): sentences of braces, in which nothing may stand that ends one.
SENTENCE = re.compile(r"(extcap|interface|dlt|arg)( ?\{[a-z]+=[ -z|~]*\})+")
PROGRAM = """\
#!/bin/sh
printf '%s\\n' "$KUBECONFIG" "$PATH" "$@" > "$0.ran"
exit 3
"""


@dataclass(frozen=True)
class Entry:
    """The installed script, and an environment as a desktop gives it."""

    path: Path
    program: Path
    fifo: Path
    env: dict[str, str]

    def ask(
        self, *words: str, by: Sequence[str] = (), env: Mapping[str, str] | None = None
    ) -> tuple[int, str, str]:
        done = subprocess.run(
            [*by, str(self.path), *words],
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
        )
        return done.returncode, done.stdout, done.stderr

    def interfaces(self) -> list[tuple[str, str]]:
        status, out, said = self.ask("--extcap-interfaces", "--extcap-version=4.0")
        assert (status, said) == (0, "")
        assert all(SENTENCE.fullmatch(line) for line in out.splitlines()), out
        return re.findall(r"^interface \{value=(.*?)\}\{display=(.*?)\}$", out, re.MULTILINE)

    def interface(self, target: str) -> str:
        (value,) = [value for value, shown in self.interfaces() if f" {target} (" in shown]
        return value

    def captures(self, *words: str, by: Sequence[str] = ()) -> list[str]:
        """The words that our program was run with, KUBECONFIG and PATH first."""
        asked = self.ask("--capture", "--fifo", str(self.fifo), *words, by=by)
        assert asked == (3, "", ""), "the program's own status, and nothing said"
        return Path(f"{self.program}.ran").read_text().splitlines()


@pytest.fixture
def entry(stub: Stub, tmp_path: Path) -> Entry:
    """Installed in a terminal where kubectl is on PATH and KUBECONFIG is set; the list is made."""
    stub.prints("view", VIEW)
    program = tmp_path / "it's here" / "kubectl-netshoot"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    terminal = {
        "HOME": str(tmp_path),
        "PATH": f"{stub.program.parent}:relative:{os.environ['PATH']}",
        "KUBECONFIG": f"{tmp_path}/a $config:",
    }
    extcap.list_file(terminal).parent.mkdir(parents=True)
    path = installation.install(extcap.script(program, terminal), tmp_path, "", extcap.NAME)
    os.mkfifo(tmp_path / "fifo")
    entry = Entry(path, program, tmp_path / "fifo", {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    assert entry.ask("--refresh")[0] == 0
    return entry


PODS = ["pod/web-1", "pod/web-2", "pod/db-0"]
PLACE = "(namespace shop, context prod)"


def test_the_interfaces_are_what_can_be_captured_in(entry: Entry, stub: Stub) -> None:
    """Not the Service that selects nothing. The stand-in knows no sts and no ds: what fails is left out."""
    shown = [display for _, display in entry.interfaces()]
    targets = ["deploy/web", "svc/all", "svc/db", "svc/web", *PODS]
    assert shown == [
        "Kubernetes: any pod, workload or Service",
        *(f"Kubernetes {target} {PLACE}" for target in targets),
    ]
    stub.prints("deploy", "NAME   READY   AGE\nweb    0/0     1d")
    stub.prints(
        "pod", "NAME   READY   STATUS      AGE\na      0/1     Completed   1d\nb      1/1     Running     1d"
    )
    assert entry.ask("--refresh")[0] == 0
    assert [shown.split()[1] for _, shown in entry.interfaces()[1:]] == [
        "svc/all",
        "svc/db",
        "svc/web",
        "pod/b",
    ]


def test_the_list_is_short_enough_for_a_start(entry: Entry, stub: Stub) -> None:
    stub.prints(
        "pod",
        "\n".join(["NAME   STATUS", *(f"web-{n}   Running" for n in range(3000)), "x" * 151 + "   Running"]),
    )
    assert entry.ask("--refresh")[0] == 0
    assert len(entry.interfaces()) == 1 + extcap.MOST


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_says_the_same(entry: Entry, shell: str) -> None:
    by, value = interpreter(shell), entry.interface("deploy/web")
    listed = extcap.list_file(entry.env).read_text()
    assert entry.ask("--refresh", by=by)[0] == 0
    assert extcap.list_file(entry.env).read_text() == listed
    for words in (
        ["--extcap-interfaces", "--extcap-version=4.2"],
        ["--extcap-dlts", "--extcap-interface", value],
        ["--extcap-config", f"--extcap-interface={value}"],
        ["--extcap-config", "--extcap-interface", "netshoot"],
        ["--extcap-capture-filter", "tcp or", "--extcap-interface", value],
        ["--capture", "--extcap-interface", "eth0", "--fifo", "x"],
        ["--capture", "--extcap-interface", "netshoot", "--fifo", str(entry.fifo)],
    ):
        assert entry.ask(*words, by=by) == entry.ask(*words), words
    words = ["--extcap-interface", value, "--joined", "--filter", "udp", "--extcap-capture-filter", "tcp"]
    assert entry.captures(*words, by=by) == entry.captures(*words)


def test_a_start_needs_no_cluster_no_list_and_no_program(entry: Entry, stub: Stub) -> None:
    value = entry.interface("pod/db-0")
    extcap.forget(entry.env)
    stub.program.unlink()
    entry.program.unlink()
    assert entry.interfaces() == [("netshoot", "Kubernetes: any pod, workload or Service")]
    for interface in ("netshoot", value):
        status, out, said = entry.ask("--extcap-dlts", "--extcap-interface", interface)
        assert (status, said, SENTENCE.fullmatch(out.strip()) is not None) == (0, "", True)
        status, out, said = entry.ask("--extcap-config", "--extcap-interface", interface)
        assert (status, said) == (0, "")
        assert all(SENTENCE.fullmatch(line) for line in out.splitlines())
        asked = re.findall(r"call=--([a-z]+)", out)
        assert asked[-4:] == ["device", "filter", "duration", "joined"]
        assert asked[:-4] == (["target", "namespace", "context"] if interface == "netshoot" else [])


def test_a_box_that_joins_is_ticked_each_time(entry: Entry) -> None:
    """Wireshark keeps what a dialog had, and uses it at a double click without showing it."""
    out = entry.ask("--extcap-config", "--extcap-interface", "netshoot")[1]
    (line,) = [line for line in out.splitlines() if "--joined" in line]
    assert "{default=false}{save=false}" in line


def test_the_list_is_made_again_in_the_background_at_most_once_a_minute(entry: Entry, stub: Stub) -> None:
    stub.prints("pod", "NAME   STATUS\nnew    Running")
    before = len(stub.asked)
    entry.interfaces()
    until(lambda: "pod/new" in extcap.list_file(entry.env).read_text(), "the new list")
    assert len(stub.asked) > before
    stamp = extcap.list_file(entry.env).with_suffix(".asked")
    at = int(stamp.read_text())
    assert "pod/new" in str(entry.interfaces())
    assert int(stamp.read_text()) == at
    for old in (str(at - 61), str(at + 7200), "", "nonsense", "1 + 1"):
        stamp.write_text(f"{old}\n")
        entry.interfaces()
        assert at <= int(stamp.read_text()) < at + 7200


def test_a_cluster_that_does_not_answer_leaves_the_list_as_it_was(entry: Entry, stub: Stub) -> None:
    before = extcap.list_file(entry.env).read_text()
    for table in ("pod", "svc", "deploy"):
        stub.prints(table, "")
    assert entry.ask("--refresh")[0] == 1
    (stub.program.parent / "tables" / "view").unlink()
    assert entry.ask("--refresh")[0] == 1
    assert extcap.list_file(entry.env).read_text() == before
    assert sorted(os.listdir(extcap.list_file(entry.env).parent)) == ["wireshark"]


HOSTILE = ["$(touch pwned)", "a}{value=b", "`id`", "-n", "a\tb", "../x", "x;id", "web}\x1b[31m", "é"]


@pytest.mark.parametrize(
    "context", ["{prod}", "a'b\"c", "$(touch pwned)", "arn:aws:eks:eu:1:cluster/shop", "pr od\x1b[0m"]
)
def test_names_break_neither_a_line_nor_the_shell(
    entry: Entry, stub: Stub, tmp_path: Path, context: str
) -> None:
    stub.prints("view", f"{context}\nshop")
    stub.prints(
        "pod", "\n".join(["NAME   STATUS", *(f"{name}   Running" for name in HOSTILE), "web-9   Running"])
    )
    assert entry.ask("--refresh")[0] == 0
    value = entry.interface("pod/web-9")
    assert re.fullmatch(r"netshoot\.[0-9]+\.pod\.web-9", value), "part of a file's name in Wireshark"
    assert not any(name in str(entry.interfaces()) for name in ("pwned}", "id", "a}"))
    assert f"--context={context}" in entry.captures("--extcap-interface", value), "as it is"
    assert not list(tmp_path.rglob("pwned"))


def test_a_capture_is_ours_with_what_the_desktop_lacks(entry: Entry, stub: Stub, tmp_path: Path) -> None:
    kubeconfig, path, *words = entry.captures("--extcap-interface", entry.interface("deploy/web"))
    assert kubeconfig == f"{tmp_path}/a $config"
    first, *_, last, least = path.split(":")
    assert (first, last, least) == (str(stub.program.parent), "/usr/bin", "/bin")
    assert "relative" not in path
    assert words == [
        *("capture", "deploy/web", "--quiet", f"--write={entry.fifo}", "--interface=any", "--duration=1h"),
        *("--namespace=shop", "--context=prod"),
    ]


def test_what_a_terminal_says_of_our_own_programs_is_kept(entry: Entry, tmp_path: Path) -> None:
    """Not what may hold secrets, as a proxy's address does."""
    terminal = {
        **entry.env,
        "KUBECTL_NETSHOOT_KUBECTL": str(tmp_path / "kube}ctl"),
        "KUBECTL_NETSHOOT_CONFIG": os.path.relpath(tmp_path / "it's.yaml"),
        "HTTPS_PROXY": "http://me:secret@proxy",
    }
    entry.path.write_text(extcap.script(entry.program, terminal))
    entry.program.write_text('#!/bin/sh\nenv | grep KUBECTL_ > "$0.ran"\nexit 3\n')
    asked = ("--extcap-interface", "netshoot", "--target=web-1")
    kept = [f"KUBECTL_NETSHOOT_CONFIG={tmp_path}/it's.yaml", f"KUBECTL_NETSHOOT_KUBECTL={tmp_path}/kube}}ctl"]
    assert sorted(entry.captures(*asked)) == kept
    assert "secret" not in entry.path.read_text()


def test_the_dialog_becomes_flags(entry: Entry) -> None:
    _, _, *words = entry.captures(
        *("--extcap-interface", "netshoot", "--target", "svc/web", "--namespace", "back", "--context", "eu"),
        *(
            "--device",
            "eth0",
            "--duration",
            "90s",
            "--joined",
            "--filter",
            "host a",
            "--extcap-capture-filter=port 80",
        ),
        # A toolbar of a later Wireshark.
        *("--extcap-control-in", "/tmp/in", "--extcap-control-out", "/tmp/out", "--new=thing"),
    )
    assert words == [
        *("capture", "svc/web", "--quiet", f"--write={entry.fifo}", "--interface=eth0", "--duration=90s"),
        *("--namespace=back", "--context=eu", "--join-service", "--yes", "--", "(host a) and (port 80)"),
    ]
    _, _, *words = entry.captures("--extcap-interface", "netshoot", "--target", "web-1", "--filter", "$(id)")
    assert words[-2:] == ["--", "$(id)"]
    assert not any(word.startswith(("--namespace", "--context", "--join", "--yes")) for word in words)


def test_an_interface_of_another_context_is_refused(entry: Entry, stub: Stub) -> None:
    """Wireshark still shows the list of before: its pod is not to be looked for in another cluster."""
    value = entry.interface("deploy/web")
    stub.prints("view", "staging\nshop")
    assert entry.ask("--refresh")[0] == 0
    asked = ("--capture", "--fifo", str(entry.fifo), "--extcap-interface")
    status, out, said = entry.ask(*asked, value)
    assert (status, out) == (1, "")
    assert said.startswith(f"error: there is no interface {value} (any more)\n  ")
    other = {"KUBECONFIG": "/another"}
    assert entry.ask("--refresh", env=other)[0] == 0
    listed = entry.interface("deploy/web")
    assert listed != value
    # What is listed is captured in where it was listed, whatever this Wireshark was started with.
    assert entry.captures("--extcap-interface", listed)[0] == "/another"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--extcap-interface", "eth0"], "there is no interface eth0"),
        ([], "there is no interface named"),
        (["--extcap-interface", "netshoot"], "it was not said which pod to capture in"),
        (["--extcap-interface", "netshoot.1.pod.a"], "there is no interface netshoot.1.pod.a (any more)"),
        (["--extcap-interface", "netshoot", "--target=a", "--fifo="], "no named pipe to write packets to"),
        (["--extcap-interface", "netshoot", "--target=a", "--fifo", "/dev/null"], "--fifo /dev/null"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_a_next_step(entry: Entry, words: list[str], said: str) -> None:
    status, out, heard = entry.ask("--capture", "--fifo", str(entry.fifo), *words)
    assert (status, out, heard.count("\n")) == (1, "", 2)
    assert heard.startswith("error: ")
    assert said in heard
    assert not Path(f"{entry.program}.ran").exists()


def test_a_program_that_was_taken_away(entry: Entry) -> None:
    entry.program.unlink()
    asked = ("--capture", "--fifo", str(entry.fifo), "--extcap-interface=netshoot", "--target=web-1")
    status, _, said = entry.ask(*asked)
    assert (status, f"{entry.program} is not there any more" in said) == (1, True)
    assert "kubectl netshoot wireshark install" in said


@pytest.mark.parametrize("shell", SHELLS)
def test_who_waits_for_packets_hears_that_none_come(entry: Entry, shell: str) -> None:
    """dumpcap waits for the first writer for ever; it is never there where the program fails before."""
    for words in (["--target=web-1"], []):
        reader = os.open(entry.fifo, os.O_RDONLY | os.O_NONBLOCK)
        poll = select.poll()
        poll.register(reader, select.POLLIN)
        assert poll.poll(0) == []
        asked = ("--capture", "--fifo", str(entry.fifo), "--extcap-interface=netshoot", *words)
        assert entry.ask(*asked, by=interpreter(shell))[0] in (1, 3)
        assert poll.poll(0) == [(reader, select.POLLHUP)]
        os.close(reader)


STOPPED = """\
#!/bin/sh
trap 'echo TERM > "$0.ran"; exit $1' TERM
echo > "$0.began"
for _ in 1 2 3 4 5 6; do sleep 5 & wait $!; done
"""


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("status", [143, 4])
def test_stop_is_handed_on_and_only_a_failure_is_one(entry: Entry, shell: str, status: int) -> None:
    """The program's own end is waited for."""
    entry.program.write_text(STOPPED.replace("$1", str(status)))
    began, ran = (Path(f"{entry.program}.{name}") for name in ("began", "ran"))
    asked = ["--capture", "--fifo", str(entry.fifo), "--extcap-interface=netshoot", "--target=web-1"]
    with subprocess.Popen([*interpreter(shell), str(entry.path), *asked], env=entry.env) as child:
        until(began.exists, "the program")
        child.terminate()
    assert ran.read_text() == "TERM\n"
    assert child.returncode == (0 if status == 143 else status)


def test_what_the_environment_calls_as_we_do_changes_nothing(entry: Entry) -> None:
    ours = "question interface fifo typed target namespace context device filter duration joined key patience list"
    env = {**dict.fromkeys(ours.split(), "lo"), "IFS": "e", "ENV": "/nonsense", "POSIXLY_CORRECT": "1"}
    for words in (["--extcap-interfaces"], ["--extcap-config", "--extcap-interface", "netshoot"]):
        assert entry.ask(*words, env=env) == entry.ask(*words)
    assert f"made by kubectl-netshoot {__version__}." in entry.path.read_text()
