"""The runbook in one command: in, the command, out; and what comes out of it."""

import json

import pytest

from tests.system.e2e.api import Api
from tests.system.e2e.conftest import QUICK, REPLICAS
from tests.system.e2e.plugin import Plugin
from tests.waiting import until

BYTES = bytes(range(256)) * 4096


def copy_names(api: Api, source: str) -> list[str]:
    return [
        pod["metadata"]["name"]
        for pod in api.objects("Pod")
        if pod["metadata"]["name"].startswith(f"{source}-netshoot-")
    ]


def test_joins_every_service_and_leaves_nothing(plugin: Plugin, api: Api, source: str) -> None:
    running = plugin.start(source, "--join-service", *QUICK, "--", "sh", "-c", "echo in; read line; echo out")
    running.says("in\n")
    (copy,) = copy_names(api, source)
    for service in ("web", "web-b"):
        assert copy in api.members(service)
        assert len(api.members(service)) == REPLICAS + 1
    assert running.child.stdin
    running.child.stdin.write(b"\n")
    running.close_stdin()
    done = running.wait()
    assert (done.status, done.stdout) == (0, b"in\nout\n"), done.stderr
    assert api.gone(copy)
    assert copy_names(api, source) == []
    assert len(api.members("web")) == REPLICAS


def test_a_named_service_alone_is_joined(plugin: Plugin, api: Api, source: str) -> None:
    running = plugin.start(source, "--service", "web", *QUICK, "--name", "one", "--", "cat")
    until(lambda: "one" in api.members("web"), "the copy in its Service", lambda: running.stderr)
    assert "one" not in api.members("web-b")
    running.close_stdin()
    assert running.wait().status == 0


def test_the_same_service_twice_is_once(plugin: Plugin, source: str) -> None:
    done = plugin.run(source, "--service=web", "--service=web", "--dry-run", "-o", "json")
    assert [service["name"] for service in json.loads(done.text)["services"]] == ["web"]


def test_a_plain_copy_is_in_no_service(plugin: Plugin, api: Api, source: str) -> None:
    running = plugin.start(f"pod/{source}", "--name=plain", "--", "sh", "-c", "echo in; cat")
    running.says("in\n")
    copy = api.pod("plain")
    assert copy
    assert api.holders(copy["metadata"]["uid"]) == set()
    running.close_stdin()
    done = running.wait()
    assert done.status == 0, done.stderr
    assert api.gone("plain")


# 1 is our own, too; 0 is what all other sessions end with.
@pytest.mark.parametrize("status", [1, 255])
def test_the_exit_status_is_the_commands(plugin: Plugin, source: str, status: int) -> None:
    done = plugin.run(source, "--join-service", *QUICK, "--", "sh", "-c", f"exit {status}")
    assert done.status == status, done.stderr


def test_bytes_pass_untouched(plugin: Plugin, source: str) -> None:
    done = plugin.run(source, "--", "cat", stdin=BYTES)
    assert done.status == 0, done.stderr
    assert done.stdout == BYTES


def test_stderr_of_the_command_stays_on_stderr(plugin: Plugin, source: str) -> None:
    done = plugin.run(source, "-q", "--", "sh", "-c", "echo one; echo two >&2")
    assert done.stdout == b"one\n"
    assert "two" in done.stderr


def test_words_of_the_command_are_its_own(plugin: Plugin, source: str) -> None:
    words = ("--help", "-n", "*", "a b", "'\"$HOME", "--")
    done = plugin.run(source, "--", "printf", "%s\\n", *words)
    assert done.text.splitlines() == list(words), done.stderr


def test_keep_leaves_the_copy_out_of_service(plugin: Plugin, api: Api, source: str) -> None:
    done = plugin.run(source, "--join-service", *QUICK, "--keep", "--name=kept", "--", "true")
    assert done.status == 0, done.stderr
    copy = api.pod("kept")
    assert copy
    assert api.holders(copy["metadata"]["uid"]) == set()
    assert "app" not in copy["metadata"]["labels"]
    assert plugin.run("cleanup", "kept").status == 0


def test_a_summary_says_what_was_done(plugin: Plugin, source: str) -> None:
    words = (
        source,
        "--service=web",
        *QUICK,
        "--name=told",
        "--summary=told.json",
        "--",
        "sh",
        "-c",
        "exit 3",
    )
    assert plugin.run(*words).status == 3
    told = json.loads((plugin.folder / "told.json").read_text())
    assert (told["source"], told["pod"]["name"]) == (source, "told")
    assert [(s["name"], s["share"], s["readyBefore"]) for s in told["services"]] == [("web", 0.25, REPLICAS)]
    assert told["secondsInService"] > 0
    assert told["ended"]["status"] == 3
    assert told["ended"]["pod"] in ("deleted", "deleting")
    assert plugin.run(source, "--summary=no/such/file").status == 2


def test_dry_run_changes_nothing(plugin: Plugin, api: Api, source: str) -> None:
    before = api.objects("Pod")
    text = plugin.run(source, "--join-service", "--dry-run")
    assert text.status == 0, text.stderr
    assert "web-b" in text.text
    assert {pod["metadata"]["resourceVersion"] for pod in api.objects("Pod")} == {
        pod["metadata"]["resourceVersion"] for pod in before
    }


def test_dry_run_says_the_same_in_json(plugin: Plugin, api: Api, source: str) -> None:
    done = plugin.run(source, "--join-service", "--dry-run", "-o", "json", "--name=planned")
    assert done.status == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["namespace"] == api.namespace
    assert plan["source"]["name"] == source
    assert plan["copy"]["name"] == "planned"
    assert plan["services"] == [
        {"name": "web", "readyEndpoints": REPLICAS, "share": 0.25},
        {"name": "web-b", "readyEndpoints": REPLICAS, "share": 0.25},
    ]
    assert plan["labels"] == {"app": "web", "tier": "front"}
    assert (plan["allowed"], plan["hazards"]) == (True, [])


def test_a_pod_that_is_named_like_a_subcommand(plugin: Plugin, api: Api) -> None:
    done = plugin.run("pod/list", "--", "true")
    assert done.status == 1
    assert f'no pod "list" in namespace {api.namespace}' in done.stderr


def test_flags_may_stand_before_the_target(plugin: Plugin, api: Api, source: str) -> None:
    done = plugin.run("-n", api.namespace, "--service", "web", source, "--dry-run", "--context=")
    assert done.status == 0, done.stderr


def test_the_version(plugin: Plugin) -> None:
    assert plugin.run("version").text.startswith("kubectl-netshoot ")
