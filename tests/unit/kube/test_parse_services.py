"""Services as clients meet them, out of the API's JSON: every kind of port, address and endpoint there is."""

from typing import Any

import pytest

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.parse import container_ports, service_with_endpoints
from kubectl_netshoot.model import ContainerPort, Endpoint, EndpointPort, ServicePort

Json = dict[str, Any]


def service(**spec: Any) -> Json:
    made = {"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"], "selector": {"app": "web"}, **spec}
    return {"metadata": {"name": "web", "namespace": "shop"}, "spec": made}


def slice_(
    *endpoints: Json, ports: Any = ({"port": 8080, "name": "", "protocol": "TCP"},), of: str = "web"
) -> Json:
    labels = {"kubernetes.io/service-name": of}
    return {"metadata": {"name": f"{of}-x", "labels": labels}, "ports": ports, "endpoints": list(endpoints)}


def endpoint(address: str, name: str = "web-1", **conditions: bool) -> Json:
    target = {"kind": "Pod", "name": name, "uid": f"uid-{name}"}
    return {"addresses": [address], "conditions": conditions, "nodeName": "node-1", "targetRef": target}


def test_ports() -> None:
    ports = [
        {"name": "http", "port": 80, "targetPort": "web", "protocol": "TCP", "appProtocol": "http"},
        {"port": 53, "protocol": "UDP", "targetPort": 5353},
        {"port": 7},
    ]
    assert service_with_endpoints(service(ports=ports), []).ports == (
        ServicePort(80, "web", "http", "TCP", "http"),
        ServicePort(53, 5353, "", "UDP"),
        ServicePort(7, 7),
    )


def test_endpoints_of_several_slices_and_only_its_own() -> None:
    found = service_with_endpoints(
        service(),
        [
            slice_(endpoint("10.0.0.1", ready=True), endpoint("10.0.0.2", "web-2", ready=False)),
            slice_(endpoint("fd00::1", ready=True, terminating=True)),
            slice_(endpoint("10.0.0.9", "other"), of="other"),
        ],
    )
    assert [(b.address, b.pod, b.ready, b.terminating) for b in found.endpoints] == [
        ("10.0.0.1", "web-1", True, False),
        ("10.0.0.2", "web-2", False, False),
        ("fd00::1", "web-1", True, True),
    ]
    assert [b.address for b in found.serving] == ["10.0.0.1"]


def test_what_is_published_unready_serves() -> None:
    found = service_with_endpoints(
        service(publishNotReadyAddresses=True), [slice_(endpoint("10.0.0.2", ready=False))]
    )
    assert len(found.serving) == 1


def test_an_endpoint_by_hand() -> None:
    by_hand = {"addresses": ["192.0.2.1"], "conditions": {}}
    (found,) = service_with_endpoints(service(selector=None), [slice_(by_hand)]).endpoints
    assert found == Endpoint("", "", address="192.0.2.1", ports=(EndpointPort(8080),))


def test_the_port_of_an_endpoint_goes_by_name_and_protocol() -> None:
    ports = (
        {"port": 8081, "name": "http", "protocol": "TCP"},
        {"port": 5353, "name": "dns", "protocol": "UDP"},
    )
    (found,) = service_with_endpoints(service(), [slice_(endpoint("10.0.0.1"), ports=ports)]).endpoints
    assert found.port_of(ServicePort(80, "web", "http")) == 8081
    assert found.port_of(ServicePort(53, "dns", "dns", "UDP")) == 5353
    assert found.port_of(ServicePort(53, "dns", "dns")) is None


@pytest.mark.parametrize("ports", [None, [], [{"name": "x"}]])
def test_slices_without_ports(ports: Any) -> None:
    (found,) = service_with_endpoints(service(), [slice_(endpoint("10.0.0.1"), ports=ports)]).endpoints
    assert found.ports == ()


def test_kinds_of_services() -> None:
    headless = service_with_endpoints(service(clusterIP="None", clusterIPs=["None"]), [])
    assert (headless.headless, headless.addresses) == (True, ())
    both = service_with_endpoints(
        service(clusterIPs=["10.96.0.1", "fd00::1"], ipFamilies=["IPv4", "IPv6"]), []
    )
    assert (both.addresses, both.families) == (("10.96.0.1", "fd00::1"), ("IPv4", "IPv6"))


@pytest.mark.parametrize("name", ["api.example.com", "api.example.com."])
def test_an_alias(name: str) -> None:
    alias = service_with_endpoints(
        service(type="ExternalName", externalName=name, clusterIP="", clusterIPs=None), []
    )
    assert (alias.external_name, alias.addresses, alias.headless) == ("api.example.com", (), False)


def test_declared_ports() -> None:
    spec = {
        "initContainers": [
            {"name": "once", "ports": [{"containerPort": 1}]},
            {"name": "side", "restartPolicy": "Always", "ports": [{"containerPort": 9090, "name": "m"}]},
        ],
        "containers": [{"name": "app", "ports": [{"containerPort": 53, "protocol": "UDP"}]}, {"name": "b"}],
    }
    assert container_ports({"spec": spec}) == (
        ContainerPort("side", 9090, "m"),
        ContainerPort("app", 53, "", "UDP"),
    )


@pytest.mark.parametrize(
    "broken",
    [
        {"ports": [{}]},
        {"ports": [{"port": "80"}]},
        {"ports": 3},
        {"type": "ExternalName", "externalName": 3},
        {"type": "ExternalName", "externalName": "a\x1b[2J"},
        {"type": "ExternalName", "externalName": "$(x)"},
        {"clusterIPs": [3]},
    ],
)
def test_what_is_no_service_is_said(broken: Json) -> None:
    with pytest.raises(ApiError, match="cannot be read"):
        service_with_endpoints(service(**broken), [])


@pytest.mark.parametrize(
    "broken",
    [
        {"addresses": [3]},
        {"addresses": ["\x1b"]},
        {"addresses": ["1"], "targetRef": {"uid": 3}},
    ],
)
def test_what_is_no_endpoint_is_said(broken: Json) -> None:
    with pytest.raises(ApiError, match="cannot be read"):
        service_with_endpoints(service(), [slice_(broken)])


@pytest.mark.parametrize("target", [{"name": 3}, {"name": "$(x)"}, {"kind": "Node", "name": "web-1"}])
def test_what_is_no_pod_stands_for_none(target: Json) -> None:
    """A slice that somebody wrote by hand names what it likes, and a session must be able to leave all the same."""
    (found,) = service_with_endpoints(
        service(), [slice_({"addresses": ["1"], "targetRef": target})]
    ).endpoints
    assert (found.pod, found.identity) == ("", "1")
