"""Rights: one table of what each use needs, the Role that grants it, and what is said where the cluster denies some."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.rules.listing import columns
from kubectl_netshoot.rules.targets import CRONJOB, KINDS, POD, AnyTarget, TargetGroup, TargetName, named_pod

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


def _added(container: str, program: str, end: str) -> Mapping[str, str]:
    """A container is added to a running pod, `program` runs in it, and it ends with the `end` of that."""
    return {"container": container, "program": program, "end": end}


_A_COPY = {"it": "the copy", "one": "a copy", "ours": "copies"}
_A_POD = {"it": "the pod", "one": "a pod", "ours": "pods of ours"}


class Use(Enum):
    """What rights are for: the flags of `rbac` that print a Role for it, and the words of the table's sentences.

    A pod of our own is one by `run`, and that of a session on a node; labeled: with --labels. `why` looks into the
    server's pods as into the client's. `diff` needs less than the session that made its copy.
    """

    COPY = "", _A_COPY
    JOINED_COPY = " --join", _A_COPY
    POD = " --run", _A_POD
    LABELED_POD = " --run --join", _A_POD
    CAPTURE = " --capture", _added("that captures", "tcpdump", "the capture")
    DEBUG = " --debug", _added("with the tools", "the shell", "the shell")
    CHECK = " --check", _A_COPY
    LIVE_CHECK = " --check", _added("with the tools", "the shell", "the shell")
    WHY_CLIENT = " --why", _added("with the tools", "the tools", "the command")
    WHY_SERVER = " --why"
    DIFF = " --join"

    def __init__(self, flags: str, words: Mapping[str, str] | None = None) -> None:
        self.flags, self.words = flags, words or {}


_COPIES = {Use.COPY, Use.JOINED_COPY, Use.CHECK}
_PODS = {Use.POD, Use.LABELED_POD}
_OURS = _COPIES | _PODS
_JOINED = {Use.JOINED_COPY, Use.LABELED_POD}
_ADDED = {Use.CAPTURE, Use.DEBUG, Use.LIVE_CHECK, Use.WHY_CLIENT}
_SERVER = {Use.WHY_SERVER}
_DIFF = {Use.DIFF}
_CHECKS = {Use.CHECK, Use.LIVE_CHECK}


def _row(
    uses: set[Use], right: str, purpose: str, without: str = "", of_copy: bool = False, asked: bool = True
) -> tuple[set[Use], Right]:
    verb, _, what = right.partition(" ")
    resource, _, group = what.partition(".")
    return uses, Right(verb, resource, purpose, group, without, of_copy, asked)


# Nodes are not in it: they are of the whole cluster, and a pod can be put on one that is not read before.
_TABLE = (
    _row(_COPIES, "get pods", "read the pod and its copy", of_copy=True),
    _row(_PODS | _ADDED, "get pods", "read the pod", of_copy=True),
    _row(_OURS, "create pods", "make {it}"),
    _row(_OURS, "patch pods", "mark {it}, set its deadline, join and leave", of_copy=True),
    _row(_OURS, "delete pods", "delete {it}", of_copy=True),
    _row(_ADDED, "patch pods/ephemeralcontainers", "add the container {container}", of_copy=True),
    _row(_OURS, "create pods/exec", "run the shell, count open connections", of_copy=True),
    _row(_ADDED, "create pods/exec", "run {program}", of_copy=True),
    _row(_OURS, "list endpointslices.discovery.k8s.io", "see {it} in and out of service"),
    _row(
        _OURS,
        "get pods/exec",
        "start commands at the first try",
        "kubectl 1.31 and later start each command in {it} at the second try",
        of_copy=True,
    ),
    _row(
        _ADDED,
        "get pods/exec",
        "start {program} at the first try",
        "kubectl 1.31 and later start {program} at the second try",
        of_copy=True,
    ),
    _row(_OURS, "list pods", "find {ours}", "`list`, and `cleanup` without a name, cannot find {it}"),
    _row(_OURS, "watch pods", "follow {it}", "{it} is looked at every few seconds instead of followed"),
    _row(
        _OURS,
        "get pods/log",
        "read the capabilities of {it}, show the last log lines",
        "the capabilities of {it} are not read, and no log lines are shown",
    ),
    _row(
        _ADDED,
        "get pods/log",
        "end the added container with {end}",
        "the added container does not end with {end}, but when its time is over",
        of_copy=True,
    ),
    _row(_OURS, "list events", "say why {one} does not start", "why {one} does not start may stay unsaid"),
    _row(
        _COPIES,
        "get persistentvolumeclaims",
        "see how claims may be shared",
        "every volume claim of the pod is taken to be writable",
    ),
    _row(
        _OURS | _ADDED,
        "get namespaces",
        "read the namespace's PodSecurity level",
        "the namespace's PodSecurity level is not read",
    ),
    _row(_OURS, "list resourcequotas", "judge quota", "quota is not judged"),
    _row(
        _COPIES,
        "list leases.coordination.k8s.io",
        "see who is elected",
        "of leaders that are elected only what the pod itself says is known",
    ),
    _row(
        _COPIES - _JOINED,
        "get deployments.apps",
        "follow the pod's owners, see how many pods are wanted",
        "one replica and strategy Recreate are not seen",
    ),
    _row(_JOINED, "get services", "follow the joined Services"),
    _row(
        {Use.JOINED_COPY},
        "list services",
        "find the Services that select the pod, and others that would select the copy",
    ),
    _row({Use.LABELED_POD} | _CHECKS, "list services", "find the Services that select the pod"),
    _row(_JOINED, "list replicationcontrollers", "judge adoption"),
    _row(_JOINED, "list replicasets.apps", "judge adoption"),
    _row(_JOINED, "list daemonsets.apps", "judge adoption"),
    _row(_JOINED, "list jobs.batch", "judge adoption"),
    _row(
        _JOINED,
        "watch endpointslices.discovery.k8s.io",
        "follow the Services",
        "the Services are looked at every few seconds instead of followed",
    ),
    _row(_JOINED, "list statefulsets.apps", "judge hpa", "hpa is not judged", asked=False),
    _row(_JOINED, "list poddisruptionbudgets.policy", "judge pdb", "pdb is not judged", asked=False),
    _row(
        _JOINED,
        "list horizontalpodautoscalers.autoscaling",
        "judge hpa",
        "hpa is not judged",
        asked=False,
    ),
    _row(
        _JOINED,
        "list networkpolicies.networking.k8s.io",
        "judge network-policy",
        "network-policy is not judged",
        asked=False,
    ),
    _row(
        {Use.JOINED_COPY},
        "get deployments.apps",
        "follow the pod's owners, see how many pods are wanted",
        "unknown-owner and second-instance are not judged in full",
        asked=False,
    ),
    _row(
        {Use.JOINED_COPY},
        "get cronjobs.batch",
        "follow the pod's owners",
        "the owner of a Job is not looked at",
    ),
    _row(_CHECKS, "get services", "look at the Services of --service", "--service cannot be given"),
    _row({Use.LIVE_CHECK}, "list endpointslices.discovery.k8s.io", "find the endpoints of its Services"),
    _row(_SERVER, "get services", "read the Service that SERVER means"),
    _row(_SERVER, "list endpointslices.discovery.k8s.io", "find what is behind it"),
    _row(_SERVER, "list pods", "read the pods behind it"),
    _row(
        _SERVER,
        "list networkpolicies.networking.k8s.io",
        "judge NetworkPolicies",
        "NetworkPolicies are not judged",
    ),
    _row(
        _SERVER,
        "list services",
        "find the Service with an address",
        "a Service is not known by its address",
    ),
    _row(_DIFF, "get pods", "read the copy and what it is compared with"),
    _row(_DIFF, "list endpointslices.discovery.k8s.io", "find the other endpoints"),
    _row(_DIFF, "get pods/log", "count error lines", "error lines are not counted"),
)


def rights_of(*uses: Use, target: AnyTarget | TargetGroup | None = None) -> tuple[Right, ...]:
    """All that these uses need in their namespace, from the choice of the pod that `target` means on.

    For copies and pods of our own that is also what `list`, `attach`, `leave` and `cleanup` of them use.
    """
    found = [
        replace(right, purpose=right.purpose.format(**use.words), without=right.without.format(**use.words))
        for use in uses
        for of, right in _TABLE
        if use in of
    ]
    return _merged((*found, *_of_target(target)))


def rights_in_role(*uses: Use) -> tuple[Right, ...]:
    """The same for a Role, and beside it all that lets TARGET be more than a pod's name; not asked for."""
    return _merged((*rights_of(*uses), *(() if _PODS & {*uses} else _of_any_target())))


