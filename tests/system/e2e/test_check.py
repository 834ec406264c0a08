"""`check`: what fails is named first, what is healthy is called so, and nothing is left behind."""

import json
import signal
from typing import Any

import pytest

from fakecluster.manifests import client_pod, service
from tests.system.e2e.answering import TLS_PORT, answering, expired
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.caller import Caller
from tests.system.e2e.conftest import REPLICAS, WEB
from tests.system.e2e.dumps import added, all_ended
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery
from tests.waiting import until
from tools.prerequisites.pytest_plugin import program

Json = dict[str, Any]


def by_state(report: Json, state: str) -> list[str]:
    """Topic, subject and finding of all checks that stand so."""
    return [f"{c['topic']}: {c['subject']} {c['what']}" for c in report["checks"] if c["state"] == state]


def behind(service_: Json, **port: Any) -> Json:
    """The same Service with another port."""
    service_["spec"]["ports"] = [port]
    return service_


@pytest.fixture
def names(caller: Caller) -> None:
    """The cluster has a DNS server."""
    if not caller.can("dig +tries=1 +time=5 web."):
        pytest.skip("this cluster has no DNS server that answers its pods")


@pytest.fixture
def certificates(cluster: AnyCluster, caller: Caller) -> None:
    """The image can look at them; a pod of the fake cluster has this machine's openssl."""
    if cluster.fake is not None:
        program("openssl")
    if not caller.can("command -v openssl"):
        pytest.skip("this image has no openssl")


@pytest.mark.usefixtures("names")
def test_all_is_well(plugin: Plugin, api: Api, source: str) -> None:
    done = plugin.run("check", source, "--name=checked", "-o", "json")
    assert done.status == 0, done.stderr + done.text
    report = json.loads(done.text)
    assert report["ok"] is True
    assert report["answer"][0].startswith("Services web, web-b: no problem found (")
    assert report["from"]["name"] == "checked"
    assert by_state(report, "bad") == []
    well = "\n".join(by_state(report, "ok"))
    assert well.count("answers 200 OK to GET /") == 2 * (REPLICAS + 1)
    assert f"web.{api.namespace}.svc.cluster.local. is " in well
    assert "has targetPort 8080, and the copy's application listens there" in well
    assert "interface eth0 has MTU" in well
    assert api.gone("checked")
    assert "done: deleted copy checked" in done.stderr


