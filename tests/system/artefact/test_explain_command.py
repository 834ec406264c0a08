"""`explain` as it ships: the zipapp in an empty environment, with files, pipes, languages and mistakes."""

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pytest
from rich.cells import cell_len

from kubectl_netshoot.cli import main
from tests.system.artefact.checkout import bare_environ, run
from tests.unit.packets.read.test_pcap_remarks import option, with_remarks
from tests.unit.packets.render.golden import CAPTURES
from tests.waiting import LIMIT_SECONDS

GET = str(CAPTURES / "get.txt")
NAMED = ((1, 5, b"web-0.shop\0"), (2, 7, b"cart.shop\0"))


@dataclass(frozen=True)
class Done:
    status: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Explainer:
    """`kubectl-netshoot explain` with nothing in its environment but a home."""

    zipapp: Path
    home: Path

    def __call__(self, *words: str, stdin: str = "", **env: str) -> Done:
        environ = {**bare_environ(self.home), **env}
        command = [sys.executable, str(self.zipapp), "explain", *words]
        done = run(["sh", "-c", 'exec "$@" < "$0"', stdin or os.devnull, *command], environ)
        return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all, so that the zipapp is unpacked once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def explain(zipapp: Path, home: Path) -> Explainer:
    return Explainer(zipapp, home)


@pytest.mark.parametrize("words", [(GET,), (GET, "--ladder"), (GET, "-o", "json"), (GET, "-o", "html")])
def test_it_never_imports_the_kubernetes_client(zipapp: Path, home: Path, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-X", "importtime", str(zipapp), "explain", *words]
    done = run(command, {"HOME": str(home)})
    assert done.returncode == 0, done.stderr
    modules = set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE))
    assert "kubectl_netshoot.cli.explain" in modules
    assert not [name for name in modules if name.partition(".")[0] in ("kubernetes", "requests", "urllib3")]


def test_a_file_and_a_pipe_are_the_same(explain: Explainer) -> None:
    file, pipe = explain(GET), explain("-", stdin=GET)
    assert file.status == pipe.status == 0
    assert file.stdout == pipe.stdout
    assert "GET / was answered with 200 OK" in file.stdout
    assert file.stderr == pipe.stderr == ""


def test_every_form_comes_out(explain: Explainer) -> None:
    assert "|-" in explain(GET, "--ladder").stdout
    assert explain(GET, "-o", "html").stdout.startswith("<!doctype html>")
    assert json.loads(explain(GET, "-o", "json").stdout)["capture"]["packets"] == 12


