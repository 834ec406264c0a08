"""`diff`: in what a copy differs from its source and from the other endpoints, as they are now."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakecluster import manifests
from tests.system.e2e.api import Api
from tests.system.e2e.conftest import QUICK, WEB
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery
from tests.system.e2e.somebody import Somebody, role
from tests.system.e2e.witness import Witness
from tests.waiting import until

Json = dict[str, Any]


@pytest.fixture
def joined(plugin: Plugin, source: str, kubeconfig: Path) -> Iterator[Callable[..., str]]:
    """Put a copy into service whose session was killed; its name. Both by who may, whoever the program is."""
    owner = Plugin({**plugin.env, "KUBECONFIG": str(kubeconfig)}, plugin.kubectl, plugin.folder)

    def join(of: str = source, *more: str) -> str:
        words = (*more, "--join-service", "--yes", *QUICK, "--name=twin", "--", "sh", "-c", "echo in; cat")
        running = owner.start(of, *words)
        running.says("in\n")
        running.child.kill()
        running.wait()
        return "twin"

    yield join
    assert owner.run("cleanup", "twin").status == 0
    owner.close()


def noisy(name: str, labels: Json, script: str, **env: str) -> Json:
    """A pod of the application that runs this instead."""
    made = manifests.client_pod(name)
    made["metadata"]["labels"] = labels
    container = made["spec"]["containers"][0]
    values = [{"name": key, "value": value} for key, value in env.items()]
    container |= {"name": "app", "command": ["sh", "-c", script], "env": values}
    return made


def test_where_nothing_differs_one_line_says_so(
    plugin: Plugin, api: Api, source: str, joined: Callable[..., str]
) -> None:
    name = joined()
    others = sorted(api.members("web") - {name, source})
    done = plugin.run("diff", name)
    assert (done.status, done.stderr) == (0, "")
    (line,) = done.text.splitlines()
    assert line.startswith(
        f"no difference: {name} is like its source {source} and 2 other endpoints ({', '.join(others)})"
    )
    assert "all ready, no restarts, no error lines for" in line


def test_a_copy_that_was_not_joined_is_compared_with_its_source_alone(
    plugin: Plugin, source: str, kept: str
) -> None:
    done = plugin.run("diff", kept)
    assert (done.status, done.stderr) == (0, "")
    assert done.text.startswith(f"no difference: {kept} is like its source {source}")
    assert "endpoint" not in done.text


def test_in_json(plugin: Plugin, api: Api, source: str, scenery: Scenery, joined: Callable[..., str]) -> None:
    scenery.add_ready(4, noisy("odd", WEB, "sleep 3600", LOG_LEVEL="debug"), **WEB)
    name = joined()
    done = plugin.run("diff", name, "-o", "json")
    assert (done.status, done.stderr) == (0, "")
    found = json.loads(done.text)
    assert found["source"] == {"name": source, "state": "here"}
    assert found["services"] == found["inService"] == ["web", "web-b"]
    assert found["otherEndpoints"] == 4
    assert [(p["name"], p["role"]) for p in found["pods"][:2]] == [(name, "copy"), (source, "source")]
    assert {p["uid"] for p in found["pods"]} == {
        (api.pod(p["name"]) or {})["metadata"]["uid"] for p in found["pods"]
    }
    assert {
        "where": "container app: env LOG_LEVEL",
        "before": "debug",
        "after": "",
        "ofEveryCopy": False,
    } in (found["comparisons"][1]["differences"])


def test_what_differs_is_told_as_diff_does(
    plugin: Plugin, source: str, scenery: Scenery, joined: Callable[..., str]
) -> None:
    scenery.add_ready(4, noisy("odd", WEB, "sleep 3600", DB_PASSWORD="hunter2", LOG_LEVEL="debug"), **WEB)
    name = joined()
    done = plugin.run("diff", name)
    assert (done.status, done.stderr) == (0, "")
    lines = done.text.splitlines()
    assert lines[0].startswith(f"{name}, in Service web, web-b for ")
    assert lines[1].startswith(f"as its source {source} and 2 other endpoints")
    assert "unlike 1 other endpoint (odd):" in lines
    at = lines.index("  container app: env LOG_LEVEL")
    assert lines[at + 1] == "- debug"
    assert f"- {manifests.NETSHOOT}" in lines
    assert f"+ {manifests.IMAGE}" in lines
    assert lines[lines.index("  container app: env DB_PASSWORD") + 1] == "- ***"
    assert "hunter2" not in done.text
    header = next(line for line in lines if line.startswith("NAME"))
    assert header.split("   ")[0] == "NAME"
    assert [line.split()[:3] for line in lines[lines.index(header) + 1 :]][:2] == [
        [name, "copy", "yes"],
        [source, "source", "yes"],
    ]


def test_error_lines_since_the_join_are_counted(
    plugin: Plugin, scenery: Scenery, joined: Callable[..., str]
) -> None:
    """Those from before it are nobody's."""
    early = "i=0; while [ $i -lt 100 ]; do echo ERROR early; i=$((i+1)); done; "
    scenery.add_ready(
        4, noisy("odd", WEB, f"{early} while :; do sleep 1; echo fine; echo ERROR; done"), **WEB
    )
    # One of a later second, since the time of a join is in whole seconds.
    seen = [plugin.kubectl, "logs", "odd"]
    until(
        lambda: b"fine" in subprocess.run(seen, check=False, env=plugin.env, capture_output=True).stdout,
        "a later line",
    )
    name = joined()

    def counts() -> dict[str, int]:
        found = json.loads(plugin.run("diff", name, "-o", "json").text)
        return {pod["name"]: pod["errorLines"] for pod in found["pods"]}

    until(lambda: counts()["odd"] >= 2, "the errors in its log")
    found = counts()
    assert found.pop("odd") < 100
    assert not any(found.values())
    line = next(line for line in plugin.run("diff", name).text.splitlines() if line.startswith("odd "))
    assert float(line.split()[-1]) > 0


