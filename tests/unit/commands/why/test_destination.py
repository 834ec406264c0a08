"""What SERVER means, as the cluster has it: read from a real HTTP server that answers as an API server does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubectl_netshoot.commands.why.destination import ServerFacts
from kubectl_netshoot.commands.why.facts import read_facts
from kubectl_netshoot.commands.why.request import parse_server
from kubectl_netshoot.errors import ApiError, NetshootError, NotThereError, UsageError
from kubectl_netshoot.kube.api import Fetch, connect
from kubectl_netshoot.model import Container
from kubectl_netshoot.rules.policies import End
from tests.unit import builders
from tests.unit.kube.apiserver import Answer, ApiServer, Asked, failure

Json = dict[str, Any]
PODS, SERVICES = "/api/v1/namespaces/{}/pods", "/api/v1/namespaces/{}/services"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices"
POLICIES = "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies"


def pod(name: str, address: str = "10.244.2.7", **spec: Any) -> Json:
    container = {"name": "app", "ports": [{"containerPort": 8080, "name": "web"}]}
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}", "labels": {"app": "api"}},
        "spec": {"nodeName": "node-b", "containers": [container], **spec},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    }


def service(**spec: Any) -> Json:
    ports = [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]
    made = {"clusterIP": "10.96.4.7", "clusterIPs": ["10.96.4.7"], "selector": {"app": "api"}, "ports": ports}
    return {"metadata": {"name": "api", "namespace": "shop"}, "spec": {**made, **spec}}


def slice_(ready: bool = True) -> Json:
    target = {"kind": "Pod", "name": "api-x7k", "uid": "uid-api-x7k"}
    return {
        "metadata": {"name": "api-1", "labels": {"kubernetes.io/service-name": "api"}},
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
        "endpoints": [{"addresses": ["10.244.2.7"], "conditions": {"ready": ready}, "targetRef": target}],
    }


class Cluster:
    """`objects` are answers by path; a list is a list's items. Everything else is not found."""

    def __init__(self, server: ApiServer, folder: Path) -> None:
        self.objects: dict[str, Any] = {
            f"{SERVICES.format('shop')}/api": service(),
            SERVICES.format("shop"): [service()],
            SLICES.format("shop"): [slice_()],
            PODS.format("shop"): [pod("api-x7k")],
            f"{PODS.format('shop')}/api-x7k": pod("api-x7k"),
            POLICIES.format("shop"): [],
            "/api/v1/services": [service()],
            "/api/v1/pods": [],
            "/api/v1/namespaces/shop": {"metadata": {"name": "shop"}},
            "/apis": {"groups": []},
        }
        server.decide = self._answer
        self.asked: list[str] = []
        api = connect(server.kubeconfig({"token": "t0ken"}), folder, "kubectl-netshoot/test", timeout=5.0)
        self.fetch = Fetch(api, "shop")

    def server(self, text: str, namespace: str = "") -> Any:
        return ServerFacts(self.fetch).of(parse_server(text, namespace))

    def _answer(self, asked: Asked) -> Answer:
        path = asked.path.partition("?")[0]
        self.asked.append(asked.path)
        found = self.objects.get(path)
        if found is None:
            return failure(404, "NotFound")
        if isinstance(found, Answer):
            return found
        return Answer({"items": found} if isinstance(found, list) else found)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with ApiServer() as server:
        yield Cluster(server, tmp_path)


@pytest.mark.parametrize(
    "text", ["api", "api:80", "api.shop", "http://api.shop.svc/x", "svc/api", "10.96.4.7:80"]
)
def test_a_service(cluster: Cluster, text: str) -> None:
    found = cluster.server(text)
    assert (found.namespace, found.service.name, found.number, found.port.name) == ("shop", "api", 80, "http")
    assert [end.pod.name for end in found.pods] == ["api-x7k"]
    assert [(port.number, port.name) for end in found.pods for port in end.ports] == [(8080, "web")]
    assert found.service.selector == {"app": "api"}
    assert found.address == ("10.96.4.7" if text.startswith("10.") else "")


def test_a_name_that_is_a_services_elsewhere(cluster: Cluster) -> None:
    other = {"metadata": {"name": "db", "namespace": "data"}}
    cluster.objects["/api/v1/services"] = [other]
    with pytest.raises(NotThereError) as found:
        cluster.server("db")
    assert (found.value.typed, found.value.meant) == ("db", "db.data")
    assert "it exists in namespace data\n" in found.value.hint
    with pytest.raises(NotThereError) as found:
        cluster.server("svc/db")
    assert found.value.hint.startswith("it exists in namespace data: add --server-namespace data\n")
    cluster.objects["/api/v1/services"] = failure(403, "Forbidden")
    with pytest.raises(NotThereError, match=r'no Service "db" in namespace shop$'):
        cluster.server("db")


