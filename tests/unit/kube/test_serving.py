"""Services as clients meet them, out of the API's JSON: every kind of port, address and endpoint there is."""

from typing import Any

import pytest

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.services import declared_ports, serving
from kubectl_netshoot.rules.services import Backend, BackendPort, ContainerPort, ServicePort

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
    assert serving(service(ports=ports), []).ports == (
        ServicePort(80, "web", "http", "TCP", "http"),
        ServicePort(53, 5353, "", "UDP"),
        ServicePort(7, 7),
    )


def test_endpoints_of_several_slices_and_only_its_own() -> None:
    found = serving(
        service(),
        [
            slice_(endpoint("10.0.0.1", ready=True), endpoint("10.0.0.2", "web-2", ready=False)),
            slice_(endpoint("fd00::1", ready=True, terminating=True)),
            slice_(endpoint("10.0.0.9", "other"), of="other"),
        ],
    )
    assert [(b.address, b.pod, b.ready, b.terminating) for b in found.backends] == [
        ("10.0.0.1", "web-1", True, False),
        ("10.0.0.2", "web-2", False, False),
        ("fd00::1", "web-1", True, True),
    ]
    assert [b.address for b in found.serving] == ["10.0.0.1"]


def test_what_is_published_unready_serves() -> None:
    found = serving(service(publishNotReadyAddresses=True), [slice_(endpoint("10.0.0.2", ready=False))])
    assert len(found.serving) == 1


def test_an_endpoint_by_hand() -> None:
    by_hand = {"addresses": ["192.0.2.1"], "conditions": {}}
    (backend,) = serving(service(selector=None), [slice_(by_hand)]).backends
    assert backend == Backend("192.0.2.1", ports=(BackendPort(8080),))


def test_the_port_of_an_endpoint_goes_by_name_and_protocol() -> None:
    ports = (
        {"port": 8081, "name": "http", "protocol": "TCP"},
        {"port": 5353, "name": "dns", "protocol": "UDP"},
    )
    (backend,) = serving(service(), [slice_(endpoint("10.0.0.1"), ports=ports)]).backends
    assert backend.port_of(ServicePort(80, "web", "http")) == 8081
    assert backend.port_of(ServicePort(53, "dns", "dns", "UDP")) == 5353
    assert backend.port_of(ServicePort(53, "dns", "dns")) is None


@pytest.mark.parametrize("ports", [None, [], [{"name": "x"}]])
def test_slices_without_ports(ports: Any) -> None:
    (backend,) = serving(service(), [slice_(endpoint("10.0.0.1"), ports=ports)]).backends
    assert backend.ports == ()


def test_kinds_of_services() -> None:
    headless = serving(service(clusterIP="None", clusterIPs=["None"]), [])
    assert (headless.headless, headless.addresses) == (True, ())
    both = serving(service(clusterIPs=["10.96.0.1", "fd00::1"], ipFamilies=["IPv4", "IPv6"]), [])
    assert (both.addresses, both.families) == (("10.96.0.1", "fd00::1"), ("IPv4", "IPv6"))


@pytest.mark.parametrize("name", ["api.example.com", "api.example.com."])
def test_an_alias(name: str) -> None:
    alias = serving(service(type="ExternalName", externalName=name, clusterIP="", clusterIPs=None), [])
    assert (alias.external_name, alias.addresses, alias.headless) == ("api.example.com", (), False)


def test_declared_ports() -> None:
    spec = {
        "initContainers": [
            {"name": "once", "ports": [{"containerPort": 1}]},
            {"name": "side", "restartPolicy": "Always", "ports": [{"containerPort": 9090, "name": "m"}]},
        ],
        "containers": [{"name": "app", "ports": [{"containerPort": 53, "protocol": "UDP"}]}, {"name": "b"}],
    }
    assert declared_ports({"spec": spec}) == (
        ContainerPort("side", 9090, "m"),
        ContainerPort("app", 53, "", "UDP"),
    )


@pytest.mark.parametrize(
    "broken",
    [
        {"ports": [{}]},
        {"ports": [{"port": "80"}]},
        {"ports": 3},
        {"externalName": 3},
        {"externalName": "a\x1b[2J"},
        {"externalName": "$(x)"},
        {"clusterIPs": [3]},
    ],
)
def test_what_is_no_service_is_said(broken: Json) -> None:
    with pytest.raises(ApiError, match="cannot be read"):
        serving(service(**broken), [])


@pytest.mark.parametrize(
    "broken",
    [
        {"addresses": [3]},
        {"addresses": ["\x1b"]},
        {"addresses": ["1"], "targetRef": {"name": 3}},
        {"addresses": ["1"], "targetRef": {"name": "$(x)"}},
    ],
)
def test_what_is_no_endpoint_is_said(broken: Json) -> None:
    with pytest.raises(ApiError, match="cannot be read"):
        serving(service(), [slice_(broken)])