def test_the_endpoints_that_are_ill_are_named_first(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    deaf = client_pod("sick-deaf")
    deaf["metadata"]["labels"] = {"app": "sick"}
    pods = (answering("sick-fine", "sick"), answering("sick-502", "sick", 502), deaf)
    scenery.add_ready(3, *pods, service("sick", {"app": "sick"}), app="sick")
    done = plugin.run("check", "sick-fine", "--only=tcp")
    assert done.status == 1, done.stderr
    first, blank, where, *checks = done.text.splitlines()
    assert first.startswith("Service sick: 2 of 3 endpoints failing: pod/sick-")
    assert "answers 502 Bad Gateway to GET /" in first
    assert "refuses connections" in first
    assert (blank, where.startswith("asked from copy sick-fine-netshoot-")) == ("", True)
    assert sum(line.startswith("bad     tcp   pod/sick-") for line in checks) == 2
    assert f"see `kubectl logs sick-502 --tail=20 -n {api.namespace} --context " in done.text
    assert any(line.startswith("ok      tcp   pod/sick-fine on ") for line in checks)


def test_a_service_that_sends_to_the_wrong_port(plugin: Plugin, scenery: Scenery, source: str) -> None:
    wrong = behind(service("wrong", WEB), name="http", port=80, targetPort=9999)
    nameless = behind(service("nameless", WEB), port=80, targetPort="http")
    scenery.add(wrong, nameless)
    words = ("--service=wrong", "--service=nameless", "--only=ports", "-o", "json")
    done = plugin.run("check", source, *words)
    assert done.status == 1, done.stderr
    bad = "\n".join(by_state(json.loads(done.text), "bad"))
    assert (
        "service/wrong port 80 (http) has targetPort 9999, where the copy's application does not listen"
        in bad
    )
    assert "it listens on 8080" in bad


@pytest.mark.usefixtures("certificates")
def test_a_certificate_that_has_expired(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    pod = answering("safe-old", "safe", pem=expired(f"safe.{api.namespace}.svc"))
    safe = behind(service("safe", {"app": "safe"}), name="https", port=443, targetPort=TLS_PORT)
    scenery.add_ready(1, pod, safe, app="safe")
    done = plugin.run("check", "safe-old", "--only=tcp,tls")
    assert done.status == 1, done.stderr
    assert "shows a certificate that has expired on " in done.text.splitlines()[0]
    assert f":{TLS_PORT}) answers 200 OK to GET /" in done.text
    assert f"for safe.{api.namespace}.svc" in done.text


@pytest.mark.usefixtures("names")
def test_a_name_that_is_misspelled(plugin: Plugin, api: Api, source: str) -> None:
    done = plugin.run("check", source, "--to=wep:80", "--only=dns")
    assert done.status == 1, done.stderr
    first = done.text.splitlines()[0]
    assert first.startswith(f"wep does not exist (NXDOMAIN); tried wep.{api.namespace}.svc.cluster.local., ")


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("name", ["srv", "mx"])
def test_a_service_called_like_a_record_type(
    plugin: Plugin, api: Api, scenery: Scenery, source: str, name: str
) -> None:
    scenery.add_ready(REPLICAS, service(name, WEB), **WEB)
    done = plugin.run("check", source, f"--service={name}", f"--to={name}:80", "--only=dns", "-o", "json")
    assert done.status == 0, done.stderr + done.text
    well = "\n".join(by_state(json.loads(done.text), "ok"))
    assert f"dns: {name}.{api.namespace}.svc.cluster.local. is " in well


@pytest.mark.usefixtures("names")
def test_the_running_pod_itself(plugin: Plugin, api: Api, source: str) -> None:
    before = len(added(api, source))
    done = plugin.run("check", source, "--live", "--only=dns,ports", "-v")
    assert done.status == 0, done.stderr + done.text
    assert f"asked from pod {source}, on " in done.text
    assert "has targetPort 8080, and the pod listens there" in done.text
    assert "ss: TCP " in done.text
    assert "its record stays in the pod's spec" in done.stderr
    until(lambda: all_ended(api, source), "the end of the added container")
    assert len(added(api, source)) == before + 1


def test_an_interruption_leaves_no_copy(plugin: Plugin, api: Api, source: str) -> None:
    running = plugin.start("check", source, "--name=checked")
    running.says("copy checked ready")
    running.send(signal.SIGINT)
    done = running.wait()
    assert done.status == 130, done.stderr
    assert done.stdout == b""
    assert api.gone("checked")


def test_an_interruption_leaves_nothing_that_runs_in_the_pod(plugin: Plugin, api: Api, source: str) -> None:
    until(lambda: all_ended(api, source), "the end of the containers that other tests added")
    running = plugin.start("check", source, "--live")
    until(lambda: any("running" in state for state in added(api, source)), "the added container")
    running.send(signal.SIGINT)
    done = running.wait()
    assert done.status == 130, done.stderr
    assert done.stdout == b""
    until(lambda: all_ended(api, source), "the end of the added container")


@pytest.mark.parametrize("words", [(), ("--live",)], ids=["copy", "live"])
def test_dry_run_changes_nothing(plugin: Plugin, api: Api, source: str, words: tuple[str, ...]) -> None:
    before = len(added(api, source))
    done = plugin.run("check", source, "--dry-run", *words)
    assert done.status == 0, done.stderr
    assert "nothing was changed (--dry-run)" in done.text
    assert len(added(api, source)) == before


def test_a_service_that_does_not_exist(plugin: Plugin, source: str) -> None:
    done = plugin.run("check", source, "--service=nonesuch")
    assert done.status == 1
    assert 'no Service "nonesuch"' in done.stderr
    assert done.stdout == b""


def test_a_connection_that_is_lost(cluster: AnyCluster, plugin: Plugin, api: Api, source: str) -> None:
    faulty = cluster.faulty()
    faulty.fault("cut-stream", path="/exec.*check", bytes=1)
    try:
        done = plugin.run("check", source, "--name=checked")
    finally:
        faulty.no_faults()
    assert done.status == 1
    assert "the tools could not be run in pod checked" in done.stderr
    assert done.stdout == b""
    assert api.gone("checked")


@pytest.mark.usefixtures("names")
def test_what_may_not_be_asked_is_not_called_well(plugin: Plugin, source: str) -> None:
    words = ("--profile=restricted", "--to=web:80", "--only=tcp,path", "--service=web", "-o", "json")
    done = plugin.run("check", source, *words)
    assert done.status == 0, done.stderr + done.text
    report = json.loads(done.text)
    well = "\n".join(by_state(report, "ok"))
    assert "web:80 takes connections" in well
    assert "connections to web:80 came about at once 5 of 5 times" in well or "ping to web lost 0 of " in well
    assert "the largest packet" not in well
    assert by_state(report, "unknown")
