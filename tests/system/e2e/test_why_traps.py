"""`why` where the answer is easily wrong: a mesh, a pod that calls itself, a node's network, rights of one end."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakecluster import manifests
from fakecluster.manifests import PORT, client_pod, pod, service
from tests.system.e2e.answering import answering
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.caller import CLIENT
from tests.system.e2e.dumps import added, all_ended
from tests.system.e2e.network import API, Break, policy, records, verdict_of
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery
from tests.system.e2e.somebody import NAME, Somebody, role
from tests.system.e2e.witness import Witness
from tests.waiting import until

Json = dict[str, Any]
FRONT = "front"


@pytest.fixture
def front(scenery: Scenery) -> str:
    """A client of our own."""
    scenery.add_ready(1, pod(FRONT, {"app": FRONT}), app=FRONT)
    return FRONT


@pytest.fixture
def other(cluster: AnyCluster, api: Api) -> Iterator[Api]:
    """One more namespace, with an application behind Service api."""
    there = Api(cluster.kubeconfig, f"{api.namespace}-{secrets.token_hex(2)}")
    there.create({"apiVersion": "v1", "kind": "Namespace", "metadata": manifests.metadata(there.namespace)})
    try:
        until(lambda: there.get("ServiceAccount", "default"), "the service account")
        there.create(pod("api-x7k", API))
        there.create(service("api", API))
        until(lambda: there.members("api"), "the endpoint")
        yield there
    finally:
        there.delete("Namespace", there.namespace)


def by_hand(service_: str, endpoint: Json) -> Json:
    """An EndpointSlice of this Service that no controller keeps."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": manifests.metadata(f"{service_}-1", {"kubernetes.io/service-name": service_}),
        "addressType": "IPv4",
        "ports": [{"name": "", "port": PORT, "protocol": "TCP"}],
        "endpoints": [endpoint],
    }


def test_a_mesh_answers_in_the_servers_place(plugin: Plugin, scenery: Scenery, breaks: Break) -> None:
    meshed = client_pod("meshed")
    meshed["metadata"]["labels"] = {"app": "meshed"}
    meshed["spec"]["containers"].append({**meshed["spec"]["containers"][0], "name": "istio-proxy"})
    scenery.add_ready(1, meshed, app="meshed")
    scenery.add_ready(1, answering("api-503", "api", 503), service("api", API), **API)
    breaks("proxy", "api-503", through="service")
    done = plugin.run("why", "meshed", "http://api/", "-o", "json")
    assert done.status == 1, done.stderr
    report = json.loads(done.text)
    assert (report["verdict"]["id"], report["verdict"]["certainty"]) == ("proxied", "likely")
    assert report["next"].endswith(" logs meshed -c istio-proxy")


@pytest.mark.parametrize(("effect", "id_"), [("drop", "lost-in-service"), ("input-drop", "no-syn-answer")])
def test_a_pod_that_calls_itself_through_its_service(
    plugin: Plugin, api: Api, breaks: Break, behind: str, effect: str, id_: str
) -> None:
    assert plugin.run("why", behind, "api").status == 0
    breaks(effect, behind, through="service")
    done = plugin.run("why", behind, "api", "-o", "json")
    assert verdict_of(done) == id_, done.text + done.stderr
    assert [left["pod"] for left in json.loads(done.text)["left"]] == [behind]
    until(lambda: all_ended(api, behind), "the end of the added containers")


def test_a_server_in_its_nodes_network(plugin: Plugin, scenery: Scenery, breaks: Break) -> None:
    on_node = pod("api-host", API)
    on_node["spec"]["hostNetwork"] = True
    scenery.add_ready(1, on_node, service("api", API), **API)
    done = plugin.run("why", CLIENT, "api")
    assert done.status == 0, done.stderr + done.text
    assert (
        "pod api-host is in its node's network: what is captured there is the traffic of the whole node"
        in done.stderr
    )
    scenery.add(policy("api-ingress", podSelector={"matchLabels": API}, ingress=[]))
    breaks("drop", "api-host")
    done = plugin.run("why", CLIENT, "api", "-o", "json")
    assert verdict_of(done) == "lost", done.text
    assert not json.loads(done.text)["verdict"]["likely"]
    assert any("api-ingress allows it is not known" in line for line in json.loads(done.text)["evidence"])


def test_no_endpoint_on_the_clients_node(plugin: Plugin, api: Api, scenery: Scenery, behind: str) -> None:
    there = api.pod(behind)
    assert there
    local = service("local", None)
    local["spec"]["internalTrafficPolicy"] = "Local"
    reference = {"kind": "Pod", "name": behind, "namespace": api.namespace, "uid": there["metadata"]["uid"]}
    endpoint = {
        "addresses": [there["status"]["podIP"]],
        "conditions": {"ready": True},
        "nodeName": "far-away",
        "targetRef": reference,
    }
    scenery.add(local, by_hand("local", endpoint))
    before = records(api, CLIENT)
    done = plugin.run("why", CLIENT, "local")
    assert done.status == 1, done.stderr
    first, *more = done.text.splitlines()
    assert first.startswith("unreachable: Service local has no endpoint on node ")
    assert "  its ready endpoints are on 1 node: far-away" in more
    assert "  no pod was touched" in more
    assert records(api, CLIENT) == before