@pytest.mark.parametrize(
    ("words", "env", "chinese"),
    [
        ((), {}, False),
        (("--lang", "zh"), {}, True),
        ((), {"LANG": "zh_CN.UTF-8"}, True),
        (("--lang", "en"), {"LANG": "zh_CN.UTF-8"}, False),
        ((), {"LANG": "de_DE.UTF-8", "LANGUAGE": "de:zh"}, True),
        ((), {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, False),
    ],
)
def test_the_language(explain: Explainer, words: tuple[str, ...], env: dict[str, str], chinese: bool) -> None:
    done = explain(GET, *words, **env)
    assert done.status == 0
    assert ("三次握手" in done.stdout) == chinese
    assert ("three-way handshake" in done.stdout) != chinese


def test_a_locale_without_the_letters_loses_no_line(explain: Explainer) -> None:
    done = explain(GET, "--lang", "zh", PYTHONIOENCODING="ascii")
    assert done.status == 0
    assert "10.244.0.1:41234" in done.stdout
    assert len(done.stdout.splitlines()) == len(explain(GET, "--lang", "zh").stdout.splitlines())


def test_names_come_from_a_file(explain: Explainer, tmp_path: Path) -> None:
    (tmp_path / "names").write_text("10.244.0.7 web-1\n")
    assert "web-1 (10.244.0.7:8080)" in explain(GET, "--names", str(tmp_path / "names")).stdout


def test_a_cut_file_is_explained_up_to_there(explain: Explainer, tmp_path: Path) -> None:
    whole = one_packet_pcap()
    (tmp_path / "cut.pcap").write_bytes(whole + whole[24:-5])
    done = explain(str(tmp_path / "cut.pcap"), "-o", "json")
    assert done.status == 0
    found = json.loads(done.stdout)
    assert found["capture"]["packets"] == 1
    assert found["capture"]["damage"]["kind"] == "cut"
    assert [finding["id"] for finding in found["findings"] if finding["id"].startswith("capture")] == [
        "capture-cut"
    ]


def one_packet_pcap() -> bytes:
    """A SYN from 10.0.0.1 to 10.0.0.2, over raw IP."""
    tcp = bytes.fromhex("1388 0050 00000001 00000000 5002 2000 0000 0000")
    packet = bytes.fromhex("4500 0028 0001 0000 4006 0000 0a000001 0a000002") + tcp
    head = bytes.fromhex("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 65000000")
    size = len(packet).to_bytes(4, "little")
    return head + bytes(8) + size + size + packet


REFUSED = [
    (("{none}",), 1, "cannot be read: No such file"),
    (("{folder}",), 1, "cannot be read: Is a directory"),
    (("{empty}",), 1, "empty"),
    (("{binary}",), 1, "neither pcap, pcapng"),
    ((), 2, "FILE is missing"),
    (("",), 2, "FILE is empty"),
    ((GET, GET), 2, "is given twice"),
    ((GET, "-"), 2, "- (stdin) cannot be combined with another FILE"),
    ((GET, "{empty}"), 1, "empty: the capture is empty"),
    ((GET, "{none}"), 1, "cannot be read: No such file"),
    ((GET, "--flow", "0"), 2, "--flow: 0 is less than 1"),
    ((GET, "--flow", "2"), 2, "--flow: no conversation 2"),
    ((GET, "--flow", "x"), 2, "--flow"),
    ((GET, "--max-flows", "0"), 2, "--max-flows: 0 is less than 1"),
    ((GET, "--lang", "fr"), 2, "--lang"),
    ((GET, "-o", "yaml"), 2, "--output"),
    ((GET, "--ladder", "-o", "json"), 2, "--ladder applies to text"),
    ((GET, "--names", "{none}"), 2, "--names"),
    ((GET, "--names", "{binary}"), 2, "--names: line 1"),
    ((GET, "-n", "shop"), 2, "unknown flag -n"),
]


@pytest.mark.parametrize(("words", "status", "message"), REFUSED)
def test_a_mistake_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], status: int, message: str
) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(b"\x7fELF\x00\x01\x02\x1b[31m" * 9)
    places = {name: str(tmp_path / name) for name in ("none", "empty", "binary")} | {"folder": str(tmp_path)}
    ended = main.run(["explain", *(word.format_map(places) for word in words)], "kubectl-netshoot")
    said = capsys.readouterr()
    assert (ended, said.out) == (status, "")
    assert message in said.err
    assert said.err.startswith("error: ")
    assert len(said.err.splitlines()) <= 3
    assert "\x1b" not in said.err


def test_an_empty_pipe_is_no_capture(explain: Explainer) -> None:
    done = explain("-")
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr.startswith("error: the capture is empty")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("columns", [50, 120])
def test_a_ladder_is_as_wide_as_the_terminal(zipapp: Path, home: Path, columns: int, language: str) -> None:
    child = pexpect.spawn(
        sys.executable,
        [str(zipapp), "explain", GET, "--ladder", "--lang", language],
        env={**bare_environ(home), "LC_ALL": "C.UTF-8"},
        encoding="utf-8",
        timeout=LIMIT_SECONDS,
        dimensions=(24, columns),
    )
    child.expect(pexpect.EOF)
    child.close()
    lines = (child.before or "").splitlines()
    rungs = [line for line in lines if line.endswith("|")]
    assert len(rungs) == 12
    assert {cell_len(line) for line in rungs} == {columns}


def test_names_in_the_file_are_said_and_those_of_the_user_come_first(explain: Explainer, home: Path) -> None:
    names = b"".join(option(1, bytes((10, 244, place, host)) + name) for place, host, name in NAMED)
    (home / "named.pcapng").write_bytes(with_remarks({3: b"here the customer waited"}, names))
    (home / "names").write_text("10.244.2.7 mine\n")
    file = str(home / "named.pcapng")
    told = explain(file, "--lang", "en").stdout
    assert "web-0.shop (10.244.1.5" in told
    assert "cart.shop (10.244.2.7" in told
    assert 'Somebody wrote into the capture: "here the customer waited"' in told
    told = explain(file, "--lang", "en", "--names", str(home / "names"), "-o", "json").stdout
    (talk,) = json.loads(told)["conversations"]
    assert (talk["client"]["name"], talk["server"]["name"]) == ("web-0.shop", "mine")