def test_a_workload_of_that_name_is_nearer_than_a_service_elsewhere(cluster: Cluster) -> None:
    cluster.objects["/api/v1/services"] = [{"metadata": {"name": "db", "namespace": "data"}}]
    cluster.objects["/apis/apps/v1/namespaces/shop/deployments/db"] = {"metadata": {"name": "db"}}
    with pytest.raises(NotThereError) as found:
        cluster.server("db")
    assert found.value.meant == "deploy/db"


def test_another_name_without_a_port_is_told_as_what_it_is(cluster: Cluster) -> None:
    alias = service(type="ExternalName", externalName="db.example.com", ports=[], selector=None)
    cluster.objects[f"{SERVICES.format('shop')}/api"] = alias
    with pytest.raises(UsageError, match=r"Service api is another name for .*, and has no single"):
        cluster.server("api")


def test_endpoints_that_have_changed_meanwhile(cluster: Cluster) -> None:
    found = cluster.server("api")
    facts = ServerFacts(cluster.fetch)
    assert not facts.has_changed(found)
    cluster.objects[SLICES.format("shop")] = [slice_(ready=False)]
    assert facts.has_changed(found)
    cluster.objects[SLICES.format("shop")] = failure(403, "Forbidden")
    assert not facts.has_changed(found)
    assert not facts.has_changed(cluster.server("pod/api-x7k"))


@pytest.mark.parametrize(
    ("there", "says"),
    [
        ([], "an EndpointSlice has pod api-x7k (10.244.2.7), which Service api does not select"),
        (
            [pod("api-x7k", "10.244.9.9")],
            "an EndpointSlice has pod api-x7k at 10.244.2.7, and its address is 10.244.9.9",
        ),
    ],
)
def test_a_slice_that_is_stale_is_said(cluster: Cluster, there: list[Json], says: str) -> None:
    client = End(builders.pod("front"))
    assert read_facts(cluster.fetch, parse_server("api")).evidence(client).noted == ()
    cluster.objects[PODS.format("shop")] = there
    assert read_facts(cluster.fetch, parse_server("api")).evidence(client).noted == (says,)


@pytest.mark.parametrize("target", [None, {"kind": "Pod", "name": "api-x7k", "uid": "uid-api-x7k"}])
@pytest.mark.parametrize("selector", [None, {"app": "api"}])
def test_a_slice_that_was_made_by_hand(cluster: Cluster, target: Json | None, selector: Json | None) -> None:
    endpoint = {"addresses": ["10.244.2.7"], "conditions": {"ready": True}, "targetRef": target}
    cluster.objects[SLICES.format("shop")] = [{**slice_(), "endpoints": [endpoint]}]
    cluster.objects[f"{SERVICES.format('shop')}/api"] = service(selector=selector)
    others = [pod("on-node", hostNetwork=True), pod("elsewhere", "10.244.2.8")]
    cluster.objects[PODS.format("shop")] = [pod("api-x7k"), *(() if selector else others)]
    found = cluster.server("api")
    assert [end.pod.name for end in found.pods] == ["api-x7k"]
    assert [(e.pod, e.uid) for e in found.serving] == [("api-x7k", "uid-api-x7k")]


def test_an_endpoint_outside_of_the_cluster(cluster: Cluster) -> None:
    endpoint = {"addresses": ["203.0.113.9"]}
    cluster.objects[SLICES.format("shop")] = [{**slice_(), "endpoints": [endpoint]}]
    cluster.objects[f"{SERVICES.format('shop')}/api"] = service(selector=None)
    denied = {**denying(), "spec": {"podSelector": {}, "policyTypes": ["Egress"]}}
    cluster.objects[POLICIES.format("shop")] = [denied]
    evidence = read_facts(cluster.fetch, parse_server("api")).evidence(End(builders.pod("front")))
    assert evidence.server.pods == ()
    (answer,) = evidence.policies
    assert (answer.pod, answer.answer, answer.direction) == ("203.0.113.9", "denied", "egress")


def test_an_endpoint_that_is_a_name(cluster: Cluster) -> None:
    """kube-proxy passes nothing on to it."""
    named = {**slice_(), "addressType": "FQDN", "endpoints": [{"addresses": ["db.example.com"]}]}
    cluster.objects[SLICES.format("shop")] = [slice_(), named]
    assert [endpoint.address for endpoint in cluster.server("api").serving] == ["10.244.2.7"]


