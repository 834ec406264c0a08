"""The journal: what a session writes onto its copy so that any later process can finish the job.

There is no local state file. From birth the copy carries the environment variable KUBECTL_NETSHOOT with its birth
(kubectl debug can set nothing else); the first patch adds the label and the annotations below.
They are written before the first label of a Service is, so the undo is always there before the change.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from urllib.parse import unquote

from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.request import teardown_time

PREFIX = "kubectl-netshoot/"
JOINED = PREFIX + "joined"
JOINED_AT = PREFIX + "joined-at"
UID = PREFIX + "uid"
NEVER = "never"
# What a pod of ours can be: the copy of a pod, a throwaway pod, one on a node.
COPY, RUN, NODE = KINDS = ("copy", "run", "node")
LONGEST = timedelta(hours=24)
# Between the making of a copy and its creationTimestamp lie one request and the skew between API servers.
BIRTH = timedelta(minutes=10)
_SERVICE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_UNCOUNTED = re.compile(r"[0-9]{1,5}/[A-Z]{1,8}")
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Mark:
    """What the annotations say. `labels` are what joining adds, `ready_before` the ready endpoints per Service
    before it, `ports` the pods' own TCP ports behind these Services, `uncounted` those of other
    protocols (`53/UDP`). `joined` is False only where it is known that the copy never had a label of theirs: then there
    is no client to wait for. `kind` says what the pod is, `set_names` what was set in a copy, as `SetFields.names`.
    """

    session: str
    kind: str = COPY
    owner: str = ""
    source: str = ""
    source_uid: str = ""
    services: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    uncounted: tuple[str, ...] = ()
    ready_before: Mapping[str, int] = field(default_factory=dict)
    deadline: datetime | None = None
    ttl: timedelta = timedelta(hours=1)
    settle: timedelta = timedelta(seconds=5)
    drain: timedelta = timedelta(seconds=60)
    joined: bool = True
    set_names: tuple[str, ...] = ()

    @property
    def teardown(self) -> timedelta:
        """How long leaving may take: a living session is gone before the cluster ends its copy."""
        return teardown_time(self.settle, self.drain, bool(self.labels))

    @property
    def noun(self) -> str:
        """What people call it."""
        return "copy" if self.kind == COPY else "pod"


def to_annotations(mark: Mark) -> dict[str, str]:
    """The mark as annotations, readable by people: `kubectl describe pod` shows them."""
    values = {
        "session": mark.session,
        "kind": mark.kind,
        "owner": mark.owner,
        "source": mark.source,
        "source-uid": mark.source_uid,
        "services": ",".join(mark.services),
        "labels": _pairs(mark.labels),
        "ports": ",".join([*map(str, mark.ports), *mark.uncounted]),
        "ready-before": _pairs(mark.ready_before),
        "deadline": format_time(mark.deadline) if mark.deadline else "",
        "ttl": str(int(mark.ttl.total_seconds())),
        "settle": str(mark.settle.total_seconds()),
        "drain": str(mark.drain.total_seconds()),
        "joined": "yes" if mark.joined else NEVER,
        **({"set": ",".join(map(_escaped, mark.set_names))} if mark.set_names else {}),
    }
    return {PREFIX + key: value for key, value in values.items()}


def read_mark(pod: Pod) -> Mark | None:
    """The mark of this pod, or None for a pod that was never marked.

    Both must agree, the environment variable from its birth and the annotations, and both with the pod: its name and
    its uid. A manifest that somebody exported from a copy and applied again has another of these. A value that
    cannot be read counts as empty; the guard then knows less and refuses more.
    """
    session = pod.annotations.get(PREFIX + "session", "")
    if not session or session != pod.session or is_exported(pod):
        return None

    def value(key: str) -> str:
        return pod.annotations.get(PREFIX + key, "")

    return Mark(
        session=session,
        kind=value("kind") if value("kind") in KINDS else COPY,
        owner=value("owner"),
        source=value("source"),
        source_uid=value("source-uid"),
        services=tuple(word for word in _words(value("services")) if _SERVICE.fullmatch(word)),
        labels=dict(_unpair(word) for word in _words(value("labels"))),
        ports=tuple(int(word) for word in _words(value("ports")) if _NUMBER.fullmatch(word)),
        uncounted=tuple(word for word in _words(value("ports")) if _UNCOUNTED.fullmatch(word)),
        ready_before={
            k: int(v) for k, v in map(_unpair, _words(value("ready-before"))) if _NUMBER.fullmatch(v)
        },
        deadline=parse_time(value("deadline")),
        ttl=_seconds(value("ttl"), Mark.ttl),
        settle=_seconds(value("settle"), Mark.settle),
        drain=_seconds(value("drain"), Mark.drain),
        joined=value("joined") != NEVER,
        set_names=tuple(name for name in map(unquote, _words(value("set"))) if name.isprintable()),
    )


def is_exported(pod: Pod) -> bool:
    """Whether its annotations were written onto another pod."""
    return pod.annotations.get(UID, pod.uid) != pod.uid


def is_ours(copy: Pod, session: str = "") -> bool:
    """Whether the pod was made by us (by this session, where one is given): nothing else is ever touched.

    The mark alone tells, not the labels: admission and the scheduler put labels onto any pod. A pod that is not marked
    yet is ours while no controller owns it, and only when it was created when its variable says.
    """
    if session:
        return copy.session == session
    if read_mark(copy) is not None:
        return True
    return bool(copy.session) and not copy.owners and not is_exported(copy) and _is_born_as_it_says(copy)


def _is_born_as_it_says(copy: Pod) -> bool:
    made = copy.birth.made if copy.birth else 0
    return not made or copy.created is None or abs(copy.created.timestamp() - made) <= BIRTH.total_seconds()


def mark_of(pod: Pod) -> Mark:
    """What is known of a pod of ours: its mark, or no more than its session where it was killed before that.

    Then nobody was a client of it, unless it has lost its mark, or something else brought it into service.
    """
    joined = pod.owns_itself or pod.annotations.get(JOINED) == "yes"
    return read_mark(pod) or Mark(pod.session, joined=joined)


def is_joined(pod: Pod) -> bool:
    """Whether it has a label that its join adds."""
    return any(pod.labels.get(key) == value for key, value in mark_of(pod).labels.items())


def joined_at(pod: Pod) -> datetime | None:
    """When a pod of ours was joined to its Services first; None where it was not, or an older version did it."""
    return parse_time(pod.annotations.get(JOINED_AT, "")) if mark_of(pod).joined else None


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC, whole seconds, as Kubernetes writes times."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime | None:
    """A time as Kubernetes writes it (RFC 3339, also with a fraction), or None for what is none."""
    try:
        parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)


def _pairs(values: Mapping[str, object]) -> str:
    # A comma or an equals sign is in no label key, label value, Service name or number: nothing needs quoting.
    return ",".join(f"{key}={value}" for key, value in sorted(values.items()))


def _escaped(name: str) -> str:
    # A variable's name may hold a comma.
    return name.replace("%", "%25").replace(",", "%2C")


def _unpair(word: str) -> tuple[str, str]:
    key, _, value = word.partition("=")
    return key, value


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word)


def _seconds(text: str, default: timedelta) -> timedelta:
    try:
        span = timedelta(seconds=float(text))
    except (ValueError, OverflowError):
        return default
    # Longer or negative is what we never write: it would skip the settle time, or be no date to calculate with.
    return span if timedelta() <= span <= LONGEST else default
