"""Inside a pod, Services have names and addresses that lead to their ready pods."""

from __future__ import annotations

import pytest

from fakecluster.builders import app, netshoot, pod, service
from fakecluster.client import eventually
from fakecluster.kubectl import Kubectl

PORT = 8080


@pytest.fixture(autouse=True)
def tools(kubectl: Kubectl) -> None:
    """A pod with tools, an application behind Service web, and Service none with nothing behind it."""
    served = app(ports=[{"containerPort": PORT}], env=[{"name": "APP_STATUS", "value": "503"}])
    kubectl.apply({"apiVersion": "v1", "kind": "Pod", **pod("web", served, labels={"app": "web"})})
    kubectl.apply({"apiVersion": "v1", "kind": "Pod", **pod("tools", netshoot())})
    for name in ("web", "none"):
        made = service(name, {"app": name}, ports=[{"port": 80, "targetPort": PORT}])
        kubectl.apply({"apiVersion": "v1", "kind": "Service", **made})
    kubectl("wait", "--for=condition=Ready", "pod/web", "pod/tools", "--timeout=20s")
    assert eventually(lambda: inside(kubectl, "curl", "-s", "http://web/") == "web\n")


def inside(kubectl: Kubectl, *command: str) -> str:
    return kubectl("exec", "tools", "--", *command)


def test_names(kubectl: Kubectl) -> None:
    address = kubectl.json("get", "service", "web")["spec"]["clusterIP"]
    long = f"web.{kubectl.namespace}.svc.cluster.local"
    assert inside(kubectl, "dig", "+short", long) == f"{address}\n"
    assert inside(kubectl, "dig", "+short", "+search", "web") == f"{address}\n"
    assert "status: NXDOMAIN" in inside(kubectl, "dig", "web")
    tried = inside(kubectl, "dig", "+search", "+showsearch", "wep")
    assert tried.count("status: NXDOMAIN") == 4


def test_the_resolver_is_the_clusters(kubectl: Kubectl) -> None:
    said = inside(kubectl, "cat", "/etc/resolv.conf")
    assert f"search {kubectl.namespace}.svc.cluster.local svc.cluster.local cluster.local\n" in said
    assert "options ndots:5\n" in said


def test_an_application_of_another_status(kubectl: Kubectl) -> None:
    assert inside(kubectl, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://web/") == "503"


def test_an_endpoint_that_says_nothing_of_itself_is_ready(kubectl: Kubectl) -> None:
    by_hand = service("hand", {}, ports=[{"port": 80, "targetPort": PORT}])
    kubectl.apply({"apiVersion": "v1", "kind": "Service", **by_hand})
    kubectl.apply(
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": "hand-1", "labels": {"kubernetes.io/service-name": "hand"}},
            "addressType": "IPv4",
            "ports": [{"name": "", "port": PORT, "protocol": "TCP"}],
            "endpoints": [{"addresses": [kubectl.json("get", "pod", "web")["status"]["podIP"]]}],
        }
    )
    assert eventually(lambda: inside(kubectl, "curl", "-s", "http://hand/") == "web\n")


def test_a_service_without_endpoints_refuses(kubectl: Kubectl) -> None:
    done = kubectl.run("exec", "tools", "--", "nc", "-z", "-v", "none", "80")
    assert done.returncode == 1
    assert "nc: connect to none port 80 (tcp) failed: Connection refused" in done.stderr
