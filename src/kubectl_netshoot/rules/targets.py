"""What TARGET may name, as kubectl writes it: a pod, what selects pods, or their labels; and why these select none."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kubectl_netshoot.errors import UnknownWordError, UsageError, near

_DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
MAX_LABEL = 63


def is_label(name: str) -> bool:
    """Whether it is an RFC 1123 label, as containers and hosts are called."""
    return len(name) <= MAX_LABEL and bool(_DNS_LABEL.fullmatch(name))


def check_name(name: str, what: str) -> str:
    """A name that an object may have: an RFC 1123 subdomain of at most 253 characters. Raises UsageError."""
    if len(name) > 253 or not _DNS_SUBDOMAIN.fullmatch(name):
        raise UsageError(
            f"{what}: {name!r} is not a Kubernetes name: lower-case letters, digits, '-' and '.', "
            "first and last a letter or digit"
        )
    return name


def check_names(names: Iterable[str], what: str) -> tuple[str, ...]:
    """Each a name that an object may have. Raises UsageError."""
    return tuple(check_name(name, what) for name in names)


def check_services(names: Iterable[str]) -> tuple[str, ...]:
    """The values of --service, each given alone or as svc/NAME. Raises UsageError."""
    return _of_kind(SERVICE, names, "--service")


def check_pods(names: Iterable[str], what: str) -> tuple[str, ...]:
    """Names of pods, each given alone or as pod/NAME. Raises UsageError."""
    return _of_kind(POD, names, what)


def _of_kind(word: str, names: Iterable[str], what: str) -> tuple[str, ...]:
    split = [name.partition("/") for name in names]
    return check_names(
        (name if KINDS[word].is_called(kind) else kind + slash + name for kind, slash, name in split), what
    )


POD, SERVICE, CRONJOB = "pod", "svc", "cronjob"


@dataclass(frozen=True)
class Kind:
    """A kind of the API, all of them in version v1. `names` are kubectl's for it; `owner` is the kind that its pods
    belong to, empty where it owns none.
    """

    names: tuple[str, ...]
    plural: str
    group: str = ""
    owner: str = ""

    @property
    def api(self) -> str:
        """Where it is served: api/v1 or apis/GROUP/v1."""
        return f"apis/{self.group}/v1" if self.group else "api/v1"

    def is_called(self, word: str) -> bool:
        """Whether kubectl would take this word for it: NAME, NAME.GROUP or NAME.VERSION.GROUP, in any case."""
        name, _, suffix = word.lower().partition(".")
        return name in self.names and suffix in ("", self.group, f"v1.{self.group}")


# Each by the word that we print for it.
KINDS = {
    POD: Kind(("pod", "pods", "po"), "pods"),
    "deploy": Kind(("deploy", "deployment", "deployments"), "deployments", "apps", "ReplicaSet"),
    "rs": Kind(("rs", "replicaset", "replicasets"), "replicasets", "apps", "ReplicaSet"),
    "sts": Kind(("sts", "statefulset", "statefulsets"), "statefulsets", "apps", "StatefulSet"),
    "ds": Kind(("ds", "daemonset", "daemonsets"), "daemonsets", "apps", "DaemonSet"),
    "job": Kind(("job", "jobs"), "jobs", "batch", "Job"),
    CRONJOB: Kind(("cronjob", "cronjobs", "cj"), "cronjobs", "batch", "Job"),
    SERVICE: Kind(("svc", "service", "services"), "services"),
}
NODE = Kind(("node", "nodes", "no"), "nodes")


@dataclass(frozen=True)
class TargetName:
    """An object by kind (a key of KINDS) and name; prints as kubectl takes it."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def of_which(self) -> str:
        """Behind the word pods, or a count of them."""
        return f"of {self}"


@dataclass(frozen=True)
class TargetLabels:
    """The pods with these labels, in kubectl's words; without any, all of the namespace."""

    selector: str = ""

    def __str__(self) -> str:
        return f"-l {self.selector}" if self.selector else "--pick"

    @property
    def of_which(self) -> str:
        """Behind the word pods, or a count of them."""
        return f"with {self.selector}" if self.selector else "of the namespace"


