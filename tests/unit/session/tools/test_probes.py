"""The script, really run: many tools side by side, bounded, every line told apart; arguments are never code."""

import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_netshoot.session.tools.probes import (
    LONGEST_URL,
    MOST_BYTES,
    PROBE_SECONDS,
    Answers,
    Probe,
    ToolOutput,
    batches,
    script_argv,
    url_bytes,
)
from tools.prerequisites.pytest_plugin import program

TOOLS = ("head", "cut", "date", "sh", "grep", "sleep", "cat", "seq")
SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"]}
DIG = "dig -u +tries=1 +time=3 +nocmd +noall +comments +question +answer +stats"
Ask = Callable[..., Answers]


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for PATH with what every image has."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


@pytest.fixture(params=sorted(SHELLS))
def ask(request: pytest.FixtureRequest, tools: Path, tmp_path: Path) -> Ask:
    """Run the script in one of the shells."""
    shell, *flags = SHELLS[request.param]
    interpreter = program(shell)

    def run(
        *probes: Probe, budget: int = 20, limit: int = PROBE_SECONDS, line: bytes | None = None
    ) -> Answers:
        _, option, script, name, _, *words = script_argv(probes, budget, held=line is not None)
        done = subprocess.run(
            [interpreter, *flags, option, script, name, str(limit), *words],
            env={"PATH": str(tools), "LC_ALL": "C"},
            cwd=tmp_path,
            input=line or b"",
            capture_output=True,
            timeout=60,
            check=True,
        )
        found = Answers()
        hearing = found.begin(probes)
        # In pieces, as a connection may deliver it.
        for at in range(0, len(done.stdout), 7):
            hearing.feed(done.stdout[at : at + 7])
        return found

    return run


