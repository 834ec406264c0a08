"""Rights: which verbs on what, for a session, a pod of our own, a check, and to find what TARGET names."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kubectl_netshoot.rules.targets import CRONJOB, KINDS, POD, AnyTarget, TargetName, named_pod

NAME = "kubectl-netshoot"
RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Right:
    """A verb on a resource (pods, pods/exec). `of_copy`: it is used on the copy alone, by its name.

    `without` says what is lost where it is optional, and is empty where it is needed. One that is not `asked` for
    is of a read that the plan begins with, and that is a finding by itself where it is refused.
    """

    verb: str
    resource: str
    purpose: str
    group: str = ""
    without: str = ""
    of_copy: bool = False
    asked: bool = True

    @property
    def needed(self) -> bool:
        return not self.without

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}" + (f".{self.group}" if self.group else "")


@dataclass(frozen=True)
class Review:
    """What the cluster said: the rights it `denied`, and those it would not speak of, for this `reason`."""

    denied: tuple[Right, ...] = ()
    unknown: tuple[Right, ...] = ()
    reason: str = ""

    @property
    def missing(self) -> tuple[Right, ...]:
        """The needed ones that were denied: the session must not begin."""
        return tuple(right for right in self.denied if right.needed)

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for each optional right that was denied, and one for all that is not known."""
        lost = [f"no right to {right}: {right.without}" for right in self.denied if not right.needed]
        if self.unknown:
            lost.append(
                f"the cluster does not say all that you may do ({self.reason}): it may refuse on the way"
            )
        return tuple(lost)


def rights(joining: bool) -> tuple[Right, ...]:
    """All that a session uses in its namespace, also `list`, `attach`, `leave` and `cleanup` of its copy."""
    return (*_OF_COPY, *(_OF_JOIN if joining else _OF_PLAIN))


def rights_of_capture() -> tuple[Right, ...]:
    """All that a passive capture uses, in running pods."""
    return _OF_CAPTURE


def rights_of_debug() -> tuple[Right, ...]:
    """All that a look into a running pod uses, by a container that is added to it."""
    return _OF_DEBUG


def rules(wanted: Iterable[Right]) -> list[dict[str, list[str]]]:
    """The RBAC rules that grant exactly these rights, in as few rules as that takes."""
    verbs: dict[tuple[str, str], set[str]] = {}
    for right in wanted:
        verbs.setdefault((right.group, right.resource), set()).add(right.verb)
    resources: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (group, resource), of_resource in verbs.items():
        resources.setdefault((group, tuple(sorted(of_resource))), []).append(resource)
    return [
        {"apiGroups": [group], "resources": sorted(names), "verbs": list(allowed)}
        for (group, allowed), names in resources.items()
    ]


def role(wanted: Sequence[Right], namespace: str = "") -> dict[str, Any]:
    """The Role; without a namespace it is whoever applies it that chooses."""
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "Role",
        "metadata": {"name": NAME, **({"namespace": namespace} if namespace else {})},
        "rules": rules(wanted),
    }


def role_yaml(wanted: Sequence[Right], namespace: str = "") -> str:
    """The Role as YAML, what is needed apart from what is not; a rule a line."""
    # A namespace may be called 1e3 or on, and YAML would take it for a number or a yes.
    place = f', namespace: "{namespace}"' if namespace else ""
    head = [
        f"apiVersion: {RBAC}/v1",
        "kind: Role",
        f"metadata: {{name: {NAME}{place}}}",
        "rules:",
    ]
    needed = [right for right in wanted if right.needed]
    optional = [right for right in wanted if not right.needed]
    lines = [*head, *(_line(rule) for rule in rules(needed))]
    if optional:
        lines += ["# Not needed: without these a plan says less, or a session is slower."]
        lines += [_line(rule) for rule in rules(optional)]
    return "\n".join(lines)


def _line(rule: dict[str, list[str]]) -> str:
    # The group "" is the only word here that YAML would not read as it stands.
    parts = (f"{key}: [{', '.join(word or chr(34) * 2 for word in words)}]" for key, words in rule.items())
    return f"- {{{', '.join(parts)}}}"