def test_a_port_that_it_has_not(cluster: Cluster) -> None:
    found = cluster.server("api:81")
    assert (found.number, found.port) == (81, None)


def test_a_headless_service_takes_any_port(cluster: Cluster) -> None:
    headless = {"clusterIP": "None", "clusterIPs": ["None"]}
    cluster.objects[f"{SERVICES.format('shop')}/api"] = service(**headless)
    found = cluster.server("api:9999")
    assert (found.number, found.port.number) == (9999, 9999)


@pytest.mark.parametrize(
    ("text", "spec", "says"),
    [
        ("api", {"ports": []}, "Service api has no TCP port: name one"),
        (
            "api",
            {"ports": [{"port": 1}, {"port": 2, "name": "b"}]},
            "Service api has the ports 1, 2 (b): name one",
        ),
        (
            "api",
            {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 132, "protocol": "SCTP"}]},
            "Service api has only 53/UDP, 132/SCTP: only TCP",
        ),
        ("api:53", {"ports": [{"port": 53, "protocol": "UDP"}]}, "port 53 of Service api is UDP: only TCP"),
    ],
)
def test_ports_that_cannot_be_asked_for(cluster: Cluster, text: str, spec: Json, says: str) -> None:
    cluster.objects[f"{SERVICES.format('shop')}/api"] = service(**spec)
    with pytest.raises(UsageError) as raised:
        cluster.server(text)
    assert says in raised.value.message


def test_one_port_number_for_both_protocols(cluster: Cluster) -> None:
    both = [{"name": "u", "port": 53, "protocol": "UDP"}, {"name": "t", "port": 53, "protocol": "TCP"}]
    cluster.objects[f"{SERVICES.format('shop')}/api"] = service(ports=both)
    assert cluster.server("api:53").port.name == "t"


def test_an_alias_is_outside(cluster: Cluster) -> None:
    alias = service(type="ExternalName", externalName="db.example.com", clusterIP="", clusterIPs=None)
    cluster.objects[f"{SERVICES.format('shop')}/api"] = alias
    found = cluster.server("api")
    assert (found.service, found.number, found.pods) == (None, 80, ())


@pytest.mark.parametrize("text", ["pod/api-x7k", "pod/api-x7k:8080"])
def test_a_pod(cluster: Cluster, text: str) -> None:
    found = cluster.server(text)
    assert (found.service, found.number, [end.pod.name for end in found.pods]) == (None, 8080, ["api-x7k"])


@pytest.mark.parametrize(("phase", "address"), [("Pending", ""), ("Succeeded", "10.244.2.7")])
def test_a_pod_that_does_not_run(cluster: Cluster, phase: str, address: str) -> None:
    made = pod("api-x7k", address)
    made["status"] = {"phase": phase, "podIPs": [{"ip": address}] if address else []}
    cluster.objects[f"{PODS.format('shop')}/api-x7k"] = made
    with pytest.raises(NetshootError, match=f"pod api-x7k takes no connections: it is {phase}") as raised:
        cluster.server("pod/api-x7k:8080")
    assert raised.value.hint == "try: kubectl describe pod api-x7k -n shop"


def test_an_address_of_a_pod(cluster: Cluster) -> None:
    cluster.objects["/api/v1/pods"] = [pod("on-node", hostNetwork=True), pod("api-x7k")]
    found = cluster.server("10.244.2.7:8080")
    assert (found.address, [end.pod.name for end in found.pods]) == ("10.244.2.7", ["api-x7k"])
    assert any("fieldSelector=status.podIP" in path for path in cluster.asked)


def test_an_address_of_nothing_that_may_be_seen(cluster: Cluster) -> None:
    for path in ("/api/v1/services", "/api/v1/pods", SERVICES.format("shop"), PODS.format("shop")):
        cluster.objects[path] = failure(403, "Forbidden")
    found = cluster.server("10.0.0.7:6379")
    assert (found.address, found.number, found.service, found.pods) == ("10.0.0.7", 6379, None, ())


