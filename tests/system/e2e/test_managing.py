"""What is done to copies that exist already: list, attach, leave, cleanup; and to pods that only look like copies."""

import json
import signal
from collections.abc import Iterator

import pytest
import yaml

from fakecluster import manifests
from tests.system.e2e.api import Api, labels_of
from tests.system.e2e.conftest import QUICK
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery
from tests.system.e2e.witness import ENV, LABEL
from tests.waiting import until

COPY_KEYS = {
    "name",
    "namespace",
    "uid",
    "kind",
    "source",
    "set",
    "services",
    "inService",
    "phase",
    "ready",
    "ageSeconds",
    "secondsLeft",
    "deadline",
    "owner",
}


@pytest.fixture
def joined(plugin: Plugin, api: Api, source: str) -> Iterator[str]:
    """The name of a copy in service, whose session was killed."""
    running = plugin.start(
        source, "--join-service", *QUICK, "--name=orphan", "--", "sh", "-c", "echo in; cat"
    )
    running.says("in\n")
    running.child.kill()
    running.wait()
    yield "orphan"
    if api.pod("orphan"):
        plugin.run("cleanup", "orphan")


def test_list_in_json(plugin: Plugin, api: Api, source: str, joined: str) -> None:
    done = plugin.run("list", "-o", "json")
    assert done.status == 0, done.stderr
    (copy,) = json.loads(done.stdout)
    assert set(copy) == COPY_KEYS
    assert (copy["name"], copy["namespace"], copy["source"]) == (joined, api.namespace, source)
    assert copy["inService"] == copy["services"] == ["web", "web-b"]
    assert 3000 < copy["secondsLeft"] <= 3600


def test_list_as_a_table(plugin: Plugin, kept: str) -> None:
    header, line = plugin.run("list").text.splitlines()
    assert header.split("   ")[0] == "NAME"
    assert line.split()[0] == kept


def test_list_in_other_forms(plugin: Plugin, api: Api, kept: str) -> None:
    header, line = plugin.run("list", "-o", "wide").text.splitlines()
    assert header.split()[-2:] == ["NODE", "IMAGE"]
    assert "netshoot" in line.split()[-1]
    (copy,) = yaml.safe_load(plugin.run("list", "-o", "yaml").text)
    assert set(copy) == COPY_KEYS
    named = plugin.run("list", "-o", "name").text
    assert named == f"pod/{kept}\n"
    assert plugin.run("cleanup", named.strip()).status == 0
    assert api.gone(kept)


def test_list_of_all_namespaces(plugin: Plugin, api: Api, kept: str) -> None:
    done = plugin.run("list", "-A", "-o", "json", "-n", "default")
    assert (api.namespace, kept) in [(copy["namespace"], copy["name"]) for copy in json.loads(done.text)]


def test_list_of_nothing(plugin: Plugin) -> None:
    done = plugin.run("list", "-o", "json")
    assert (done.status, json.loads(done.text)) == (0, [])


def test_leave_keeps_the_copy(plugin: Plugin, api: Api, joined: str) -> None:
    copy = api.pod(joined)
    assert copy
    done = plugin.run("leave", joined)
    assert done.status == 0, done.stderr
    left = api.pod(joined)
    assert left
    assert left["metadata"]["uid"] == copy["metadata"]["uid"]
    assert api.holders(copy["metadata"]["uid"]) == set()
    assert "app" not in labels_of(left)


def test_attach_leaves_the_copy_as_it_is(plugin: Plugin, api: Api, joined: str) -> None:
    before = api.pod(joined)
    done = plugin.run("attach", joined, "--", "sh", "-c", "cat; exit 5", stdin=b"typed")
    assert (done.status, done.stdout) == (5, b"typed"), done.stderr
    after = api.pod(joined)
    assert before
    assert after
    assert labels_of(after) == labels_of(before)
    assert joined in api.members("web")


def test_a_second_ctrl_c_while_attached_says_what_is_still_there(
    plugin: Plugin, api: Api, joined: str
) -> None:
    running = plugin.start("attach", joined, "--", "sh", "-c", "echo here; cat")
    running.says("here\n")
    running.insist()
    done = running.wait()
    assert done.status in (130, -signal.SIGINT), done.stderr
    assert f"stopped by a second Ctrl-C; pod {joined} is still there" in done.stderr
    assert f"kubectl netshoot cleanup {joined} -n {api.namespace}" in done.stderr
    assert "nothing had been changed" not in done.stderr


def test_attach_to_a_pod_that_is_no_copy_is_refused(plugin: Plugin, source: str) -> None:
    done = plugin.run("attach", source, "--", "true")
    assert done.status == 4
    assert "was not made by kubectl-netshoot" in done.stderr


@pytest.mark.parametrize("words", [("--mine", "--yes"), ("--all", "--yes"), ("orphan",)], ids=" ".join)
def test_cleanup(plugin: Plugin, api: Api, joined: str, words: tuple[str, ...]) -> None:
    done = plugin.run("cleanup", *words)
    assert done.status == 0, done.stderr
    assert api.gone(joined)


def test_cleanup_without_yes_asks_and_takes_silence_for_a_no(plugin: Plugin, api: Api, kept: str) -> None:
    done = plugin.run("cleanup")
    assert done.status == 4
    assert kept in done.stderr
    assert api.pod(kept)


def test_cleanup_of_the_expired_leaves_the_others(plugin: Plugin, api: Api, kept: str) -> None:
    assert plugin.run("cleanup", "--expired").status == 0
    assert api.pod(kept)


def test_cleanup_in_json(plugin: Plugin, kept: str) -> None:
    done = plugin.run("cleanup", kept, "-o", "json")
    assert json.loads(done.text) == [{"name": kept, "done": True, "error": ""}]


def test_a_name_that_is_none(plugin: Plugin) -> None:
    done = plugin.run("cleanup", "nobody")
    assert done.status == 1
    assert 'no copy "nobody"' in done.stderr


def test_a_namespace_that_is_none(plugin: Plugin) -> None:
    for command in (("list",), ("cleanup", "nobody")):
        done = plugin.run(*command, "-n", "nowhere-at-all")
        assert done.status == 1
        assert 'no namespace "nowhere-at-all"' in done.stderr


def test_names_given_twice_are_once(plugin: Plugin, kept: str) -> None:
    done = plugin.run("cleanup", kept, kept, "-o", "json")
    assert [result["name"] for result in json.loads(done.text)] == [kept]


@pytest.mark.parametrize(
    ("labels", "marks"),
    [
        (dict([LABEL]), {}),
        ({}, {ENV: "not-a-session"}),
        (dict([LABEL]), {ENV: "not-a-session"}),
    ],
    ids=["label", "env", "both"],
)
def test_a_lookalike_is_never_touched(
    plugin: Plugin, api: Api, scenery: Scenery, labels: dict[str, str], marks: dict[str, str]
) -> None:
    scenery.add(manifests.copy_lookalike("lookalike", labels, marks))
    until(lambda: (api.pod("lookalike") or {})["status"].get("phase") == "Running", "the look-alike")
    assert json.loads(plugin.run("list", "-o", "json").text) == []
    assert plugin.run("cleanup", "--all", "--yes").status == 0
    assert plugin.run("cleanup", "lookalike").status == 4
    assert plugin.run("leave", "lookalike").status == 4
    assert plugin.run("attach", "lookalike", "--", "true").status == 4


def test_a_pod_with_the_labels_of_a_service_is_not_taken_for_ours(plugin: Plugin, source: str) -> None:
    done = plugin.run("leave", source)
    assert done.status == 4
    assert "was not touched" in done.stderr
