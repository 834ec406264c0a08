"""A pod of our own as it is sent: marked, with its deadline, and without any label; and what was asked of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.model import CONTAINER, MANAGED_BY_LABEL, Birth, Json
from kubectl_netshoot.rules.marks import NODE, RUN, Mark, to_annotations
from kubectl_netshoot.rules.overrides import laid_over
from kubectl_netshoot.rules.pods import overlay, tool_container
from kubectl_netshoot.rules.profiles import AUTO, KUBECTL, ProfileChoice, RunAs, choices
from kubectl_netshoot.rules.request import Stay, check_copy_name, default_copy_name

_WORD = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_PREFIX = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
_KEY = re.compile(rf"(?:{_PREFIX}/)?{_WORD}")
_VALUE = re.compile(rf"(?:{_WORD})?")
MAX_PREFIX = 253


@dataclass(frozen=True)
class PodRequest(Stay):
    """One `run`, or one `debug node/NAME` (`kind` NODE). `node` pins the pod to a node, `overrides` is laid over it."""

    kind: str = RUN
    node: str = ""
    node_selector: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    host_network: bool = False
    service_account: str = ""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    pull_secrets: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """What stands in the place of a source pod in the marks."""
        return f"node/{self.node}" if self.kind == NODE else RUN

    def pod_name(self, letters: str) -> str:
        """The name asked for, else one that ends in these letters."""
        if self.name:
            return self.name
        return default_copy_name(self.node, letters) if self.kind == NODE else f"netshoot-{letters}"


def check_pod_name(name: str) -> str:
    """A name for the throwaway pod, by the rules for copies. Raises UsageError."""
    return check_copy_name(name, "NAME")


def parse_labels(texts: Sequence[str]) -> dict[str, str]:
    """`app=web,tier=front`, in one text or several. Raises UsageError for what no label is, or is ours alone."""
    labels = _parse_pairs(texts, "--labels")
    if MANAGED_BY_LABEL in labels:
        raise UsageError(f"--labels: {MANAGED_BY_LABEL} is set by kubectl-netshoot, and cannot be given")
    return labels


def parse_node_selector(texts: Sequence[str]) -> dict[str, str]:
    """`kubernetes.io/os=linux`, in one text or several. Raises UsageError."""
    return _parse_pairs(texts, "--node-selector")


def _parse_pairs(texts: Sequence[str], flag: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in (pair for text in texts for pair in text.split(",")):
        key, equals, value = pair.partition("=")
        if not equals or not _is_key(key) or not _VALUE.fullmatch(value):
            raise UsageError(
                f"{flag}: {pair!r} is not KEY=VALUE as labels are written, e.g. app=web,tier=front"
            )
        if found.setdefault(key, value) != value:
            raise UsageError(f"{flag}: {key} is given twice, as {found[key]!r} and {value!r}")
    return found


def _is_key(key: str) -> bool:
    return bool(_KEY.fullmatch(key)) and len(key.rpartition("/")[0]) <= MAX_PREFIX


HOST = "/host"
VOLUME = "host-root"
# Best first: with less than these it is no look at the node any more.
ON_NODE = ("sysadmin", "general")
HOST_NAMESPACES = frozenset({"sysadmin", "netadmin", "general"})
HOST_FILES = frozenset({"sysadmin", "general"})


def profiles_for(request: PodRequest, level: str) -> tuple[ProfileChoice, ...]:
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


def build(request: PodRequest, mark: Mark, choice: ProfileChoice, name: str, namespace: str) -> Json:
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


def _container(request: PodRequest, birth: Birth, choice: ProfileChoice) -> Json:
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


def _on_node(choice: ProfileChoice) -> ProfileChoice:
    """The choice with what it means on a node."""
    lost = []
    if choice.profile not in HOST_NAMESPACES:
        lost.append(f"profile {choice.profile}: on the node, but without its network, processes and IPC")
    if choice.profile not in HOST_FILES:
        lost.append(f"profile {choice.profile}: the node's files are not at {HOST}")
    promised = choice.promised if choice.profile != "general" else frozenset[str]()
    return replace(choice, notes=(*choice.notes, *lost), promised=promised)