_SLICES = "discovery.k8s.io"
_OF_COPY = (
    Right("get", "pods", "read the pod and its copy", of_copy=True),
    Right("create", "pods", "make the copy"),
    Right("patch", "pods", "mark the copy, set its deadline, join and leave", of_copy=True),
    Right("delete", "pods", "delete the copy", of_copy=True),
    Right("create", "pods/exec", "run the shell, count open connections", of_copy=True),
    Right("list", "endpointslices", "see the copy in and out of service", _SLICES),
    Right(
        "get",
        "pods/exec",
        "start commands at the first try",
        without="kubectl 1.31 and later start each command in the copy at the second try",
        of_copy=True,
    ),
    Right(
        "list", "pods", "find copies", without="`list`, and `cleanup` without a name, cannot find the copy"
    ),
    Right(
        "watch",
        "pods",
        "follow the copy",
        without="the copy is looked at every few seconds instead of followed",
    ),
    Right(
        "get",
        "pods/log",
        "read the capabilities of the copy, show the last log lines",
        without="the capabilities of the copy are not read, and no log lines are shown",
    ),
    Right(
        "list", "events", "say why a copy does not start", without="why a copy does not start may stay unsaid"
    ),
    Right(
        "get",
        "persistentvolumeclaims",
        "see how claims may be shared",
        without="every volume claim of the pod is taken to be writable",
    ),
    Right(
        "get",
        "namespaces",
        "read the namespace's PodSecurity level",
        without="the namespace's PodSecurity level is not read",
    ),
    Right("list", "resourcequotas", "judge quota", without="quota is not judged"),
    Right(
        "list",
        "leases",
        "see who is elected",
        "coordination.k8s.io",
        without="of leaders that are elected only what the pod itself says is known",
    ),
)
_DEPLOYMENT = Right(
    "get",
    "deployments",
    "follow the pod's owners, see how many pods are wanted",
    "apps",
    without="one replica and strategy Recreate are not seen",
)
_OF_PLAIN = (_DEPLOYMENT,)
_OF_JOIN = (
    Right("get", "services", "follow the joined Services"),
    Right("list", "services", "find the Services that select the pod, and others that would select the copy"),
    Right("list", "replicationcontrollers", "judge adoption"),
    Right("list", "replicasets", "judge adoption", "apps"),
    Right("list", "daemonsets", "judge adoption", "apps"),
    Right("list", "jobs", "judge adoption", "batch"),
    Right(
        "watch",
        "endpointslices",
        "follow the Services",
        _SLICES,
        without="the Services are looked at every few seconds instead of followed",
    ),
    Right("list", "statefulsets", "judge hpa", "apps", without="hpa is not judged", asked=False),
    Right("list", "poddisruptionbudgets", "judge pdb", "policy", without="pdb is not judged", asked=False),
    Right(
        "list",
        "horizontalpodautoscalers",
        "judge hpa",
        "autoscaling",
        without="hpa is not judged",
        asked=False,
    ),
    Right(
        "list",
        "networkpolicies",
        "judge network-policy",
        "networking.k8s.io",
        without="network-policy is not judged",
        asked=False,
    ),
    replace(_DEPLOYMENT, without="unknown-owner and second-instance are not judged in full", asked=False),
    Right(
        "get", "cronjobs", "follow the pod's owners", "batch", without="the owner of a Job is not looked at"
    ),
)


def _of_added(purpose: str, program: str, end: str) -> tuple[Right, ...]:
    """A container is added to a running pod, `program` runs in it, and it ends with the `end` of that."""
    return (
        Right("get", "pods", "read the pod", of_copy=True),
        Right("patch", "pods/ephemeralcontainers", f"add the container {purpose}", of_copy=True),
        Right("create", "pods/exec", f"run {program}", of_copy=True),
        Right(
            "get",
            "pods/exec",
            f"start {program} at the first try",
            without=f"kubectl 1.31 and later start {program} at the second try",
            of_copy=True,
        ),
        Right(
            "get",
            "pods/log",
            f"end the added container with {end}",
            without=f"the added container does not end with {end}, but when its time is over",
            of_copy=True,
        ),
        Right(
            "get",
            "namespaces",
            "read the namespace's PodSecurity level",
            without="the namespace's PodSecurity level is not read",
        ),
    )


_OF_CAPTURE = _of_added("that captures", "tcpdump", "the capture")
_OF_DEBUG = _of_added("with the tools", "the shell", "the shell")


OF_SOURCE = {"persistentvolumeclaims", "deployments", "cronjobs", "leases"}