def test_restarts_and_readiness_are_shown(
    plugin: Plugin, api: Api, scenery: Scenery, joined: Callable[..., str]
) -> None:
    name = joined()
    scenery.happen(noisy("odd", WEB, "sleep 1; exit 1"))
    until(lambda: restarts(api, "odd") > 0, "its restart")
    line = next(line for line in plugin.run("diff", name).text.splitlines() if line.startswith("odd "))
    assert line.split()[1] == "endpoint"
    assert "s ago)" in line


def restarts(api: Api, pod: str) -> int:
    statuses = ((api.pod(pod) or {}).get("status") or {}).get("containerStatuses") or [{}]
    return int(statuses[0].get("restartCount", 0))


def test_a_source_that_is_gone_is_said(
    plugin: Plugin, api: Api, scenery: Scenery, witness: Witness, joined: Callable[..., str]
) -> None:
    scenery.add_ready(4, manifests.pod("odd", {**WEB, "tier": "front"}), **WEB)
    witness.forgive("odd")
    name = joined("odd")
    api.delete("Pod", "odd")
    until(lambda: api.gone("odd"), "its end")
    done = plugin.run("diff", name)
    assert (done.status, done.stderr) == (0, "")
    assert done.text.startswith(f"no difference: {name} is like 3 other endpoints")
    assert "its source odd is gone" in done.text


def test_where_nothing_else_is_there_the_template_is(
    plugin: Plugin, api: Api, scenery: Scenery, witness: Witness
) -> None:
    labels = {"app": "batch"}
    scenery.add_ready(1, manifests.replica_set("batch", 1, labels), **labels)
    (pod,) = api.ready_pods(**labels)
    source = pod["metadata"]["name"]
    witness.forgive(source)
    made = plugin.run(source, "--keep", "--name=kept", "--yes", "--", "true")
    assert made.status == 0, made.stderr
    api.patch("ReplicaSet", "batch", {"spec": {"replicas": 0}})
    until(lambda: api.gone(source), "its end")
    done = plugin.run("diff", "kept")
    assert (done.status, done.stderr) == (0, "")
    assert done.text.startswith("no difference: kept is like the template of replicaset/batch")
    assert f"its source {source} is gone" in done.text
    api.delete("ReplicaSet", "batch")
    until(lambda: api.get("ReplicaSet", "batch") is None, "its end")
    lost = plugin.run("diff", "kept")
    assert lost.status == 1
    assert f"pod {source}, of which kept is a copy, is gone" in lost.stderr
    plugin.run("cleanup", "kept")


