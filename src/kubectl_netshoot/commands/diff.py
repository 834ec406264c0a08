"""In what a copy differs from its source and from the other endpoints of its Services, as they are now."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from kubectl_netshoot.errors import NetshootError, UsageError
from kubectl_netshoot.kube.kubeconfig import Connection
from kubectl_netshoot.kube.parse import reading
from kubectl_netshoot.kube.reads import Reads, reviewed
from kubectl_netshoot.model import Json, Pod
from kubectl_netshoot.rules.differences import Difference, differences
from kubectl_netshoot.rules.marks import COPY, Mark, joined_at, read_mark
from kubectl_netshoot.rules.pod_state import PodState
from kubectl_netshoot.rules.rights import Review, Use
from kubectl_netshoot.session.choice import own_pod
from kubectl_netshoot.session.comparison import MOST_OTHERS, LogPeriod, Seen, look, look_at, others_of
from kubectl_netshoot.session.session import connected
from kubectl_netshoot.terminal import Terminal


class SourceState(Enum):
    """What has become of the source."""

    HERE = "here"
    GONE = "gone"
    # A StatefulSet makes another pod of the same name.
    REPLACED = "replaced"


@dataclass(frozen=True)
class Comparison:
    """The copy beside pods that are all alike, or beside the template of a workload."""

    beside: tuple[str, ...]
    differences: tuple[Difference, ...]
    is_template: bool = False


@dataclass(frozen=True)
class Diff:
    """`comparisons` begin with that of the source, where it is here. `in_service` are the Services that hold the copy
    now, `endpoints` how many others those have that it has joined; of these `others` were looked at.

    `window` is what the logs were counted for: since the join, or the copy's creation.
    """

    context: str
    namespace: str
    source: str
    source_state: SourceState
    copy: PodState
    others: tuple[PodState, ...]
    comparisons: tuple[Comparison, ...]
    joined: tuple[str, ...]
    in_service: tuple[str, ...]
    endpoints: int
    window: LogPeriod
    notes: tuple[str, ...] = ()

    @property
    def span(self) -> timedelta:
        """How long the window is."""
        return self.window.until - self.window.since


def compare(name: str, connection: Connection, terminal: Terminal) -> Diff:
    """The copy of this name beside its source and the other endpoints of what it has joined.

    Raises NotThereError where there is none, RefusedError for a pod that is not ours, UsageError for one that is no
    copy, NetshootError where there is nothing to compare it with, or a right is missing.
    """
    with connected(connection, terminal) as (pinned, edges):
        reads = edges.reads
        with reviewed(reads.fetch, Use.DIFF) as rights:
            copy, item = own_pod(reads, name)
            mark = _mark(copy)
            services = reads.endpoints(mark.services) if mark.joined else ()
            names, window = others_of(services, copy.uid), _window(reads, copy)
            seen = look_at(reads, [mark.source, *names[:MOST_OTHERS]], window)
            own = look(reads, copy, item, window)
            comparisons = tuple(_groups(own, seen)) or (_of_template(reads, mark.source, own),)
        return Diff(
            pinned.target.context,
            pinned.target.namespace,
            mark.source,
            _source_state(mark, seen),
            own.state,
            tuple(one.state for one in seen),
            comparisons,
            mark.services if mark.joined else (),
            tuple(service.service for service in services if service.serves(copy.uid)),
            len(names),
            window,
            tuple(_notes(rights.result(), (own, *seen))),
        )


def _mark(copy: Pod) -> Mark:
    mark = read_mark(copy)
    if mark is None:
        raise NetshootError(
            f"copy {copy.name} was not marked: its session ended before that, and what it is a copy of is not known"
        )
    if mark.kind != COPY:
        raise UsageError(f"pod {copy.name} is no copy of a pod: there is nothing to compare it with")
    return mark


def _window(reads: Reads, copy: Pod) -> LogPeriod:
    now = reads.now()
    return LogPeriod(joined_at(copy) or copy.created or now, now)


def _source_state(mark: Mark, seen: Iterable[Seen]) -> SourceState:
    uid = next((one.pod.uid for one in seen if one.pod.name == mark.source), "")
    if not uid:
        return SourceState.GONE
    return SourceState.HERE if uid == mark.source_uid else SourceState.REPLACED


def _groups(copy: Seen, seen: Sequence[Seen]) -> Iterator[Comparison]:
    """Pods from which the copy differs in the same are one comparison; in the order in which they were looked at."""
    alike: dict[tuple[Difference, ...], list[str]] = {}
    for one in seen:
        alike.setdefault(_between(one.item, copy.item), []).append(one.pod.name)
    for found, names in alike.items():
        yield Comparison(tuple(names), found)


def _of_template(reads: Reads, source: str, copy: Seen) -> Comparison:
    """The copy beside what its source was made from: for a source that is gone, where nothing else is there."""
    found = reads.template_of(source)
    if found is None:
        raise NetshootError(
            f"pod {source}, of which {copy.pod.name} is a copy, is gone, and there is nothing else to compare it with"
        )
    owner, template = found
    return Comparison((str(owner),), _between(template, copy.item), is_template=True)


@reading("a pod")
def _between(one: Json, other: Json) -> tuple[Difference, ...]:
    return differences(one, other)


def _notes(rights: Review, seen: Iterable[Seen]) -> Iterator[str]:
    yield from rights.notes
    if not rights.denied:
        unread = {one.unread: one.pod.name for one in seen if one.unread}
        yield from (f"the log of {name} cannot be counted: {why}" for why, name in unread.items())
