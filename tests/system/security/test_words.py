"""Words of others, on the way to a terminal: escapes, turned text, faked lines. None arrives, in any output."""

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_netshoot.rules.open_connections import PROC, SS
from kubectl_netshoot.terminal import clean
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.conftest import QUICK
from tests.system.e2e.plugin import Done, Plugin
from tests.system.security.conftest import Aim
from tests.system.security.malice import FAKE, TEXT, server_with
from tests.system.security.recorder import Said, record
from tests.unit.kube.apiserver import ApiServer, failure
from tests.waiting import until

CONTROL = ("Cc", "Cf", "Cs", "Zl", "Zp")


@pytest.fixture
def server() -> Iterator[ApiServer]:
    """What names something is odd, and can be printed: all words arrive where they are shown."""
    with ApiServer() as running:
        running.decide = server_with("$(id);`id` believe me")
        yield running


def assert_harmless(done: Done) -> None:
    """Nothing that a terminal would obey, and no line that begins with somebody else's words."""
    for text in (done.text, done.stderr):
        found = {
            hex(ord(char)) for char in text if unicodedata.category(char) in CONTROL and char not in "\n\t"
        }
        assert found == set(), text
        assert not re.search(rf"^\W*{FAKE}", text, re.MULTILINE), text
    assert "Traceback" not in done.stderr
    assert done.status != 3, done.stderr


WORDS = [
    ("list",),
    ("list", "-A"),
    ("list", "-o", "json"),
    ("doctor",),
    ("doctor", "web-1", "-o", "json"),
    ("doctor", "web-1"),
    ("web-1", "--join-service", "--dry-run"),
    ("web-1", "--join-service", "--dry-run", "-o", "json"),
    ("web-1", "--join-service", "-vvv", "--yes", "--", "true"),
    ("debug", "web-1", "--dry-run"),
    ("debug", "web-1", "--target=nobody", "-v"),
    ("debug", "web-1", "-v", "--", "true"),
    ("leave", "web-copy", "--timeout=1s"),
    ("leave", "web-copy", "--timeout=1s", "-o", "json"),
    ("cleanup", "--all", "--yes", "--timeout=1s", "-v"),
]


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_no_command_prints_what_a_terminal_obeys(at: Aim, server: ApiServer, words: tuple[str, ...]) -> None:
    done = at(server.url).run(*words)
    assert_harmless(done)
    assert len(server.asked) > 1, (done.stderr, done.text)
    # What is left of the attack is there to be read.
    assert "believe me" in done.text + done.stderr
    if "json" in words:
        assert json.loads(done.text)


UNNAMED = [("list",), ("web-1", "--join-service", "--dry-run"), ("doctor", "web-1")]


@pytest.mark.parametrize("words", UNNAMED, ids=" ".join)
def test_a_name_with_such_words_in_it_makes_the_answer_none(
    at: Aim, server: ApiServer, words: tuple[str, ...]
) -> None:
    server.decide = server_with(TEXT)
    done = at(server.url).run(*words)
    assert_harmless(done)
    # doctor only warns of what nobody can know.
    assert done.status == (0 if words[0] == "doctor" else 1)
    assert "the API server's answer cannot be read" in done.text + done.stderr


def test_a_refusal_of_everything_is_harmless(at: Aim, server: ApiServer) -> None:
    for code in (400, 401, 403, 404, 409, 422, 429, 500):
        server.decide = lambda _, code=code: failure(code, TEXT, TEXT, ("Retry-After", "0"))  # type: ignore[misc]
        assert_harmless(at(server.url).run("web-1", "--join-service", "--", "true"))


@pytest.mark.usefixtures("testimony")
def test_what_a_session_says_of_events_and_refusals_is_harmless(
    plugin: Plugin, api: Api, source: str, cluster: AnyCluster
) -> None:
    name = "evil"
    running = plugin.start(
        source, "--join-service", f"--name={name}", "--image=localhost:1/none", "--timeout=6s", *QUICK
    )
    made = until(lambda: api.pod(name), "the copy")
    assert made
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "evil", "namespace": api.namespace},
        "involvedObject": {
            "kind": "Pod",
            "name": name,
            "namespace": api.namespace,
            "uid": made["metadata"]["uid"],
        },
        "type": "Warning",
        "reason": TEXT,
        "message": TEXT,
        "lastTimestamp": "2999-01-01T00:00:00Z",
    }
    api._request("POST", f"/api/v1/namespaces/{api.namespace}/events", event)
    done = running.wait()
    assert done.status == 1
    assert_harmless(done)
    assert "believe me" in done.stderr
    faulty = cluster.faulty()
    fault = faulty.fault(
        "status", verb="PATCH", path=rf"/pods/{name}(?!\S*dryRun)", code=403, message=TEXT, count=1
    )
    try:
        refused = plugin.run(source, "--join-service", f"--name={name}", *QUICK, "--", "true")
    finally:
        faulty.no_fault(fault)
    assert_harmless(refused)
    assert "believe me" in refused.stderr


LOUD_IMAGE: Said = {script: (TEXT.encode(), TEXT.encode(), 3) for script in (SS[-1], PROC[-1])}


@pytest.mark.usefixtures("testimony")
def test_what_an_image_says_of_its_connections_is_harmless(
    plugin: Plugin, env: dict[str, str], source: str, programs: Path, tmp_path: Path
) -> None:
    """It is asked whether clients are left; its words are only counted, or shown without what a terminal obeys."""
    recorder = record(tmp_path, (programs / "kubectl").resolve(), LOUD_IMAGE)
    env["KUBECTL_NETSHOOT_KUBECTL"] = str(recorder.program)
    words = (
        source,
        "--join-service",
        "--name=loud",
        "--settle=0",
        "--drain=1s",
        "--timeout=1s",
        "--",
        "true",
    )
    done = plugin.run(*words)
    assert_harmless(done)
    assert done.status == 4
    assert "believe me" in done.stderr
    assert plugin.run("cleanup", "loud", env={"KUBECTL_NETSHOOT_KUBECTL": ""}).status == 0


def test_every_character_that_is_a_control_or_a_format_is_taken_out() -> None:
    every = (chr(number) for number in range(0x110000))
    assert [
        char for char in every if unicodedata.category(char) in CONTROL and clean(char) and char not in "\t\n"
    ] == []
    kept = "Grüße, Καλημέρα, 你好, مرحبا, 👋, a\tb\nc"
    assert clean(kept) == kept