def test_what_is_no_copy_is_not_compared(plugin: Plugin, source: str) -> None:
    refused = plugin.run("diff", source)
    assert refused.status == 4
    assert f"pod {source} was not made by kubectl-netshoot" in refused.stderr
    missing = plugin.run("diff", "nobody")
    assert missing.status == 1
    assert 'no copy "nobody"' in missing.stderr
    assert plugin.run("run", "alone", "--keep", "--", "true").status == 0
    wrong = plugin.run("diff", "alone")
    assert wrong.status == 2
    assert "pod alone is no copy of a pod" in wrong.stderr
    plugin.run("cleanup", "alone")


def test_the_role_of_who_joins_is_enough_and_less_is_told(
    plugin: Plugin, source: str, somebody: Somebody, joined: Callable[..., str]
) -> None:
    somebody.has(role(plugin, "--join", "pods/log"))
    name = joined()
    done = plugin.run("diff", name)
    assert done.status == 0, done.stderr
    assert "warning: no right to get pods/log: error lines are not counted" in done.stderr
    assert done.text.startswith(f"no difference: {name} is like its source {source}")
    assert "error lines" not in done.text


def test_a_missing_right_is_told_with_the_role(
    plugin: Plugin, somebody: Somebody, joined: Callable[..., str]
) -> None:
    somebody.has(role(plugin, "--join", "endpointslices"))
    name = joined()
    done = plugin.run("diff", name)
    assert done.status == 1
    assert "  list endpointslices.discovery.k8s.io   find the other endpoints" in done.stderr
    assert "rbac --join" in done.stderr


def test_a_set_copy_says_at_its_end_how_it_stood_beside_the_others(
    plugin: Plugin, source: str, tmp_path: Path
) -> None:
    words = ("--join-service", "--set-env=app:LOG_LEVEL=debug", "--yes", *QUICK, "--name=twin")
    summary = tmp_path / "summary.json"
    done = plugin.run(source, *words, f"--summary={summary}", "--", "true")
    assert done.status == 0, done.stderr
    lines = done.stderr.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("with env app:LOG_LEVEL: "))
    served = re.fullmatch(
        r"with .*: .* in service, (\d+) connections? since its start, up to (\d+) of them probes", lines[at]
    )
    assert served, lines[at]
    assert lines[at + 1] == "the copy: no restart, 0 error lines"
    assert lines[at + 2] == "the others: 3 pods, none restarted, 0 error lines"
    assert lines[at + 3].startswith("done: ")
    found = json.loads(summary.read_text())
    accepted, probes = map(int, served.groups())
    assert found["connections"] == {"accepted": accepted, "orMore": False, "probes": probes}
    # It joins once it has been ready for five seconds, with a probe in each.
    assert probes > 1
    errors = {"errorLines": 0, "errorLinesPerMinute": 0}
    others = {"endpoints": 3, "lookedAt": 3, "restarted": 0, **errors}
    assert found["lastLook"] == {"restarts": 0, **errors, "others": others}


def test_what_was_set_is_what_differs(plugin: Plugin, source: str, joined: Callable[..., str]) -> None:
    name = joined(source, "--set-env=app:LOG_LEVEL=debug")
    done = plugin.run("diff", name)
    assert (done.status, done.stderr) == (0, "")
    assert "  container app: env LOG_LEVEL\n+ debug\n\nNAME" in done.text
    assert done.text.count("\n+ ") == 1
