"""Pods and containers as kubectl makes them: a copy, a container that is added; and what a node may fail at."""

import copy as copying
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from kubectl_netshoot.errors import NetshootError, NotThereError, near
from kubectl_netshoot.model import CONTAINER, ENV_MARK, Birth, Container, Json, Pod
from kubectl_netshoot.rules.container import container_resources
from kubectl_netshoot.rules.marks import Mark, parse_time, to_annotations
from kubectl_netshoot.rules.set_fields import SetFields, laid_on

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
    """What `kubectl debug --copy-to` is asked for; with `set_fields` the pod that it would make.

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
    set_fields: SetFields = field(default_factory=SetFields)

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
    spec = laid_on(source["spec"], copy.set_fields)
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


def marked_pod(source: Json, copy: Copy, mark: Mark) -> Json:
    """The same with our marks and the deadline in it: for a pod that is created by us, and has them from its birth."""
    pod = copied_pod(source, copy)
    own, ttl = pod["spec"].get("activeDeadlineSeconds"), round(mark.ttl.total_seconds())
    pod["spec"]["activeDeadlineSeconds"] = ttl if own is None else min(own, ttl)
    pod["metadata"]["annotations"] = to_annotations(replace(mark, joined=False))
    return pod


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


# In a pod whose containers share their processes it is not number 1, so it says who it is: by a child, since the
# kubelet makes one $ of two in a container's command.
ADDED_SLEEPER = f"trap 'kill $!; exit 0' TERM INT; {TELL}; sh -c 'echo Pid: $PPID'; sleep \"$1\" & wait $!"


@dataclass(frozen=True)
class Ephemeral:
    """What `kubectl debug` is asked for. `life` is its time in the pod; `custom` the file for --custom, where kubectl
    has that and a `user` is wanted; `target` the container whose processes it shares, empty for none.
    """

    pod: str
    name: str
    image: str
    profile: str
    life: timedelta
    pull_policy: str = ""
    custom: Path | None = None
    user: int | None = None
    target: str = ""

    @property
    def command(self) -> tuple[str, ...]:
        """Does nothing, for that long."""
        return ("sh", "-c", ADDED_SLEEPER, "sleeper", str(round(self.life.total_seconds())))


# What makes a difference to whoever works in it.
_TELLING = ("image", "securityContext", "targetContainerName")


def custom_security(user: int) -> Json:
    """What --custom lays over it; resources cannot be given to an ephemeral container."""
    return {"securityContext": {"runAsUser": user, "runAsNonRoot": user != 0}}


def ephemeral_container(wanted: Ephemeral) -> Json:
    """The container that kubectl will add, for the API server's opinion of it."""
    security = copying.deepcopy(ADDED_BY_PROFILE[wanted.profile])
    if wanted.user is not None:
        security |= custom_security(wanted.user)["securityContext"]
    container: Json = {
        "name": wanted.name,
        "image": wanted.image,
        "command": list(wanted.command),
        "terminationMessagePolicy": "File",
    }
    if wanted.pull_policy:
        container["imagePullPolicy"] = wanted.pull_policy
    if security:
        container["securityContext"] = security
    if wanted.target:
        container["targetContainerName"] = wanted.target
    return container


def runs_alike(pod: Json, wanted: Ephemeral, now: datetime, least: timedelta) -> str:
    """The container of ours in this v1 Pod that runs as the wanted one would, and for at least so long still; empty
    where there is none.
    """
    states = (pod.get("status") or {}).get("ephemeralContainerStatuses") or []
    running = {state["name"]: (state.get("state") or {}).get("running") for state in states}
    ours = ephemeral_container(wanted)
    for container in pod["spec"].get("ephemeralContainers") or []:
        *command, life = container.get("command") or [""]
        since = parse_time((running.get(container["name"]) or {}).get("startedAt") or "")
        alike = all((container.get(key) or None) == ours.get(key) for key in _TELLING)
        if not since or not alike or command != ours["command"][:-1] or not life.isdecimal():
            continue
        if since + timedelta(seconds=int(life)) - now >= least:
            return str(container["name"])
    return ""


PULLING = ("ErrImagePull", "ImagePullBackOff")


def pull_hint(container: Container, secrets: Sequence[str], is_ours: bool) -> str:
    """What to do where this container waits for an image that cannot be pulled; empty where it does not.

    `secrets` are the pod's pull secrets; `is_ours` says that the pod was made from a manifest of our own.
    """
    if container.waiting not in PULLING:
        return ""
    tried = f"with pull secret {', '.join(secrets)}" if secrets else "without any pull secret"
    if is_ours:
        return (
            f"{container.image} was pulled {tried}: --image-pull-secret names one of the namespace, --image another "
            "image; or `pull-secrets` and `image` in the settings"
        )
    return (
        f"{container.image} was pulled {tried}, as the pod itself, and nobody can add one: name an image that the "
        "nodes can pull by --image, or by `image` in the settings"
    )


# As kubectl exec and kubectl logs read it.
DEFAULT = "kubectl.kubernetes.io/default-container"
NONE = ("", "none")
NO_SHARING = "--target '' shares no processes"


def choose_shared(pod: Pod, asked: str | None) -> str:
    """The name of the container to share processes with, empty for none.

    Unasked it is the pod's default container, else its first, of those that run: an application that does not come up
    is no reason to refuse a look. Raises NetshootError for a name that is none, or of one that does not run.
    """
    if asked is None:
        running = [container.name for container in pod.containers if container.running]
        preferred = pod.annotations.get(DEFAULT, "")
        return preferred if preferred in running else next(iter(running), "")
    found = next((container for container in pod.containers if container.name == asked), None)
    if found is None and asked in NONE:
        return ""
    if found is None and asked not in {sidecar.name for sidecar in pod.sidecars}:
        raise _unknown(pod, asked)
    if found is not None and not found.running:
        raise NetshootError(
            f"--target: container {asked} does not run{_why(found)}, and has no processes to share",
            NO_SHARING,
        )
    return asked


def _unknown(pod: Pod, asked: str) -> NetshootError:
    names = [container.name for container in (*pod.containers, *pod.sidecars)]
    kind = "is an init container, and these end" if asked in pod.init_containers else "is not in the pod"
    message = f"--target: {asked} {kind}; pod {pod.name} has {', '.join(names)}"
    meant = names[0] if len(names) == 1 else near(asked, names)
    return NotThereError(message, asked, meant, NO_SHARING, ("--target",))


def _why(container: Container) -> str:
    return f" ({container.waiting})" if container.waiting else ""