def _of_target(target: AnyTarget | TargetGroup | None) -> Iterator[Right]:
    """What choosing one of its pods reads, all of it needed; nothing for a pod by its name."""
    if isinstance(target, TargetGroup):
        for one in target.targets:
            yield from _of_target(one)
        return
    if target is None or named_pod(target):
        return
    purpose = f"find the pods {target.of_which}"
    if isinstance(target, TargetName):
        for verb, plural, group in _reads(target.kind):
            yield Right(verb, plural, purpose, group)
    yield Right("list", "pods", purpose)


def _of_any_target() -> Iterator[Right]:
    loss = "TARGET can only be a pod, by its name"
    yield Right("list", "pods", "find the pods of a workload", without=loss, asked=False)
    for word in KINDS:
        if word != POD:
            loss = f"TARGET cannot be {word}/NAME"
            for verb, plural, group in _reads(word):
                yield Right(verb, plural, f"find the pods of {word}/NAME", group, without=loss, asked=False)


def _reads(word: str) -> Iterator[tuple[str, str, str]]:
    kind = KINDS[word]
    yield "get", kind.plural, kind.group
    if word == CRONJOB:
        yield "list", KINDS["job"].plural, KINDS["job"].group


def _merged(found: Iterable[Right]) -> tuple[Right, ...]:
    """Each once: of two that grant the same the needed one stays, else the first."""
    kept: dict[str, Right] = {}
    for right in found:
        known = kept.get(str(right))
        if known is None or (right.needed and not known.needed):
            kept[str(right)] = right
    return tuple(kept.values())


@dataclass(frozen=True)
class Review:
    """What the cluster said of what these uses need: the rights it `denied`, and those that it would not
    speak of, for this `reason`.
    """

    denied: tuple[Right, ...] = ()
    unknown: tuple[Right, ...] = ()
    reason: str = ""
    uses: tuple[Use, ...] = ()

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

    def demand(self, namespace: str, said: str = "") -> None:
        """Raise NetshootError with every needed right that is missing, and the command that prints a Role.

        `said` are the server's own words where it has refused something already.
        """
        if not self.missing:
            return
        count = len(self.missing)
        rbac = f"kubectl netshoot rbac{self.uses[0].flags} -n {namespace}"
        lines = [
            *([said] if said else []),
            *columns(("RIGHT", "NEEDED TO"), [(str(right), right.purpose) for right in self.missing]),
            "an administrator can grant them by the Role that this prints",
            f"try: {rbac}",
        ]
        what = "1 right is missing" if count == 1 else f"{count} rights are missing"
        raise NetshootError(f"{what} in namespace {namespace}; nothing was changed", "\n".join(lines))


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
