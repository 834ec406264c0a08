"""`why`: each reason why a client does not reach a server, from as few pods as it takes; and how it ends."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakecluster.manifests import MODEST, PORT, deployment, modest_pod, pod, service
from tests.system.e2e.answering import TLS_PORT, answering, certificate, expired, for_clients
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.caller import CLIENT, Caller
from tests.system.e2e.conftest import WEB
from tests.system.e2e.dumps import added, all_ended
from tests.system.e2e.network import API, Break, policy, records, verdict_of, with_port
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery
from tests.system.e2e.somebody import Somebody, role
from tests.waiting import until

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def nothing_runs(api: Api) -> Iterator[None]:
    """Every container that was added to the client has ended after each test."""
    yield
    until(lambda: all_ended(api, CLIENT), "the end of the added containers")


def test_what_works_is_said_from_the_clients_end(plugin: Plugin, api: Api, behind: str) -> None:
    before = records(api, CLIENT)
    done = plugin.run("why", CLIENT, "api", "-o", "json")
    assert done.status == 0, done.stderr + done.text
    report = json.loads(done.text)
    assert (report["result"], report["verdict"]["id"]) == ("reachable", "reachable")
    assert report["client"] == {
        "kind": "pod",
        "pod": CLIENT,
        "namespace": api.namespace,
        "node": report["client"]["node"],
    }
    assert report["server"]["service"] == "api"
    assert all(not attempt["error"] for attempt in report["attempts"])
    assert [left["pod"] for left in report["left"]] == [CLIENT]
    assert f"to pod {CLIENT}; it ends with this command" in done.stderr
    until(lambda: all_ended(api, CLIENT), "the end of the added container")
    assert (records(api, CLIENT) - before, records(api, behind)) == (1, 0)


@pytest.mark.usefixtures("behind")
def test_a_workload_and_a_url(plugin: Plugin, scenery: Scenery) -> None:
    scenery.add_ready(1, deployment("front", 1, {"app": "front"}), app="front")
    done = plugin.run("why", "deploy/front", "http://api/")
    assert done.status == 0, done.stderr + done.text
    first, *more = done.text.splitlines()
    assert first.startswith("reachable: Service api (")
    assert any("GET /: status 200" in line for line in more)
    assert any("left in front-" in line for line in more)


@pytest.mark.parametrize(
    ("server", "says"),
    [
        ("lonely", "unreachable: Service lonely has no endpoint"),
        ("asleep", "unreachable: Service asleep has no ready endpoint"),
        ("web:81", "unreachable: Service web has no port 81"),
    ],
)
def test_what_reading_decides_touches_no_pod(
    plugin: Plugin, api: Api, scenery: Scenery, server: str, says: str
) -> None:
    sleeping = pod("asleep", {"app": "asleep"}, initial_delay=3600)
    scenery.add(service("lonely", {"app": "lonely"}), service("asleep", {"app": "asleep"}), sleeping)
    until(
        lambda: (api.pod("asleep") or {})["status"].get("podIP"), "the address of the pod that is not ready"
    )
    before = records(api, CLIENT)
    for words in ((CLIENT, server), (server,)):
        done = plugin.run("why", *words)
        assert done.status == 1, done.stderr
        first, *more = done.text.splitlines()
        assert first == says
        assert "  no pod was touched" in more
        assert more[-1].startswith("try: kubectl ")
    assert records(api, CLIENT) == before


def test_a_service_whose_port_nobody_listens_on(plugin: Plugin, scenery: Scenery, behind: str) -> None:
    scenery.add(with_port(service("wrong", API), port=80, targetPort=8081))
    done = plugin.run("why", CLIENT, "wrong")
    assert done.status == 1, done.stderr
    first, *more = done.text.splitlines()
    assert first == f"unreachable: nothing listens on port 8081 of pod {behind}"
    assert f"  the Service's targetPort is 8081; {behind} listens on {PORT}" in more
    assert f"  left in {CLIENT} and {behind}: the record of one stopped container each" in more


@pytest.mark.parametrize("words", [("pod/api-x7k",), ("pod/api-x7k:8080",)])
def test_a_pod_without_a_service(plugin: Plugin, behind: str, words: tuple[str, ...]) -> None:
    done = plugin.run("why", CLIENT, *words, "-o", "json")
    assert done.status == 0, done.stderr + done.text
    assert {attempt["pod"] for attempt in json.loads(done.text)["attempts"]} == {behind}


def test_an_address(plugin: Plugin, api: Api, behind: str) -> None:
    found = api.pod(behind)
    assert found
    done = plugin.run("why", CLIENT, f"{found['status']['podIP']}:{PORT}", "-o", "json")
    assert done.status == 0, done.stderr + done.text
    assert json.loads(done.text)["server"]["pods"] == [behind]


def test_a_name_that_there_is_not(plugin: Plugin, caller: Caller) -> None:
    if not caller.can("dig +tries=1 +time=5 web."):
        pytest.skip("this cluster has no DNS server that answers its pods")
    done = plugin.run("why", CLIENT, "wep:80", "-o", "json")
    assert (done.status, verdict_of(done)) == (1, "name-not-found"), done.stderr + done.text


@pytest.mark.parametrize(("status", "id_"), [(502, "http-5xx"), (404, "reachable")])
def test_an_application_that_answers_with_an_error(
    plugin: Plugin, scenery: Scenery, status: int, id_: str
) -> None:
    scenery.add_ready(1, answering("api-502", "api", status), service("api", API), **API)
    done = plugin.run("why", CLIENT, "http://api/", "-o", "json")
    assert verdict_of(done) == id_, done.stderr + done.text


@pytest.mark.parametrize(
    ("make", "id_"),
    [
        (expired, "tls-date"),
        (lambda _: certificate("other.example.com"), "tls-name"),
        (for_clients, "tls-chain"),
    ],
    ids=["date", "name", "chain"],
)
def test_a_certificate_that_clients_refuse(
    plugin: Plugin, api: Api, scenery: Scenery, caller: Caller, make: Callable[[str], str], id_: str
) -> None:
    if not caller.can("command -v openssl"):
        pytest.skip("this image has no openssl")
    name = f"api.{api.namespace}.svc"
    there = with_port(service("api", API), name="https", port=443, targetPort=TLS_PORT)
    scenery.add_ready(1, answering("api-tls", "api", pem=make(name)), there, **API)
    done = plugin.run("why", CLIENT, f"https://{name}/", "-o", "json")
    assert (done.status, verdict_of(done)) == (1, id_), done.stderr + done.text


@pytest.mark.usefixtures("behind")
def test_a_port_without_tls(plugin: Plugin, caller: Caller) -> None:
    if not caller.can("command -v openssl"):
        pytest.skip("this image has no openssl")
    done = plugin.run("why", CLIENT, "https://api:80/", "-o", "json")
    assert (done.status, verdict_of(done)) == (1, "tls-none"), done.stderr + done.text


@pytest.mark.usefixtures("behind")
@pytest.mark.parametrize(
    ("effect", "id_", "says"),
    [
        ("servfail", "name-failed", "asked for api."),
        ("udp-lost", "name-no-answer", "by TCP the same question is answered: UDP port 53 is blocked"),
        ("lost", "name-no-answer", "by TCP it is not answered, either"),
        ("aaaa-lost", "name-slow", "1 of 2 questions to "),
    ],
)
def test_a_dns_server_that_fails(
    cluster: AnyCluster, plugin: Plugin, effect: str, id_: str, says: str
) -> None:
    cluster.faulty().settings(dns_effect=effect)
    try:
        done = plugin.run("why", CLIENT, "api", "-o", "json")
    finally:
        cluster.faulty().settings(dns_effect="")
    assert (done.status, verdict_of(done)) == (1, id_), done.stderr + done.text
    report = json.loads(done.text)
    assert report["verdict"]["certainty"] == "certain"
    assert any(line.startswith(says) for line in report["evidence"]), done.text
    assert [left["pod"] for left in report["left"]] == [CLIENT]


@pytest.mark.usefixtures("behind")
def test_packets_that_a_network_policy_swallows(
    cluster: AnyCluster, plugin: Plugin, scenery: Scenery
) -> None:
    cluster.faulty()
    rules = [{"from": [{"podSelector": {"matchLabels": WEB}}]}]
    scenery.add(policy("api-ingress", podSelector={"matchLabels": API}, ingress=rules))
    done = plugin.run("why", CLIENT, "api")
    assert done.status == 1, done.stderr
    first, *more = done.text.splitlines()
    assert first.startswith(f"unreachable: packets are lost between pod {CLIENT} (")
    assert any("none arrived at api-x7k (captured at both ends)" in line for line in more)
    assert any(line.startswith("likely: NetworkPolicy api-ingress selects api-x7k") for line in more)
    assert more[-1].startswith("try: kubectl -n ")
    assert more[-1].endswith(" describe networkpolicy api-ingress")


@pytest.mark.parametrize(
    ("effect", "more", "server", "id_"),
    [
        ("drop", {}, "api", "lost"),
        ("drop", {"through": "service"}, "api", "lost-in-service"),
        ("input-drop", {}, "api", "no-syn-answer"),
        ("queue-full", {}, "api", "queue-full"),
        ("answer-drop", {}, "api", "answer-lost"),
        ("untranslated", {"through": "service"}, "api", "not-translated"),
        ("reset", {}, "api", "rejected"),
        ("prohibit", {}, "api", "rejected"),
        ("forbid", {}, "api", "nothing-sent"),
        ("no-arp", {}, "api", "nothing-sent"),
        ("large-drop", {}, "http://api/?bytes=9000", "large-lost"),
        ("no-response", {}, "http://api/", "no-response"),
        ("close", {}, "http://api/", "closed"),
    ],
)
def test_each_row_of_a_broken_network(
    plugin: Plugin, api: Api, breaks: Break, behind: str, effect: str, more: Json, server: str, id_: str
) -> None:
    breaks(effect, behind, **more)
    done = plugin.run("why", CLIENT, server, "-o", "json")
    assert done.status == 1, done.stderr
    report = json.loads(done.text)
    assert report["verdict"]["id"] == id_, done.text
    assert report["evidence"]
    assert "warning" not in done.stderr
    until(lambda: all_ended(api, behind), "the end of the container in the server's pod")


@pytest.mark.usefixtures("behind")
def test_one_of_two_endpoints(plugin: Plugin, api: Api, scenery: Scenery, breaks: Break) -> None:
    scenery.add(pod("api-9d2", API))
    until(lambda: len(api.members("api")) == 2, "the second endpoint")
    breaks("queue-full", "api-9d2", through="direct")
    done = plugin.run("why", CLIENT, "api")
    assert done.status == 1, done.stderr
    assert done.text.startswith("intermittent: ")
    assert "every failure is at pod api-9d2" in done.text.splitlines()[0]


def test_no_more_pods_than_allowed_and_that_is_said(
    plugin: Plugin, api: Api, scenery: Scenery, breaks: Break
) -> None:
    names = ["api-1a", "api-2b", "api-3c"]
    scenery.add_ready(3, *(pod(name, API) for name in names), service("api", API), **API)
    until(lambda: len(api.members("api")) == 3, "three endpoints")
    told = "only 1 of 3 endpoints were tried (--max-pods)"
    assert f"  {told}" in plugin.run("why", CLIENT, "api", "--max-pods=1").text.splitlines()
    breaks("drop")
    done = plugin.run("why", CLIENT, "api", "--max-pods=1", "-o", "json")
    assert done.status == 1, done.stderr
    report = json.loads(done.text)
    assert report["verdict"]["certainty"] == "likely"
    assert records(api, *names) == 1
    assert told in report["evidence"]


def test_only_the_clients_end(plugin: Plugin, api: Api, breaks: Break, behind: str) -> None:
    breaks("drop", behind)
    done = plugin.run("why", CLIENT, "api", "--client-only", "-o", "json")
    assert (done.status, verdict_of(done)) == (1, "undetermined"), done.stderr
    assert "--client-only" in done.text
    assert records(api, behind) == 0


def test_a_throwaway_client(plugin: Plugin, api: Api, behind: str) -> None:
    done = plugin.run("why", "api", "-o", "json", "--yes")
    assert done.status == 0, done.stderr + done.text
    report = json.loads(done.text)
    assert (report["client"]["kind"], report["left"]) == ("throwaway pod", [])
    assert api.gone(report["client"]["pod"])
    assert records(api, behind) == 0


@pytest.mark.usefixtures("behind")
def test_a_stand_in_takes_no_traffic(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    scenery.add_ready(1, pod("front", {"app": "front"}), service("front", {"app": "front"}), app="front")
    members: set[str] = set()
    running = plugin.start("why", "front", "api", "--stand-in", "--yes", "-o", "json")
    while not running.ended:
        members |= api.members("front")
    done = running.wait()
    assert done.status == 0, done.stderr + done.text
    report = json.loads(done.text)
    assert report["client"]["kind"] == "stand-in"
    assert members == {"front"}
    assert records(api, "front") == 0
    assert api.gone(report["client"]["pod"])


@pytest.mark.usefixtures("behind")
@pytest.mark.parametrize(
    "words", [(CLIENT,), (), (CLIENT, "--stand-in")], ids=["pod", "throwaway", "stand-in"]
)
def test_dry_run_changes_nothing(plugin: Plugin, api: Api, words: tuple[str, ...]) -> None:
    before = records(api, CLIENT)
    done = plugin.run("why", *words, "api", "--dry-run")
    assert done.status == 0, done.stderr
    assert "nothing was changed (--dry-run)" in done.text
    assert "if the client's end does not tell, a container in each of: api-x7k" in done.text
    assert records(api, CLIENT) == before


def test_captures_are_kept_where_that_is_asked_for(
    plugin: Plugin, breaks: Break, behind: str, tmp_path: Path
) -> None:
    breaks("drop", behind)
    folder = tmp_path / "kept"
    done = plugin.run("why", CLIENT, "api", "-w", str(folder))
    assert done.status == 1, done.stderr
    assert {path.name for path in folder.iterdir()} == {f"{CLIENT}.pcap", f"{behind}.pcap"}
    for path in folder.iterdir():
        assert path.read_bytes()[:4] == b"\xd4\xc3\xb2\xa1"
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("place", ["a-file", "nowhere/kept"])
def test_a_folder_that_cannot_be_is_said_first(plugin: Plugin, tmp_path: Path, place: str) -> None:
    (tmp_path / "a-file").touch()
    done = plugin.run("why", CLIENT, "api", "-w", str(tmp_path / place))
    assert (done.status, "is not a folder" in done.stderr) == (2, True), done.stderr


def test_where_nothing_may_be_captured_what_remains_is_said(
    cluster: AnyCluster,
    plugin: Plugin,
    api: Api,
    scenery: Scenery,
    breaks: Break,
    level: Callable[[str | None], None],
) -> None:
    cluster.faulty()
    calm = pod("api-x7k", API)
    calm["spec"]["containers"][0]["securityContext"] = MODEST
    scenery.add_ready(1, calm, service("api", API), **API)
    scenery.add_ready(1, modest_pod("calm"), app="calm")
    breaks("answer-drop", "api-x7k")
    level("restricted")
    done = plugin.run("why", "calm", "api", "-o", "json")
    assert done.status == 1, done.stderr
    report = json.loads(done.text)
    assert report["verdict"]["certainty"] == "likely"
    assert "tcpdump" in done.text + done.stderr
    until(lambda: all_ended(api, "api-x7k"), "the end of the container in the server's pod")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("pod/web-x", "pod/web-x"), "CLIENT and SERVER are both pod/web-x"),
        ((CLIENT, "datagrams:53"), "port 53 of Service datagrams is UDP"),
        ((CLIENT, "portless"), "Service portless has no TCP port: name one"),
        ((CLIENT, "several"), "Service several has the ports 80 (one), 81 (two): name one"),
        ((CLIENT, "example.com"), "'example.com' needs a port"),
        ((CLIENT, "svc/nonesuch"), 'no Service "nonesuch" in namespace'),
        (("nonesuch", "web"), 'no pod "nonesuch"'),
        (("--stand-in", "web"), "--stand-in needs CLIENT"),
        ((CLIENT, "web", "--count=0"), "--count: 0 is not between"),
        ((CLIENT, "web", "--server-namespace=shop"), "--server-namespace applies to svc/"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(
    plugin: Plugin, api: Api, scenery: Scenery, words: tuple[str, ...], says: str
) -> None:
    several = with_port(service("several", WEB))
    several["spec"]["ports"] = [{"name": "one", "port": 80}, {"name": "two", "port": 81}]
    portless = {**with_port(service("portless", WEB))}
    portless["spec"]["clusterIP"] = "None"
    scenery.add(with_port(service("datagrams", WEB), port=53, protocol="UDP"), several, portless)
    before = records(api, CLIENT)
    done = plugin.run("why", *words)
    assert done.status in (1, 2), done.text
    assert says in done.stderr
    assert done.text == ""
    assert records(api, CLIENT) == before


@pytest.mark.usefixtures("behind")
def test_exactly_the_role_is_enough(plugin: Plugin, somebody: Somebody) -> None:
    somebody.has(role(plugin, "--why"))
    done = plugin.run("why", CLIENT, "api")
    assert done.status == 0, done.stderr
    assert "warning" not in done.stderr
    assert done.text.startswith("reachable: ")


@pytest.mark.usefixtures("behind")
def test_a_missing_right_is_said_before_anything_is_changed(
    plugin: Plugin, somebody: Somebody, api: Api, tmp_path: Path
) -> None:
    before = records(api, CLIENT)
    somebody.has(role(plugin, "--why", "pods/ephemeralcontainers"))
    done = plugin.run("why", CLIENT, "api", "-w", str(tmp_path / "kept"))
    assert done.status == 1
    assert not (tmp_path / "kept").exists()
    assert "  patch pods/ephemeralcontainers   " in done.stderr
    assert "rbac --why" in done.stderr
    assert "nothing was changed" in done.stderr
    assert records(api, CLIENT) == before


def test_an_interruption_at_the_clients_end(plugin: Plugin, api: Api, breaks: Break, behind: str) -> None:
    breaks("drop", behind)
    running = plugin.start("why", CLIENT, "api")
    until(lambda: any("running" in state for state in added(api, CLIENT)), "the added container")
    running.send(signal.SIGINT)
    done = running.wait()
    assert done.status == 130, done.stderr
    assert done.stdout == b""
    until(lambda: all_ended(api, CLIENT), "the end of the added container")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_at_both_ends(
    plugin: Plugin, api: Api, breaks: Break, behind: str, number: signal.Signals
) -> None:
    breaks("drop", behind)
    running = plugin.start("why", CLIENT, "api")
    until(
        lambda: any("running" in state for state in added(api, behind)), "the container in the server's pod"
    )
    running.send(number)
    done = running.wait()
    assert done.status == 128 + number, done.stderr
    assert done.stdout == b""
    until(lambda: all_ended(api, CLIENT) and all_ended(api, behind), "the end of both containers")


def test_what_a_killed_one_leaves_ends_by_itself(
    plugin: Plugin,
    api: Api,
    breaks: Break,
    behind: str,
    dumping: Callable[[Json], bool],
) -> None:
    breaks("drop", behind)
    running = plugin.start("why", CLIENT, "api", "--timeout=8s")
    found = api.pod(behind)
    assert found
    until(lambda: dumping(found), "tcpdump in the server's pod")
    running.send(signal.SIGKILL)
    running.wait()
    # tcpdump hears that nobody reads, and its container ends a moment later, long before its own time.
    until(lambda: all_ended(api, CLIENT) and all_ended(api, behind), "the end of both containers")
    # Its private kubeconfig is swept by whoever comes next.
    assert plugin.run("list").status == 0


@pytest.mark.usefixtures("behind")
def test_a_container_that_runs_already_is_used_and_left(
    plugin: Plugin, api: Api, scenery: Scenery, breaks: Break
) -> None:
    scenery.add_ready(1, pod("front", {"app": "front"}), app="front")
    breaks("drop")
    killed = plugin.start("why", "front", "api", "--timeout=8s")
    until(lambda: any("running" in state for state in added(api, "front")), "the added container")
    killed.send(signal.SIGKILL)
    killed.wait()
    breaks_nothing = plugin.run("why", "front", "web", "--client-only", "--dry-run")
    assert "which runs there already: nothing is added" in breaks_nothing.text
    done = plugin.run("why", "front", "api")
    assert done.text.startswith("unreachable: packets are lost"), done.text + done.stderr
    assert "runs in pod front already" in done.stderr
    assert records(api, "front") == 1
    assert any("running" in state for state in added(api, "front"))
    assert "  left in api-x7k: the record of one stopped container" in done.text.splitlines()


@pytest.mark.usefixtures("behind")
def test_a_container_that_its_owner_ends_meanwhile_is_replaced(
    plugin: Plugin, api: Api, scenery: Scenery, breaks: Break, dumping: Callable[[Json], bool]
) -> None:
    (front,) = scenery.add_ready(1, pod("front", {"app": "front"}), app="front")
    breaks("drop")
    owner = plugin.start("capture", "front", "-w", "owner.pcap", "--duration=30m")
    until(lambda: dumping(front), "tcpdump in the client's pod")
    running = plugin.start("why", "front", "api", "-o", "json", "--timeout=8s")
    running.says("runs in pod front already")
    owner.send(signal.SIGINT)
    done = running.wait()
    assert "has been ended by whoever added it: trying again" in done.stderr
    assert verdict_of(done) == "lost"
    assert owner.wait().status == 128 + signal.SIGINT
    assert records(api, "front") == 2
    until(lambda: all_ended(api, "front"), "the end of both")


@pytest.mark.usefixtures("behind")
def test_a_connection_that_is_lost(cluster: AnyCluster, plugin: Plugin) -> None:
    faulty = cluster.faulty()
    faulty.fault("cut-stream", path="/exec.*check", bytes=1)
    try:
        done = plugin.run("why", CLIENT, "api")
    finally:
        faulty.no_faults()
    assert done.status == 1
    assert f"the tools could not be run in pod {CLIENT}" in done.stderr
    assert done.stdout == b""
