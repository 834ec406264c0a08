"""doctor in good and bad surroundings: it says everything in one go, changes nothing, and waits for nobody."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.e2e.api import Api
from tests.system.e2e.plugin import Done, Plugin

LOCAL = ["kubectl", "python", "plugin", "completion", "folders"]
OF_CLUSTER = ["context", "skew", "rights", "podsecurity", "endpointslices", "copies"]
OF_TARGET = ["target", "image", "admission"]
# As 1.27 answers, cut to what is read of it.
OLD_KUBECTL = """#!/bin/sh
case "$1" in
debug) cat <<'END'
Options:
    --copy-to='':
\tCreate a copy of the target Pod with this name.

    --profile='legacy':
\tDebugging profile. Options are "legacy", "general", "baseline", "netadmin", or "restricted".
END
;;
version) echo '{"clientVersion": {"gitVersion": "v1.27.16"}}' ;;
*) exec KUBECTL "$@" ;;
esac
"""
Json = dict[str, Any]


def checks(done: Done) -> dict[str, Json]:
    return {check["check"]: check for check in json.loads(done.stdout)["checks"]}


@pytest.fixture
def silent_server() -> Iterator[str]:
    """The address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"https://127.0.0.1:{server.getsockname()[1]}"


def test_all_is_well(plugin: Plugin, source: str, api: Api) -> None:
    before = {(kind, item["metadata"]["uid"]) for kind in ("Pod", "Service") for item in api.objects(kind)}
    done = plugin.run("doctor", source)
    assert done.status == 0, done.text
    lines = [line.split(maxsplit=2) for line in done.text.splitlines()]
    assert [check for _, check, _ in lines] == [*LOCAL, *OF_CLUSTER, *OF_TARGET]
    assert {state for state, _, _ in lines} <= {"ok", "warning"}
    assert {
        (kind, item["metadata"]["uid"]) for kind in ("Pod", "Service") for item in api.objects(kind)
    } == before


def test_the_keys_of_its_json(plugin: Plugin, source: str) -> None:
    report = json.loads(plugin.run("doctor", source, "-o", "json").stdout)
    assert list(report) == ["schema", "ok", "checks"]
    assert report["schema"] == "kubectl-netshoot/v1"
    assert report["ok"] is True
    assert {tuple(check) for check in report["checks"]} == {("check", "state", "what", "next")}
    assert {check["state"] for check in report["checks"]} <= {"ok", "warning", "bad"}


def test_what_is_not_ok_has_a_next_step(plugin: Plugin) -> None:
    found = checks(plugin.run("doctor", "pod/none", "-o", "json"))
    assert all(check["next"] for check in found.values() if check["state"] not in ("ok", "unknown"))


def test_completion_that_is_not_on_path(plugin: Plugin) -> None:
    found = checks(plugin.run("doctor", "-o", "json"))
    assert found["plugin"]["state"] == "ok"
    assert found["completion"]["state"] == "warning"
    assert list(found) == [*LOCAL, *OF_CLUSTER]


def test_another_plugin_on_path(plugin: Plugin, env: dict[str, str], programs: Path, tmp_path: Path) -> None:
    (tmp_path / "same").mkdir()
    (tmp_path / "same" / "kubectl-netshoot").symlink_to(programs / "kubectl-netshoot")
    env["PATH"] = f"{env['PATH']}:{tmp_path / 'same'}"
    assert checks(plugin.run("doctor", "-o", "json"))["plugin"]["state"] == "ok"
    other = tmp_path / "kubectl-netshoot"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    env["PATH"] = f"{env['PATH']}:{tmp_path}"
    found = checks(plugin.run("doctor", "-o", "json"))["plugin"]
    assert found["state"] == "warning"
    assert str(other) in found["what"]


def test_completion_of_another_version(plugin: Plugin, env: dict[str, str], tmp_path: Path) -> None:
    env["PATH"] = f"{tmp_path}:{env['PATH']}"
    assert plugin.run("completion", "install", "--dir", str(tmp_path)).status == 0
    assert checks(plugin.run("doctor", "-o", "json"))["completion"]["state"] == "ok"
    script = tmp_path / "kubectl_complete-netshoot"
    script.write_text(
        script.read_text().replace("made by kubectl-netshoot ", "made by kubectl-netshoot 0.0.")
    )
    found = checks(plugin.run("doctor", "-o", "json"))["completion"]
    assert found["state"] == "warning"
    assert "completion install" in found["next"]


def test_a_pod_that_is_not_there(plugin: Plugin) -> None:
    done = plugin.run("doctor", "none")
    assert done.status == 1
    assert 'no pod "none"' in done.text


def test_an_old_kubectl(plugin: Plugin, programs: Path, tmp_path: Path, source: str) -> None:
    old = tmp_path / "kubectl-old"
    old.write_text(OLD_KUBECTL.replace("KUBECTL", str(programs / "kubectl")))
    old.chmod(0o755)
    done = plugin.run("doctor", source, "-o", "json", env={"KUBECTL_NETSHOOT_KUBECTL": str(old)})
    assert done.status == 0, done.text
    found = checks(done)
    assert found["kubectl"]["state"] == found["skew"]["state"] == "warning"
    assert "--custom" in found["kubectl"]["what"]
    assert "v1.27.16" in found["skew"]["what"]


def test_a_kubectl_that_is_not_there(plugin: Plugin) -> None:
    done = plugin.run("doctor", "-o", "json", env={"KUBECTL_NETSHOOT_KUBECTL": "kubectl-of-nobody"})
    assert done.status == 1
    found = checks(done)
    assert found["kubectl"]["state"] == "bad"
    assert found["context"] == {**found["context"], "state": "unknown", "what": "see kubectl"}
    assert found["python"]["state"] == "ok"


def test_a_server_that_refuses_connections(plugin: Plugin) -> None:
    done = plugin.run("doctor", "--server=https://127.0.0.1:1", "-o", "json")
    assert done.status == 1
    found = checks(done)
    assert found["context"]["state"] == "bad"
    assert "refused the connection" in found["context"]["what"]
    assert [check for check, one in found.items() if one["state"] == "unknown"] == OF_CLUSTER[1:]
    text = plugin.run("doctor", "--server=https://127.0.0.1:1").text
    assert text.count("refused the connection") == 1
    assert text.splitlines()[-1] == f"unknown {', '.join(OF_CLUSTER[1:])}: see context"
    assert found["kubectl"]["state"] == "ok"


def test_a_server_that_says_nothing_holds_up_no_other_check(plugin: Plugin, silent_server: str) -> None:
    done = plugin.run("doctor", f"--server={silent_server}", "-o", "json")
    assert done.status == 1
    found = checks(done)
    assert list(found) == [*LOCAL, *OF_CLUSTER]
    assert found["context"]["state"] == "bad"
    assert found["python"]["state"] == "ok"


def test_a_context_that_is_not_there(plugin: Plugin) -> None:
    done = plugin.run("doctor", "--context=none", "-o", "json")
    assert done.status == 1
    assert list(checks(done)) == [*LOCAL, *OF_CLUSTER]


def test_folders_of_killed_runs_are_counted_and_left(plugin: Plugin, temp: Path) -> None:
    parent = temp / f"kubectl-netshoot-{temp.stat().st_uid}"
    killed = parent / "session-killed"
    killed.mkdir(0o700, parents=True)
    parent.chmod(0o700)
    (killed / "lock").touch()
    found = checks(plugin.run("doctor", "-o", "json"))
    assert found["folders"]["what"].startswith("1 private folder ")
    assert killed.exists()
    plugin.run("list")
    assert not killed.exists()
