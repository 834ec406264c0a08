"""The pod of our own as it is sent: marked, with its deadline, and without any label.

Labels come only when it is its own controller, by a patch: until then any controller whose selector matches could
adopt it. On a node a profile gives what `kubectl debug node/NAME` gives with it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kubectl_netshoot.copyspec import overlay, tool_container
from kubectl_netshoot.marks import NODE, Mark, to_annotations
from kubectl_netshoot.model import CONTAINER, Birth
from kubectl_netshoot.profiles import AUTO, KUBECTL, Choice, RunAs, choices

from .overrides import laid_over
from .request import PodRequest

Json = dict[str, Any]
HOST = "/host"
VOLUME = "host-root"
# Best first: with less than these it is no look at the node any more.
ON_NODE = ("sysadmin", "general")
HOST_NAMESPACES = frozenset({"sysadmin", "netadmin", "general"})
HOST_FILES = frozenset({"sysadmin", "general"})


def profiles_for(request: PodRequest, level: str) -> tuple[Choice, ...]:
    """The profiles to try, best first; `level` is the one that the namespace enforces, empty where not known."""
    if request.kind != NODE:
        return choices(request.profile, level, RunAs(), KUBECTL, customizable=True)
    if request.profile != AUTO:
        return tuple(_on_node(c) for c in choices(request.profile, level, RunAs(), KUBECTL, True))
    return tuple(
        replace(_on_node(choice), reason="a look at the whole node")
        for name in ON_NODE
        for choice in choices(name, level, RunAs(), KUBECTL, True)
    )


def build(request: PodRequest, mark: Mark, choice: Choice, name: str, namespace: str) -> Json:
    """The manifest with the profile of this choice, overrides laid over it."""
    birth = Birth(mark.session, name, owner=mark.owner)
    spec: Json = {
        "containers": [_container(request, birth, choice)],
        "restartPolicy": "Never",
        "activeDeadlineSeconds": round(mark.ttl.total_seconds()),
        **dict(_placed(request)),
    }
    if request.pull_secrets:
        spec["imagePullSecrets"] = [{"name": secret} for secret in request.pull_secrets]
    if request.kind == NODE:
        spec |= _of_node(choice.profile)
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "annotations": to_annotations(replace(mark, joined=False)),
        },
        "spec": spec,
    }
    return laid_over(pod, request.overrides)


def image_of(pod: Mapping[str, Any]) -> str:
    """The image of the container with the tools."""
    return next(str(c["image"]) for c in pod["spec"]["containers"] if c["name"] == CONTAINER)


def _container(request: PodRequest, birth: Birth, choice: Choice) -> Json:
    profile = choice.profile
    # On a node kubectl adds nothing to this profile's container.
    added = "baseline" if request.kind == NODE and profile == "general" else profile
    container = tool_container(
        request.image, added, birth, request.pull_policy, overlay(request.requests, choice.user)
    )
    if request.kind == NODE and profile in HOST_FILES:
        container["volumeMounts"] = [{"name": VOLUME, "mountPath": HOST}]
    return container


def _placed(request: PodRequest) -> Iterator[tuple[str, Any]]:
    if request.node:
        yield "nodeName", request.node
    if request.node_selector:
        yield "nodeSelector", dict(request.node_selector)
    if request.host_network:
        yield "hostNetwork", True
    if request.service_account:
        yield "serviceAccountName", request.service_account


def _of_node(profile: str) -> Json:
    spec: Json = {"tolerations": [{"operator": "Exists"}]}
    if profile in HOST_NAMESPACES:
        spec |= {"hostNetwork": True, "hostPID": True, "hostIPC": True}
    if profile in HOST_FILES:
        spec["volumes"] = [{"name": VOLUME, "hostPath": {"path": "/"}}]
    return spec


def _on_node(choice: Choice) -> Choice:
    """The choice with what it means on a node."""
    lost = []
    if choice.profile not in HOST_NAMESPACES:
        lost.append(f"profile {choice.profile}: on the node, but without its network, processes and IPC")
    if choice.profile not in HOST_FILES:
        lost.append(f"profile {choice.profile}: the node's files are not at {HOST}")
    promised = choice.promised if choice.profile != "general" else frozenset[str]()
    return replace(choice, notes=(*choice.notes, *lost), promised=promised)
