"""The pod as it is sent: marked, bounded, without labels; and on a node what kubectl debug gives there."""

import pytest

from kubectl_netshoot.rules.manifest import PodRequest, profiles_for
from kubectl_netshoot.rules.marks import NODE, RUN, is_ours
from kubectl_netshoot.rules.profiles import KUBECTL
from tests.unit.rules.manifests import Json, built, container, read

ON_NODE = PodRequest(kind=NODE, node="worker")
# kubectl 1.36, pkg/cmd/debug/profiles.go: host namespaces, /host, and the container's security context.
OF_KUBECTL: dict[str, tuple[bool, bool, Json | None]] = {
    "general": (True, True, None),
    "baseline": (False, False, None),
    "restricted": (
        False,
        False,
        {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    ),
    "netadmin": (True, False, {"capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}}),
    "sysadmin": (True, True, {"privileged": True}),
}


def test_it_is_ours_and_bounded_from_its_birth() -> None:
    made = built(PodRequest(labels={"app": "web"}))
    pod, mark = read(made)
    assert is_ours(pod)
    assert pod.active_deadline == PodRequest().ttl
    assert (mark.kind, mark.source, mark.joined, mark.labels) == (RUN, "run", False, {"app": "web"})
    assert made["spec"]["restartPolicy"] == "Never"


def test_no_label_comes_before_the_pod_is_its_own_controller() -> None:
    assert "labels" not in built(PodRequest(labels={"app": "web"}))["metadata"]


def test_where_it_is_put() -> None:
    request = PodRequest(
        node="worker", node_selector={"disk": "ssd"}, host_network=True, service_account="reader"
    )
    spec = built(request)["spec"]
    assert (spec["nodeName"], spec["nodeSelector"], spec["hostNetwork"], spec["serviceAccountName"]) == (
        "worker",
        {"disk": "ssd"},
        True,
        "reader",
    )
    assert built(PodRequest())["spec"].keys() == {"containers", "restartPolicy", "activeDeadlineSeconds"}


def test_the_image_and_what_it_takes() -> None:
    request = PodRequest(
        image="mirror/tools:1", pull_policy="Never", pull_secrets=("key",), requests={"cpu": "1"}
    )
    made = built(request)
    netshoot = container(made)
    assert (netshoot["image"], netshoot["imagePullPolicy"]) == ("mirror/tools:1", "Never")
    assert netshoot["resources"]["requests"] == {"cpu": "1", "memory": "32Mi"}
    assert made["spec"]["imagePullSecrets"] == [{"name": "key"}]


@pytest.mark.parametrize(
    ("level", "best"),
    [("", "netadmin"), ("privileged", "netadmin"), ("baseline", "baseline"), ("restricted", "restricted")],
)
def test_auto_takes_the_most_that_the_level_allows(level: str, best: str) -> None:
    assert profiles_for(PodRequest(), level)[0].profile == best


def test_where_root_is_forbidden_it_is_nobody() -> None:
    assert container(built(PodRequest(), "restricted"))["securityContext"]["runAsUser"] == 65534


@pytest.mark.parametrize("profile", KUBECTL)
def test_a_node_is_seen_as_with_kubectl_debug(profile: str) -> None:
    namespaces, files, security = OF_KUBECTL[profile]
    made = built(PodRequest(kind=NODE, node="worker", profile=profile))
    spec, netshoot = made["spec"], container(made)
    assert [bool(spec.get(field)) for field in ("hostNetwork", "hostPID", "hostIPC")] == [namespaces] * 3
    assert ("volumes" in spec, "volumeMounts" in netshoot) == (files, files)
    given = dict(netshoot.get("securityContext", {}))
    # A user is what kubectl leaves to the image, which would not start as root there.
    given.pop("runAsUser", None)
    assert given == (security or {})
    assert (spec["nodeName"], spec["tolerations"]) == ("worker", [{"operator": "Exists"}])


def test_the_hosts_files_are_at_host() -> None:
    made = built(ON_NODE)
    assert made["spec"]["volumes"] == [{"name": "host-root", "hostPath": {"path": "/"}}]
    assert container(made)["volumeMounts"] == [{"name": "host-root", "mountPath": "/host"}]


def test_auto_looks_at_the_whole_node() -> None:
    assert [choice.profile for choice in profiles_for(ON_NODE, "restricted")] == ["sysadmin", "general"]


@pytest.mark.parametrize(("profile", "lost"), [("baseline", 2), ("netadmin", 1), ("sysadmin", 0)])
def test_what_a_profile_does_not_show_of_the_node_is_said(profile: str, lost: int) -> None:
    (choice,) = profiles_for(PodRequest(kind=NODE, node="worker", profile=profile), "")
    assert sum("profile" in note and "node" in note for note in choice.notes) == lost


def test_nothing_is_promised_that_kubectl_does_not_give_on_a_node() -> None:
    (choice,) = profiles_for(PodRequest(kind=NODE, node="worker", profile="general"), "")
    assert choice.promised == frozenset()