@pytest.mark.parametrize("named", [True, False], ids=["targetRef", "address"])
def test_endpoints_that_were_made_by_hand(
    plugin: Plugin, api: Api, scenery: Scenery, breaks: Break, behind: str, named: bool
) -> None:
    there = api.pod(behind)
    assert there
    target = {"kind": "Pod", "name": behind, "namespace": api.namespace, "uid": there["metadata"]["uid"]}
    endpoint = {"addresses": [there["status"]["podIP"]], **({"targetRef": target} if named else {})}
    scenery.add(service("hand", None), by_hand("hand", endpoint))
    done = plugin.run("why", CLIENT, "hand", "-o", "json")
    assert verdict_of(done) == "reachable", done.text + done.stderr
    breaks("drop", behind, through="service")
    done = plugin.run("why", CLIENT, "hand", "-o", "json")
    assert verdict_of(done) == "lost-in-service", done.text + done.stderr
    assert {attempt["pod"] for attempt in json.loads(done.text)["attempts"]} == {behind}


def test_an_endpoint_that_is_no_pod(plugin: Plugin, other: Api, scenery: Scenery, breaks: Break) -> None:
    """Nothing says whose it is: its pod is of another namespace, and the Service is not."""
    there = other.pod("api-x7k")
    assert there
    scenery.add(service("hand", None), by_hand("hand", {"addresses": [there["status"]["podIP"]]}))
    breaks("drop", through="service")
    done = plugin.run("why", CLIENT, "hand", "-o", "json")
    report = json.loads(done.text)
    assert report["verdict"]["id"] == "undetermined", done.text
    address = f"{there['status']['podIP']}:{PORT}"
    assert f"directly to {address}: connected" in report["evidence"]
    assert {attempt["pod"] for attempt in report["attempts"]} == {""}
    assert records(other, "api-x7k") == 0


def test_an_endpoint_that_is_a_name(plugin: Plugin, scenery: Scenery) -> None:
    named = by_hand("hand", {"addresses": ["db.example.com"]}) | {"addressType": "FQDN"}
    scenery.add(service("hand", None), named)
    done = plugin.run("why", CLIENT, "hand", "-o", "json")
    assert verdict_of(done) == "no-endpoint", done.text + done.stderr
    assert json.loads(done.text)["left"] == []


def test_a_server_of_the_same_name_in_another_namespace(
    plugin: Plugin, cluster: AnyCluster, other: Api, behind: str, tmp_path: Path
) -> None:
    cluster.faulty().settings(network=[{"effect": "drop", "pod": f"{other.namespace}/{behind}"}])
    try:
        words = (behind, f"api.{other.namespace}", "-w", str(tmp_path / "kept"))
        done = plugin.run("why", *words, "-o", "json")
    finally:
        cluster.faulty().settings(network=[])
    assert verdict_of(done) == "lost", done.text + done.stderr
    assert {(left["namespace"], left["pod"]) for left in json.loads(done.text)["left"]} >= {
        (other.namespace, behind)
    }
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {
        f"{behind}.pcap",
        f"{other.namespace}_{behind}.pcap",
    }


def test_a_server_that_ends_meanwhile(
    plugin: Plugin, api: Api, witness: Witness, breaks: Break, behind: str, front: str
) -> None:
    breaks("drop", behind)
    running = plugin.start("why", front, "api", "-o", "json")
    until(lambda: any("running" in state for state in added(api, front)), "the added container")
    witness.forgive(behind)
    api.delete("Pod", behind)
    done = running.wait()
    assert verdict_of(done) == "undetermined", done.text + done.stderr
    assert any(f"pod {behind} was not looked into: " in line for line in json.loads(done.text)["evidence"])


def test_a_client_that_ends_meanwhile(
    plugin: Plugin, api: Api, witness: Witness, breaks: Break, behind: str, front: str
) -> None:
    breaks("drop", behind)
    running = plugin.start("why", front, "api", "--timeout=8s")
    until(lambda: any("running" in state for state in added(api, front)), "the added container")
    witness.forgive(front)
    api.delete("Pod", front)
    done = running.wait()
    assert (done.status, done.stdout) == (1, b""), done.stderr
    # Before its tools run, or while they do.
    ends = (f"error: pod {front} has ended meanwhile", f"error: the tools could not be run in pod {front}")
    assert any(line.startswith(ends) for line in done.stderr.splitlines()), done.stderr


def test_no_right_to_read_where_the_server_is(
    plugin: Plugin, somebody: Somebody, api: Api, other: Api
) -> None:
    before = records(api, CLIENT)
    somebody.has(role(plugin, "--why"))
    done = plugin.run("why", CLIENT, f"api.{other.namespace}.svc")
    assert (done.status, done.stdout) == (1, b""), done.text
    assert f"in namespace {other.namespace}; nothing was changed" in done.stderr
    assert f"rbac --why -n {other.namespace}" in done.stderr
    assert records(api, CLIENT) == before


def test_no_right_to_look_into_the_servers_pods(
    plugin: Plugin, somebody: Somebody, api: Api, other: Api, cluster: AnyCluster
) -> None:
    somebody.has(role(plugin, "--why"))
    reading = role(plugin, "--why", "pods/ephemeralcontainers", "pods/exec")
    reading["metadata"] = manifests.metadata("reads")
    subject = {"kind": "ServiceAccount", "name": NAME, "namespace": api.namespace}
    other.create(reading)
    other.create(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": manifests.metadata("reads"),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reads"},
            "subjects": [subject],
        }
    )
    cluster.faulty().settings(network=[{"effect": "drop", "pod": f"{other.namespace}/api-x7k"}])
    try:
        done = plugin.run("why", CLIENT, f"api.{other.namespace}", "-o", "json")
    finally:
        cluster.faulty().settings(network=[])
    assert verdict_of(done) == "undetermined", done.text + done.stderr
    said = f"no right to patch pods/ephemeralcontainers, create pods/exec in namespace {other.namespace}"
    assert any(line.startswith(said) for line in json.loads(done.text)["evidence"]), done.text
    assert records(other, "api-x7k") == 0
