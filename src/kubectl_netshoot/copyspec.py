"""The copy as `kubectl debug --copy-to` makes it: what is asked of kubectl, and the pod that comes out of it.

The pod is built for one purpose: to ask the API server beforehand, by a dry run, what it thinks of it. kubectl
makes the real one. tests/unit/core/test_copyspec.py compares with what kubectl 1.27 to 1.37 was seen to send.
"""

import copy as copying
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .model import CONTAINER, ENV_MARK, Birth
from .resources import container_resources

Json = dict[str, Any]
# Ends at once on TERM, also as PID 1 (which ignores signals that it does not handle), and needs only sh and sleep.
# First of all it writes its capabilities into its log, where reading them costs no exec.
TELL = "while read k v; do case $k in CapEff:) echo $k $v;; esac; done 2>/dev/null </proc/self/status"
SLEEPER = ("sh", "-c", f"trap 'exit 0' TERM INT; {TELL}; while :; do sleep 3600 & wait $!; done")
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
# kubectl up to 1.30 takes probes away in these profiles only, and keeps annotations in all of them.
PROBELESS_BEFORE_KEEP = ("general", "baseline")
ADDED_BY_PROFILE: Mapping[str, Json] = {
    "netadmin": {"capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}},
    "general": {"capabilities": {"add": ["SYS_PTRACE"]}},
    "baseline": {},
    "restricted": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "sysadmin": {"privileged": True},
}


@dataclass(frozen=True)
class Copy:
    """What `kubectl debug --copy-to` is asked for.

    `custom` is the file for --custom, where kubectl has that; by it the debug container gets its `requests` and, where
    given, its `user`.
    `keep_readiness` is set wherever kubectl has the flag (1.31), `keep_startup` there for a copy that is to be joined:
    a person who looks into an application that does not start would have it killed by that probe.
    """

    source: str
    name: str
    image: str
    profile: str
    birth: Birth
    pull_policy: str = ""
    share_processes: bool = False
    same_node: bool = False
    keep_readiness: bool = False
    keep_startup: bool = False
    container: str = CONTAINER
    custom: Path | None = None
    user: int | None = None
    requests: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_probes(self) -> bool:
        """Whether the copy is ready only when the application says so."""
        return self.keep_readiness or self.profile not in PROBELESS_BEFORE_KEEP


def custom_container(copy: Copy) -> Json:
    """What --custom lays over the debug container."""
    return overlay(copy.requests, copy.user)


def overlay(requests: Mapping[str, str], user: int | None) -> Json:
    """What comes to a container beside its profile: resources with these requests, and whom it runs as."""
    laid_over: Json = {"resources": container_resources(requests)}
    if user is not None:
        laid_over["securityContext"] = {"runAsUser": user, "runAsNonRoot": user != 0}
    return laid_over


def copied_pod(source: Json, copy: Copy) -> Json:
    """The pod that kubectl will send, from the source as the API has it."""
    spec = copying.deepcopy(source["spec"])
    spec.pop("ephemeralContainers", None)
    if not copy.same_node:
        spec.pop("nodeName", None)
    spec["shareProcessNamespace"] = copy.share_processes
    for container in spec["containers"]:
        for probe in _lost_probes(copy):
            container.pop(probe, None)
    spec["containers"].append(debug_container(copy))
    metadata = {"name": copy.name, "namespace": source["metadata"]["namespace"]}
    if not copy.keep_readiness and source["metadata"].get("annotations"):
        metadata["annotations"] = source["metadata"]["annotations"]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def debug_container(copy: Copy) -> Json:
    """The container with the tools, as kubectl adds it: the profile first, --custom over it."""
    laid_over = custom_container(copy) if copy.custom else {}
    made = tool_container(copy.image, copy.profile, copy.birth, copy.pull_policy, laid_over)
    return {**made, "name": copy.container}


def tool_container(image: str, profile: str, birth: Birth, pull_policy: str, laid_over: Json) -> Json:
    """The container with the tools, marked with its birth; `laid_over` is of `overlay`, or empty."""
    security = copying.deepcopy(ADDED_BY_PROFILE[profile]) | laid_over.get("securityContext", {})
    container: Json = {
        "name": CONTAINER,
        "image": image,
        "command": list(SLEEPER),
        "env": [{"name": ENV_MARK, "value": str(birth)}],
        "terminationMessagePolicy": "File",
    }
    if pull_policy:
        container["imagePullPolicy"] = pull_policy
    if laid_over:
        container["resources"] = laid_over["resources"]
    if security:
        container["securityContext"] = security
    return container


def unstarted(source: Json, copy: Copy) -> tuple[str, ...]:
    """The containers of the source whose startup probe the copy would lose."""
    lost = "startupProbe" in _lost_probes(copy)
    return tuple(c["name"] for c in source["spec"]["containers"] if lost and "startupProbe" in c)


def _lost_probes(copy: Copy) -> tuple[str, ...]:
    if copy.keep_readiness:
        return ("livenessProbe",) if copy.keep_startup else ("livenessProbe", "startupProbe")
    return () if copy.has_probes else PROBES