def test_a_name_from_outside_whose_parts_may_not_be_looked_up(cluster: Cluster) -> None:
    cluster.objects[f"{SERVICES.format('com')}/example"] = failure(403, "Forbidden")
    assert cluster.server("example.com:443").service is None
    with pytest.raises(ApiError):
        cluster.server("svc/example:443", "com")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("svc/nonesuch", 'no Service "nonesuch" in namespace shop'),
        ("pod/nonesuch:80", 'no pod "nonesuch" in namespace shop'),
        ("nonesuch", 'no Service "nonesuch" in namespace shop'),
        ("nonesuch.shop.svc.cluster.local", "needs a port"),
        ("10.0.0.7", "'10.0.0.7' needs a port"),
    ],
)
def test_what_is_not_there(cluster: Cluster, text: str, says: str) -> None:
    with pytest.raises(NetshootError) as raised:
        cluster.server(text)
    assert says in raised.value.message


def test_a_cluster_without_slices(cluster: Cluster) -> None:
    del cluster.objects[SLICES.format("shop")]
    with pytest.raises(NetshootError, match="serves no EndpointSlices") as raised:
        cluster.server("api")
    assert "pod/NAME:PORT" in raised.value.hint


def denying(name: str = "api-ingress") -> Json:
    return {
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"podSelector": {"matchLabels": {"app": "api"}}, "policyTypes": ["Ingress"]},
    }


def test_policies_are_judged_on_the_pods_own_port(cluster: Cluster) -> None:
    cluster.objects[POLICIES.format("shop")] = [denying()]
    front = End(builders.pod("front", labels={"app": "front"}))
    evidence = read_facts(cluster.fetch, parse_server("api")).evidence(front)
    (answer,) = evidence.policies
    assert (answer.pod, answer.answer, answer.denied_by) == ("api-x7k", "denied", ("api-ingress",))
    assert evidence.missing == ()


def test_what_could_not_be_read_is_said(cluster: Cluster) -> None:
    cluster.objects[POLICIES.format("shop")] = failure(403, "Forbidden", "no policies for you")
    version = {"groupVersion": "cilium.io/v2", "version": "v2"}
    cluster.objects["/apis"] = {"groups": [{"name": "cilium.io", "preferredVersion": version}]}
    place = "/apis/cilium.io/v2/namespaces/shop/ciliumnetworkpolicies"
    cluster.objects[place] = failure(403, "Forbidden")
    facts = read_facts(cluster.fetch, parse_server("api"))
    assert facts.missing == (
        "the NetworkPolicies of namespace shop were not read: no policies for you",
        "whether there are CiliumNetworkPolicies may not be seen",
    )
    cluster.objects[place] = {"items": [{"metadata": {"name": "one"}}]}
    assert read_facts(cluster.fetch, parse_server("api")).other_policies == ("CiliumNetworkPolicies",)


def test_other_kinds_are_asked_for_once_in_both_namespaces(cluster: Cluster) -> None:
    version = {"groupVersion": "cilium.io/v2", "version": "v2"}
    cluster.objects["/apis"] = {"groups": [{"name": "cilium.io", "preferredVersion": version}]}
    kind = "/apis/cilium.io/v2/namespaces/{}/ciliumnetworkpolicies"
    cluster.objects[kind.format("front")] = failure(403, "Forbidden")
    cluster.objects[kind.format("shop")] = {"items": [{"metadata": {"name": "one"}}]}
    facts = read_facts(Fetch(cluster.fetch.api, "front"), parse_server("api.shop"))
    assert facts.other_policies == ("CiliumNetworkPolicies",)
    assert not any("CiliumNetworkPolicies" in line for line in facts.missing)
    asked = [path for path in cluster.asked if path == "/apis" or "/cilium.io/" in path]
    assert len(asked) == len(set(asked)) == 4


def test_a_kind_that_the_preferred_version_of_its_group_does_not_have(cluster: Cluster) -> None:
    group = "policy.networking.k8s.io"
    versions = [{"groupVersion": f"{group}/{version}", "version": version} for version in ("v2", "v1")]
    cluster.objects["/apis"] = {
        "groups": [{"name": group, "preferredVersion": versions[0], "versions": versions}]
    }
    cluster.objects[f"/apis/{group}/v1/adminnetworkpolicies"] = [{"metadata": {"name": "one"}}]
    cluster.objects[f"/apis/{group}/v2/clusternetworkpolicies"] = [{"metadata": {"name": "two"}}]
    found = read_facts(cluster.fetch, parse_server("api")).other_policies
    assert found == ("AdminNetworkPolicies", "ClusterNetworkPolicies")


def test_a_mesh_is_known_by_its_container() -> None:
    facts_of = builders.pod("front", sidecars=(Container("istio-proxy"),))
    with ApiServer() as server:
        cluster = Cluster(server, Path("/nonexistent"))
        assert read_facts(cluster.fetch, parse_server("api")).evidence(End(facts_of)).sidecar == "istio-proxy"