AnyTarget = TargetName | TargetLabels


@dataclass(frozen=True)
class TargetGroup:
    """Several, each for itself."""

    targets: tuple[AnyTarget, ...]


def is_kind(word: str) -> bool:
    """Whether this is what kubectl calls one of these kinds."""
    return any(kind.is_called(word) for kind in KINDS.values())


def named_pod(target: AnyTarget | TargetGroup) -> str:
    """The pod that it names itself; empty where one has to be found."""
    return target.name if isinstance(target, TargetName) and target.kind == POD else ""


def parse_target(text: str, selector: str = "", pick: bool = False) -> AnyTarget:
    """TARGET, or what -l says in its place; with `pick` alone every pod of the namespace.

    Raises UsageError for both, for neither, and for what names nothing that has pods.
    """
    if text and selector:
        raise UsageError(f"give TARGET ({text}) or -l ({selector}), not both")
    if text:
        found = _named(text)
        if pick and named_pod(found):
            raise UsageError(f"--pick: {found} is one pod", "give a workload, a Service or -l")
        return found
    if not selector and not pick:
        raise UsageError(
            "TARGET is missing",
            "give a pod's name, deploy/NAME, svc/NAME or another workload, or pods by -l app=NAME",
        )
    return TargetLabels(selector)


def node_of(text: str) -> TargetName | None:
    """node/NAME, where that is what it says. Raises UsageError for what is no name."""
    kind, slash, name = text.partition("/")
    return TargetName("node", check_name(name, "TARGET")) if slash and NODE.is_called(kind) else None


def _named(text: str) -> TargetName:
    kind, slash, name = text.partition("/")
    if not slash:
        kind, name = POD, text
    for word, known in KINDS.items():
        if known.is_called(kind):
            return TargetName(word, check_name(name, "TARGET"))
    if NODE.is_called(kind):
        raise UsageError(f"TARGET {text!r} is a node", f"try: kubectl netshoot debug node/{name}")
    meant = near(kind.lower(), [word for known in KINDS.values() for word in known.names])
    if not meant:
        raise UsageError(f"TARGET {text!r}: unknown kind {kind!r}; give one of {', '.join(KINDS)}")
    raise UnknownWordError(f"TARGET {text!r}: unknown kind {kind!r}", text, f"{meant}/{name}")


MOST_LINES = 3
# Of two values: wbe and web are alike, web and db are not.
LETTERS = 0.6


def near_misses(wanted: Mapping[str, str], pods: Mapping[str, Mapping[str, str]]) -> list[str]:
    """A line for each way in which `pods`, labels by name, nearly have the labels that are wanted: the nearest first.

    A pod is near that has one of them, or the value of one with a letter or two wrong.
    """
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, labels in sorted(pods.items()):
        wrong = tuple(key for key in sorted(wanted) if labels.get(key) != wanted[key])
        if wrong and _is_near(wrong, wanted, labels):
            alike.setdefault(tuple(_told(key, wanted, labels) for key in wrong), []).append(name)
    nearest = sorted(alike.items(), key=lambda found: (len(found[0]), -len(found[1])))
    return [f"{_pods_named(names)} {' and '.join(told)}" for told, names in nearest[:MOST_LINES]]


def _is_near(wrong: Sequence[str], wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return len(wrong) < len(wanted) or any(_is_alike(labels.get(key, ""), wanted[key]) for key in wrong)


def _is_alike(value: str, wanted: str) -> bool:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, value, wanted).ratio() > LETTERS


def _told(key: str, wanted: Mapping[str, str], labels: Mapping[str, str]) -> str:
    return f"{key}={labels[key]}, not {wanted[key]}" if key in labels else f"no label {key}"


def _pods_named(names: Sequence[str]) -> str:
    return f"pod {names[0]} has" if len(names) == 1 else f"pod {names[0]} and {len(names) - 1} more have"
