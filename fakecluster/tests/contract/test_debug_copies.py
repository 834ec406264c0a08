"""What kubectl debug makes of a pod here is what it makes of one on a real cluster, a person's defaults included."""

from __future__ import annotations

from fakecluster.client import eventually
from fakecluster.kubectl import Kubectl
from fakecluster.tests.contract.objects import Json, own_labels, pod
from fakecluster.tests.contract.scene import is_ready

COPY = [
    "--copy-to=copy",
    "--image=nicolaka/netshoot",
    "--container=netshoot",
    "--profile=netadmin",
    "--attach=false",
]
KEPT: Json = {
    "hostname": "web-0",
    "subdomain": "web",
    "readinessGates": [{"conditionType": "example.com/gate"}],
    "initContainers": [{"name": "init", "image": "busybox:1.36"}],
    "affinity": {"podAntiAffinity": {}},
    "restartPolicy": "OnFailure",
    "nodeSelector": {"kubernetes.io/os": "linux"},
}


def _debug(kubectl: Kubectl, *flags: str) -> None:
    kubectl("debug", "web", *COPY, *flags, "--", "sleep", "600")


def test_a_copy_keeps_what_a_real_one_keeps_and_no_more(kubectl: Kubectl) -> None:
    source = pod(**KEPT)
    source["metadata"]["annotations"] = {"example.com/note": "1"}
    source["spec"]["containers"][0]["readinessProbe"] = {"tcpSocket": {"port": 80}}
    source["spec"]["containers"][0]["ports"] = [{"containerPort": 80, "hostPort": 8081}]
    kubectl.apply(source)
    _debug(kubectl)
    copy = kubectl.json("get", "pod/copy")
    assert {key: copy["spec"][key] for key in KEPT if key != "initContainers"} == {
        key: value for key, value in KEPT.items() if key != "initContainers"
    }
    assert [c["name"] for c in copy["spec"]["initContainers"]] == ["init"]
    app = copy["spec"]["containers"][0]
    assert ("readinessProbe" in app, app["ports"][0]["hostPort"]) == (False, 8081)
    assert own_labels(copy) == {}
    assert not {"annotations", "ownerReferences"} & copy["metadata"].keys()


def test_a_copy_with_a_gate_is_never_ready_and_says_why(kubectl: Kubectl) -> None:
    kubectl.apply(pod(readinessGates=KEPT["readinessGates"]))
    _debug(kubectl)
    kubectl("wait", "--for=condition=ContainersReady", "pod/copy", "--timeout=20s")
    copy = kubectl.json("get", "pod/copy")
    assert not is_ready(copy)
    assert "ReadinessGatesNotReady" in [c.get("reason") for c in copy["status"]["conditions"]]


def test_a_kuberc_can_delete_the_source(kubectl: Kubectl) -> None:
    place = kubectl.home / ".kube" / "kuberc"
    place.parent.mkdir()
    option = "defaults:\n- command: debug\n  options:\n  - {name: replace, default: 'true'}\n"
    place.write_text(f"apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n{option}")
    kubectl.apply(pod())
    _debug(kubectl)
    assert eventually(lambda: kubectl.run("get", "pod/web").returncode != 0)
    assert kubectl.json("get", "pod/copy")["spec"]["containers"][1]["name"] == "netshoot"
