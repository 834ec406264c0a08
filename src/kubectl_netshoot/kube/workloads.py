"""The pods that a workload, a Service or labels select: running, not ours, the newest ready first; and nodes."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from shlex import quote

from kubectl_netshoot.errors import ApiError, NetshootError, UsageError
from kubectl_netshoot.kube import parse
from kubectl_netshoot.kube.api import Fetch
from kubectl_netshoot.kube.missing import no_namespace, no_object
from kubectl_netshoot.kube.parse import named, reading, sentence, typed
from kubectl_netshoot.kube.reads import POD, Reads
from kubectl_netshoot.model import Json, Pod, Selector
from kubectl_netshoot.rules.marks import is_ours
from kubectl_netshoot.rules.targets import CRONJOB, KINDS, SERVICE, AnyTarget, TargetName, near_misses

EVER = datetime.min.replace(tzinfo=timezone.utc)
JOB_OF_POD = "batch.kubernetes.io/job-name"


def pods_of(reads: Reads, target: AnyTarget, failing: bool = False) -> tuple[Pod, ...]:
    """Its pods that run and are not ours, ready ones first, of these the newest first; where a `failing` one will do,
    after them those that do not run yet.

    Raises NetshootError where there is no such object or none of its pods runs, UsageError for a selector that is
    none, ApiError where something cannot be read.
    """
    wanted = (
        _wanted(reads, target)
        if isinstance(target, TargetName)
        else _Wanted(target.selector, _pairs(target.selector))
    )
    try:
        found = [pod for pod in _listed(reads, wanted) if wanted.owns(pod) and not is_ours(pod)]
    except ApiError as error:
        if error.code == 400:
            raise UsageError(
                f"-l: {wanted.query!r} is not a label selector: {error.message}",
                "write it as kubectl takes it, e.g. app=web,tier!=cache or 'app in (web, api)'",
            ) from error
        raise
    phases = ("Running", "Pending") if failing else ("Running",)
    running = [pod for pod in found if pod.phase in phases and not pod.terminating]
    if not running:
        gone = None if found else no_namespace(reads.fetch)
        raise gone or (
            _none_runs(target, wanted, found, reads.fetch) if found else _no_match(target, wanted, reads)
        )
    return tuple(
        sorted(running, key=lambda p: (p.ready, p.phase == "Running", p.created or EVER), reverse=True)
    )


@dataclass(frozen=True)
class _Wanted:
    """Pods by a labelSelector; of these the ones whose controller is of this kind (empty: whoever's), and has one of
    these names (empty: any). `labels` are what the query asks for by plain values.
    """

    query: str
    labels: Mapping[str, str]
    owner: str = ""
    names: frozenset[str] = frozenset()

    def owns(self, pod: Pod) -> bool:
        owners = [o for o in pod.owners if o.controller and o.kind == self.owner]
        return not self.owner or any(not self.names or o.name in self.names for o in owners)


def _wanted(reads: Reads, target: TargetName) -> _Wanted:
    kind = KINDS[target.kind]
    item = reads.fetch.find(reads.fetch.path(kind.api, kind.plural, target.name))
    if item is None:
        raise no_object(reads.fetch, target)
    if target.kind == CRONJOB:
        return _of_cronjob(reads, target, item)
    if target.kind == SERVICE:
        service = parse.service(item)
        if not service.joinable:
            raise NetshootError(
                f"{target} has no selector, and so selects no pods",
                f"try: kubectl describe {target} -n {reads.fetch.namespace} {reads.fetch.flags}".rstrip(),
            )
        return _Wanted(query(Selector(service.selector)), service.selector)
    # A Deployment owns its pods through its ReplicaSets; to read their names would take one more right.
    names = frozenset() if target.kind == "deploy" else frozenset((target.name,))
    selector = parse.controller(target.kind, item).selector
    return _Wanted(query(selector), selector.labels, kind.owner, names)


def _of_cronjob(reads: Reads, target: TargetName, item: Json) -> _Wanted:
    kind, place = KINDS["job"], reads.fetch.namespace
    jobs = frozenset(_unfinished_jobs(item, reads.fetch.items(reads.fetch.path(kind.api, kind.plural))))
    if not jobs:
        raise NetshootError(
            f"{target} has no running job",
            "wait for its next run, or start one now\n"
            f"try: kubectl create job {target.name}-now --from={target} -n {place} {reads.fetch.flags}".rstrip(),
        )
    return _Wanted(f"{JOB_OF_POD} in ({','.join(sorted(jobs))})", {}, kind.owner, jobs)


@reading("a Job")
def _unfinished_jobs(cronjob: Json, jobs: Iterator[Json]) -> list[str]:
    owner = cronjob["metadata"]["uid"]
    return [
        named(job["metadata"]["name"], "Job")
        for job in jobs
        if any(o.get("uid") == owner for o in job["metadata"].get("ownerReferences") or [])
        and not any(
            c["type"] in ("Complete", "Failed") and c.get("status") == "True"
            for c in (job.get("status") or {}).get("conditions") or []
        )
    ]


def _listed(reads: Reads, wanted: _Wanted) -> Iterator[Pod]:
    return map(parse.pod, reads.fetch.items(reads.fetch.path(*POD), {"labelSelector": wanted.query}))


def _none_runs(target: AnyTarget, wanted: _Wanted, found: Sequence[Pod], fetch: Fetch) -> NetshootError:
    states = Counter("Terminating" if pod.terminating else pod.phase or "Unknown" for pod in found)
    said = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    labels = f" -l {quote(sentence(wanted.query))}" if wanted.query else ""
    return NetshootError(
        f"no pod {target.of_which} runs ({said})",
        f"try: kubectl get pods -n {fetch.namespace}{labels} {fetch.flags}".rstrip(),
    )


def _no_match(target: AnyTarget, wanted: _Wanted, reads: Reads) -> NetshootError:
    fetch, labels = reads.fetch, sentence(wanted.query)
    if isinstance(target, TargetName):
        what = f"{target} selects no pod in namespace {fetch.namespace}: none has {labels}"
    else:
        what = f"no pod {f'with {labels} ' if labels else ''}in namespace {fetch.namespace}"
    lines = near_misses(wanted.labels, _labels_of_pods(reads)) if wanted.labels else []
    step = f"try: kubectl get pods -n {fetch.namespace}{' --show-labels' if labels else ''} {fetch.flags}"
    return NetshootError(what, "\n".join([*lines, step.rstrip()]))


def _labels_of_pods(reads: Reads) -> dict[str, Mapping[str, str]]:
    """By name, of all pods but ours; none where they may not be listed."""
    try:
        return {pod.name: pod.labels for pod in _listed(reads, _Wanted("", {})) if not is_ours(pod)}
    except ApiError:
        return {}


def _pairs(selector: str) -> dict[str, str]:
    """The labels of a selector that it asks for as KEY=VALUE."""
    terms = (term.replace("==", "=").partition("=") for term in selector.split(",") if "!" not in term)
    return {key.strip(): value.strip() for key, equals, value in terms if equals}


def query(selector: Selector) -> str:
    """The selector as a labelSelector of a list."""
    return ",".join(_terms(selector))


def _terms(selector: Selector) -> Iterator[str]:
    yield from (f"{key}={value}" for key, value in selector.labels.items())
    for expression in selector.expressions:
        if expression.operator in ("In", "NotIn"):
            yield f"{expression.key} {expression.operator.lower()} ({','.join(expression.values)})"
        else:
            yield expression.key if expression.operator == "Exists" else f"!{expression.key}"


LINUX = "linux"


@dataclass(frozen=True)
class Node:
    """A node; `reason` is why it is not ready, `system` its operating system."""

    name: str
    ready: bool
    reason: str = ""
    system: str = LINUX


def find_node(fetch: Fetch, name: str) -> Node | None:
    """The node, or None where the API server says that there is none. Raises ApiError where it may not be read."""
    found = fetch.find(f"/api/v1/nodes/{name}")
    return node(found) if found else None


@reading("a node")
def node(item: Json) -> Node:
    """A v1 Node."""
    status, labels = item.get("status") or {}, item["metadata"].get("labels") or {}
    ready: Json = next((c for c in status.get("conditions") or [] if c["type"] == "Ready"), {})
    said = ready.get("message") or ready.get("reason") or "its kubelet has said nothing yet"
    return typed(
        Node(
            named(item["metadata"]["name"], "node"),
            ready.get("status") == "True",
            sentence(said),
            labels.get("kubernetes.io/os", LINUX),
        )
    )