def tool(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!{shutil.which('sh')}\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_each_answer_belongs_to_its_question(ask: Ask, tools: Path) -> None:
    tool(tools, "nc", 'echo "to $5"; echo "port $6" >&2; exit 3')
    probes = [Probe("tcp", f"10.0.0.{number}", str(number)) for number in range(30)]
    found = ask(*probes)
    for number, probe in enumerate(probes):
        assert found.of(probe) == ToolOutput(3, [f"to 10.0.0.{number}", f"port {number}"])


def test_what_is_held_is_asked_at_a_line_and_never_without_one(ask: Ask, tools: Path, tmp_path: Path) -> None:
    tool(tools, "nc", "echo here; : >asked")
    probe = Probe("tcp", "10.0.0.1", "80")
    assert ask(probe, line=b"").of(probe).status is None
    assert not (tmp_path / "asked").exists()
    assert ask(probe, line=b"\n").of(probe) == ToolOutput(0, ["here"])
    assert (tmp_path / "asked").exists()


def test_what_the_tools_are_asked(ask: Ask, tools: Path) -> None:
    for name in ("dig", "nc", "curl", "ping", "ss", "ip", "tcptraceroute", "tracepath"):
        tool(tools, name, f'echo {name} "$@"')
    asked = {
        Probe("name", "web.", "A"): f"{DIG} -t A -q web.",
        Probe("search", "srv", "AAAA"): f"{DIG} +search +showsearch -t AAAA -q srv",
        Probe("nameovertcp", "mx", "A"): f"{DIG} +tcp +search -t A -q mx",
        Probe("connect", "10.0.0.1", "80", "61000"): "nc -z -v -w 5 -p 61000 10.0.0.1 80",
        Probe("ping", "10.0.0.1"): "ping -n -c 10 -i 0.2 -W 1 10.0.0.1",
        Probe("unsplit", "10.0.0.1", "1422"): "ping -n -c 2 -i 0.2 -W 1 -M do -s 1422 10.0.0.1",
        Probe("sockets"): "ss -Hltun",
        Probe("links"): "ip -o link show",
        Probe("route", "10.0.0.1", "80"): "tcptraceroute -n -q 1 -w 1 -m 7 10.0.0.1 80",
        Probe("routeudp", "10.0.0.1"): "tracepath -n -m 5 10.0.0.1",
    }
    found = ask(*asked, Probe("latency", "web.", "A"), Probe("http", "http://10.0.0.1/"))
    assert {probe: found.of(probe).last for probe in asked} == asked
    assert len(found.of(Probe("latency", "web.", "A")).lines) == 5
    assert found.of(Probe("http", "http://10.0.0.1/")).last.endswith("http://10.0.0.1/")


def test_a_port_of_its_own_for_a_request(ask: Ask, tools: Path) -> None:
    tool(tools, "curl", 'shift 11; echo "$@"')
    plain, secure = (
        Probe("http", "http://x/", "61001"),
        Probe("https", "https://x/", "x:443:10.0.0.1", "61002"),
    )
    plainly = Probe("https", "https://y/", "y:443:10.0.0.1")
    found = ask(plain, secure, plainly)
    assert found.of(plain).last == "--local-port 61001 http://x/"
    assert found.of(secure).last == "-k --local-port 61002 --resolve x:443:10.0.0.1 https://x/"
    assert found.of(plainly).last == "-k --resolve y:443:10.0.0.1 https://y/"


def test_arguments_are_never_code(ask: Ask, tools: Path, tmp_path: Path) -> None:
    tool(tools, "nc", 'for word; do :; done; printf "<%s>\\n" "$word"')
    nasty = ["$(touch here)", "`touch here`", "a;touch here", "'\"", "*", "a b", "-e", "%s\\n"]
    found = ask(*(Probe("tcp", "x", word) for word in nasty))
    assert [found.of(Probe("tcp", "x", word)).last for word in nasty] == [f"<{word}>" for word in nasty]
    assert not (tmp_path / "here").exists()


def test_output_is_bounded(ask: Ask, tools: Path) -> None:
    tool(tools, "ss", "seq 1000000")
    found = ask(Probe("sockets")).of(Probe("sockets"))
    assert 1000 < len(found.text) <= MOST_BYTES
    tool(tools, "ip", "head -c 9000 /dev/zero | tr '\\0' x; echo; echo end")
    (tools / "tr").symlink_to(str(shutil.which("tr")))
    long = ask(Probe("links")).of(Probe("links"))
    assert [len(line) for line in long.lines] == [2000, 3]


def test_a_tool_may_not_forge_another_ones_answer(ask: Ask, tools: Path) -> None:
    tool(tools, "ss", "printf '1:forged\\n1=0\\n\\n'")
    tool(tools, "ip", "echo own")
    found = ask(Probe("sockets"), Probe("links"))
    assert found.of(Probe("links")) == ToolOutput(0, ["own"])
    assert found.of(Probe("sockets")).lines == ["1:forged", "1=0", ""]


def test_a_missing_tool(ask: Ask) -> None:
    assert ask(Probe("sockets")).of(Probe("sockets")).status == 127


def test_a_tool_that_does_not_end(ask: Ask, tools: Path) -> None:
    (tools / "timeout").symlink_to(program("timeout"))
    tool(tools, "ss", "echo begun; exec sleep 300")
    found = ask(Probe("sockets"), limit=1).of(Probe("sockets"))
    assert (found.status, found.lines) == (124, ["begun"])


def test_when_the_time_is_over_nothing_more_is_begun(ask: Ask, tools: Path) -> None:
    tool(tools, "ss", "echo asked")
    assert ask(Probe("sockets"), budget=0).of(Probe("sockets")) == ToolOutput()


def test_a_certificate_is_read_where_there_is_one(ask: Ask, tools: Path) -> None:
    shown = (
        "CONNECTED(3)\n-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\nVerify return code: 0 (ok)"
    )
    tool(
        tools,
        "openssl",
        f"case $1 in s_client) echo '{shown}' ;; x509) cat >/dev/null; echo notAfter=x ;; esac",
    )
    probe = Probe("tls", "10.0.0.1:443", "web")
    assert ask(probe).of(probe).lines == ["CONNECTED(3)", "Verify return code: 0 (ok)", "notAfter=x"]
    tool(tools, "openssl", "echo connect:errno=111; exit 1")
    assert ask(probe).of(probe) == ToolOutput(1, [])


@pytest.mark.parametrize(
    "said", [b"9:nobody\n", b"x\n", b":\n", b"0x:1\n", b"0=none\n", b"\xff\xfe\n", b"0:"]
)
def test_what_is_nobodys_answer_is_left_out(said: bytes) -> None:
    found, probe = Answers(), Probe("links")
    found.begin([probe]).feed(said)
    assert found.of(probe) == ToolOutput()


def test_asking_again_forgets_what_was_said_before() -> None:
    found, probe = Answers(), Probe("links")
    for text in (b"first", b"second"):
        hearing = found.begin([probe])
        assert hearing.ended == 0
        hearing.feed(b"0:%s\n0=0\n" % text)
        assert hearing.ended == 1
    assert found.of(probe) == ToolOutput(0, ["second"])


@given(
    st.lists(st.builds(Probe, st.just("https"), st.text(max_size=300), st.text(max_size=300)), max_size=80)
)
def test_what_is_asked_at_once_fits_into_a_url(probes: list[Probe]) -> None:
    batched = list(batches(probes))
    assert [probe for batch in batched for probe in batch] == probes
    for batch in batched:
        assert batch
        assert len(batch) == 1 or url_bytes(script_argv(batch, 20)) <= LONGEST_URL + len("20")


def test_most_checks_need_one_exec_for_all_that_they_ask() -> None:
    assert len(list(batches([Probe("http", f"http://10.96.100.{i}:8080/") for i in range(40)]))) == 1
    assert list(batches([])) == []