def rights_of_run(labelled: bool) -> tuple[Right, ...]:
    """All that `run`, and a session on a node, uses in its namespace; `labelled` is for --labels.

    Nodes are not in it: they are of the whole cluster, and a pod can be put on one that is not read before.
    """
    return tuple(
        replace(right, purpose=_said(right.purpose), without=_said(right.without))
        for right in rights(joining=labelled)
        if right.resource not in OF_SOURCE
    )


def _said(text: str) -> str:
    pods = (
        text.replace("the pod and its copy", "the pod")
        .replace("copies", "pods of ours")
        .replace("a copy", "a pod")
    )
    return pods.replace("the copy", "the pod").replace(
        "find the Services that select the pod, and others that would select the pod",
        "find the Services that select the pod",
    )


def of_target(target: AnyTarget) -> tuple[Right, ...]:
    """What choosing one of its pods reads, all of it needed; nothing for a pod by its name."""
    if named_pod(target):
        return ()
    purpose = f"find the pods {target.of_which}"
    listed = Right("list", "pods", purpose)
    if not isinstance(target, TargetName):
        return (listed,)
    return (*(Right(verb, plural, purpose, group) for verb, plural, group in _reads(target.kind)), listed)


def with_targets(wanted: Sequence[Right]) -> tuple[Right, ...]:
    """These rights, for a Role, and beside them all that lets TARGET be more than a pod's name; not asked for."""
    loss = "TARGET can only be a pod, by its name"
    found = [Right("list", "pods", "find the pods of a workload", without=loss, asked=False)]
    for word in KINDS:
        if word != POD:
            loss = f"TARGET cannot be {word}/NAME"
            found += [
                Right(verb, plural, f"find the pods of {word}/NAME", group, without=loss, asked=False)
                for verb, plural, group in _reads(word)
            ]
    return merged(wanted, merged((), found))


def merged(first: Sequence[Right], more: Sequence[Right]) -> tuple[Right, ...]:
    """All of them, each once: of two that grant the same the needed one stays, else the first."""
    kept: dict[tuple[str, str, str], Right] = {}
    for right in (*first, *more):
        known = kept.get(_granted(right))
        if known is None or (right.needed and not known.needed):
            kept[_granted(right)] = right
    return tuple(kept.values())


def _granted(right: Right) -> tuple[str, str, str]:
    return right.verb, right.group, right.resource


def _reads(word: str) -> Iterator[tuple[str, str, str]]:
    kind = KINDS[word]
    yield "get", kind.plural, kind.group
    if word == CRONJOB:
        yield "list", KINDS["job"].plural, KINDS["job"].group


FLAG = " --check"
_OF_CHECK = (
    Right("list", "services", "find the Services that select the pod"),
    Right("get", "services", "look at the Services of --service", without="--service cannot be given"),
    Right("list", "endpointslices", "find the endpoints of its Services", "discovery.k8s.io"),
)


def rights_of_check(live: bool) -> tuple[Right, ...]:
    """All that a check uses in its namespace."""
    return merged(rights_of_debug() if live else rights(joining=False), _OF_CHECK)


def all_rights_of_check() -> tuple[Right, ...]:
    """For a Role that allows both: what only one of them needs is granted as needed."""
    return merged(rights_of_check(live=False), rights_of_check(live=True))


FLAG_WHY = " --why"
_POLICIES = "networking.k8s.io"
_OF_READING = (
    Right("get", "services", "read the Service that SERVER means"),
    Right("list", "endpointslices", "find what is behind it", _SLICES),
    Right("list", "pods", "read the pods behind it"),
    Right(
        "list",
        "networkpolicies",
        "judge NetworkPolicies",
        _POLICIES,
        without="NetworkPolicies are not judged",
    ),
    Right(
        "list",
        "services",
        "find the Service with an address",
        without="a Service is not known by its address",
    ),
)
_OF_WHY = _of_added("with the tools", "the tools", "the command")


def rights_of_why() -> tuple[Right, ...]:
    """What `why` uses in the client's namespace."""
    return _OF_WHY


def rights_of_reading() -> tuple[Right, ...]:
    """What `why` reads in the server's namespace."""
    return _OF_READING


def all_rights_of_why() -> tuple[Right, ...]:
    """For a Role of the namespace that both are in."""
    return merged(_OF_WHY, _OF_READING)


def rights_at_server() -> tuple[Right, ...]:
    """What looking into the server's pods takes, in their namespace."""
    return tuple(right for right in _OF_WHY if right.needed)
