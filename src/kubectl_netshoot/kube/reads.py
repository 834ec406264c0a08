"""Questions to the API server that change nothing: reads, reviews of rights, dry runs.

Lists are read in pages and narrowed by selectors on the server.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import chain
from typing import Any

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube import parse
from kubectl_netshoot.kube.api import JSON_PATCH, Fetch, read_whole
from kubectl_netshoot.kube.parse import reading, sentence
from kubectl_netshoot.model import (
    CONTAINER,
    MANAGED_BY,
    MANAGED_BY_LABEL,
    Claim,
    Json,
    Owner,
    Pod,
    Selector,
    Service,
    ServiceEndpoints,
)
from kubectl_netshoot.rules.marks import format_time, is_ours
from kubectl_netshoot.rules.pod_state import LogCount, count
from kubectl_netshoot.rules.profiles import LEVEL_LABEL
from kubectl_netshoot.rules.rights import NAME, Review, Right, Use, rights_of
from kubectl_netshoot.rules.targets import AnyTarget, TargetGroup

POD = "api/v1", "pods"
SERVICE = "api/v1", "services"
SLICE = "apis/discovery.k8s.io/v1", "endpointslices"
ADOPTERS = {
    ("apps", "ReplicaSet"): ("apis/apps/v1", "replicasets"),
    ("apps", "DaemonSet"): ("apis/apps/v1", "daemonsets"),
    ("apps", "StatefulSet"): ("apis/apps/v1", "statefulsets"),
    ("batch", "Job"): ("apis/batch/v1", "jobs"),
    ("", "ReplicationController"): ("api/v1", "replicationcontrollers"),
}
# What is only nice to know is not waited for any longer.
LOOK_SECONDS = 2.0
LOG_BYTES = 65536
COUNTED_BYTES = 1 << 20
OWNED = ("pod-template-hash", "controller-revision-hash", "batch.kubernetes.io/job-name", "job-name")


class Reads:
    """Reads in one namespace; each call asks the server anew and raises ApiError where it does not answer."""

    def __init__(self, fetch: Fetch) -> None:
        self.fetch = fetch

    def pod(self, name: str) -> Pod | None:
        """The pod as it is now; None only when the server says that there is none."""
        found = self.fetch.find(self.fetch.path(*POD, name))
        return parse.pod(found) if found else None

    def pod_as_sent(self, name: str) -> tuple[Pod, Json] | None:
        """The pod, and all that the API says of it."""
        found = self.fetch.find(self.fetch.path(*POD, name))
        return (parse.pod(found), found) if found else None

    def seconds_until_proxies_are_back(self) -> float:
        """After a break of the API server that we saw: zero or less where there was none, or it is long over."""
        return self.fetch.api.outage.seconds_left()

    def enforced_level(self) -> str:
        """The PodSecurity level on the namespace's label; empty where it has none or may not be read."""
        try:
            return self.level_on_label()
        except ApiError:
            return ""

    @reading("a namespace")
    def level_on_label(self) -> str:
        """The same; raises ApiError where the namespace does not exist or may not be read."""
        found = self.fetch.get(f"/api/v1/namespaces/{self.fetch.namespace}")
        return str((found["metadata"].get("labels") or {}).get(LEVEL_LABEL, ""))

    def copies(self, everywhere: bool = False) -> tuple[Pod, ...]:
        """Every pod that we made, here or in all namespaces: the marked ones, and those killed before their mark.

        An unmarked copy has no controller's labels, so only pods without these are read to find it.
        """
        base = "/api/v1/pods" if everywhere else self.fetch.path(*POD)
        marked = self.fetch.items(base, {"labelSelector": f"{MANAGED_BY_LABEL}={MANAGED_BY}"})
        absent = (*(f"!{label}" for label in OWNED), f"{MANAGED_BY_LABEL}!={MANAGED_BY}")
        bare = self.fetch.items(base, {"labelSelector": ",".join(absent)})
        return tuple(found for found in map(parse.pod, chain(marked, bare)) if is_ours(found))

    def services(self) -> tuple[Service, ...]:
        """Every Service of the namespace."""
        return tuple(parse.service(item) for item in self.fetch.items(self.fetch.path(*SERVICE)))

    def selector_of(self, owner: Owner) -> Selector | None:
        """By what a controller adopts pods; None where its kind is not known, it is gone, or it may not be read."""
        place = ADOPTERS.get((owner.group, owner.kind))
        if place is None:
            return None
        # A list, which judging adoption has the right to, rather than a get.
        items = self.fetch.items(self.fetch.path(*place), {"fieldSelector": f"metadata.name={owner.name}"})
        try:
            return next((parse.controller(owner.kind, item).selector for item in items), None)
        except ApiError as error:
            if error.transient:
                raise
            return None

    def template_of(self, pod: str) -> tuple[Owner, Json] | None:
        """The template of pods that one of this name was made from, by the name alone: OWNER-SUFFIX; and whose it is.

        None where there is no such owner, or none that may be read.
        """
        name = pod.rpartition("-")[0]
        for (group, kind), place in ADOPTERS.items():
            try:
                items = list(
                    self.fetch.items(self.fetch.path(*place), {"fieldSelector": f"metadata.name={name}"})
                )
            except ApiError as error:
                if error.transient:
                    raise
                continue
            with reading("a workload"):
                for item in items:
                    return Owner(kind, name, True, group), item["spec"]["template"]
        return None

    def endpoints(self, names: Sequence[str]) -> tuple[ServiceEndpoints, ...]:
        """The endpoints of these Services."""
        if not names:
            return ()
        selector = f"kubernetes.io/service-name in ({','.join(names)})"
        slices = self.fetch.items(self.fetch.path(*SLICE), {"labelSelector": selector})
        return self._knowing_copies(parse.service_endpoints(names, slices))

    def any_slice(self) -> None:
        """Ask for one EndpointSlice. Raises ApiError where the API is not served or may not be listed."""
        self.fetch.get(self.fetch.path(*SLICE), {"limit": 1})

    def all_endpoints(
        self, names: Sequence[str], uid: str
    ) -> tuple[tuple[ServiceEndpoints, ...], tuple[str, ...]]:
        """The endpoints of these Services, and every Service of the namespace that has this pod in a slice."""
        slices = list(self.fetch.items(self.fetch.path(*SLICE)))
        return self._knowing_copies(parse.service_endpoints(names, slices)), parse.holders(uid, slices)

    def ports_in_service(self, uid: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """On which ports this pod has clients of whatever Service: those of TCP, and others as `53/UDP`."""
        return parse.ports_in_service(uid, self.fetch.items(self.fetch.path(*SLICE)))

    def _knowing_copies(self, services: tuple[ServiceEndpoints, ...]) -> tuple[ServiceEndpoints, ...]:
        """The endpoints, those of copies told apart: a copy that leaves must not reckon with another that will.

        Who may not list pods takes them all for the application's.
        """
        if not any(service.endpoints for service in services):
            return services
        selector = {"labelSelector": f"{MANAGED_BY_LABEL}={MANAGED_BY}"}
        try:
            ours = {
                p.uid for p in map(parse.pod, self.fetch.items(self.fetch.path(*POD), selector)) if is_ours(p)
            }
        except ApiError as error:
            if error.code != 403:
                raise
            return services
        return tuple(
            replace(s, endpoints=tuple(replace(e, made_by_us=e.uid in ours) for e in s.endpoints))
            for s in services
        )

    def holders(self, uids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """For each of these pods, every Service of the namespace that has it in a slice."""
        slices = list(self.fetch.items(self.fetch.path(*SLICE)))
        return {uid: parse.holders(uid, slices) for uid in uids}

    def missing_services(self, names: Iterable[str]) -> frozenset[str]:
        """Which of these Services do not exist (any more)."""
        return frozenset(name for name in names if self.service(name) is None)

    def service(self, name: str) -> Service | None:
        """The Service as it is now; None only when the server says that there is none."""
        found = self.fetch.find(self.fetch.path(*SERVICE, name))
        return parse.service(found) if found else None

    def claim(self, claim: Claim) -> Claim:
        """The claim with its access modes; as it is where they cannot be read."""
        try:
            found = self.fetch.find(self.fetch.path("api/v1", "persistentvolumeclaims", claim.name))
        except ApiError:
            return claim
        return parse.claim(claim, found) if found else claim

    @reading("an event")
    def events(self, pod: Pod) -> tuple[str, ...]:
        """The pod's warnings, oldest first, as `Reason: message`; also an image that is still being pulled."""
        query = {"fieldSelector": f"involvedObject.uid={pod.uid}"}
        items = list(self.fetch.items(self.fetch.path("api/v1", "events"), query))
        items.sort(key=_when)
        telling = (e for e in items if e.get("type") == "Warning" or _is_pulling(e, items))
        return tuple(sentence(f"{e.get('reason')}: {e.get('message')}") for e in telling)

    def log_since(self, pod: str, container: str, since: datetime) -> tuple[str, ...]:
        """The lines that a container has logged since then, by the server's clock; at most 64 KiB."""
        log = self._log(pod, container, LOG_BYTES, sinceTime=format_time(since))
        return tuple(log.decode(errors="replace").splitlines())

    def log_count(self, pod: str, container: str, since: datetime, until: datetime) -> LogCount:
        """How many lines a container has logged between the two, by the server's clock; of the first MiB at most."""
        log = self._log(pod, container, COUNTED_BYTES, sinceTime=format_time(since), timestamps="true")
        return count(log.decode(errors="replace"), since, until, cut=len(log) >= COUNTED_BYTES)

    def last_lines(self, pod: str, container: str, lines: int) -> tuple[str, ...]:
        """The last lines that a container has logged; those of the one before it, where it has been started again."""
        for previous in ("false", "true"):
            log = self._log(pod, container, LOG_BYTES, tailLines=lines, previous=previous)
            if found := log.decode(errors="replace").splitlines():
                return tuple(found[-lines:])
        return ()

    def capabilities(self, pod: str, container: str = CONTAINER) -> int | None:
        """CapEff of a debug container, as its first process has written it into its log; None: not known."""
        found = re.search(r"^CapEff: ([0-9a-f]+)$", self._first_words(pod, container), re.MULTILINE)
        return int(found[1], 16) if found else None

    def process_id(self, pod: str, container: str) -> int | None:
        """Of the first process of a container that we added, by its own log; None: not known (yet)."""
        found = re.search(r"^Pid: ([0-9]{1,9})$", self._first_words(pod, container), re.MULTILINE)
        return int(found[1]) if found else None

    def _first_words(self, pod: str, container: str) -> str:
        try:
            return self._log(pod, container, 4096).decode(errors="replace")
        except ApiError:
            return ""

    def _log(self, pod: str, container: str, most: int, **query: object) -> bytes:
        """What the container has logged, at most so many bytes."""
        path = f"{self.fetch.path(*POD, pod)}/log"
        query |= {"container": container, "limitBytes": most}
        with self.fetch.api.open("GET", path, query, timeout=LOOK_SECONDS) as response:
            return response.read(most)

    def server_time(self) -> datetime | None:
        """The time by the API server's own clock; None where it has told none."""
        return self.fetch.api.server_time()

    def now(self) -> datetime:
        """The time by the API server's clock, by ours where it has told none."""
        return self.server_time() or datetime.now(timezone.utc)

    def server_seconds(self) -> int:
        """The same in seconds since 1970, 0 where it is not known."""
        known = self.server_time()
        return int(known.timestamp()) if known else 0

    def server_version(self) -> str:
        """The API server's own version, e.g. v1.36.2."""
        return str(self.fetch.get("/version").get("gitVersion", ""))


def _when(event: Json) -> str:
    return event.get("lastTimestamp") or event.get("eventTime") or ""


def _is_pulling(event: Json, all_of_pod: Sequence[Json]) -> bool:
    """Whether this is the last that was heard of its container: nobody calls a slow registry a warning."""
    container = (event.get("involvedObject") or {}).get("fieldPath")
    return event.get("reason") == "Pulling" and not any(
        other is not event
        and _when(other) >= _when(event)
        and (other.get("involvedObject") or {}).get("fieldPath") == container
        for other in all_of_pod
    )


PARALLEL = 4
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
NO_UID = "00000000-0000-0000-0000-000000000000"
# Refused whatever pod there is: each names a uid that no pod has, and a dry run besides.
HARMLESS: dict[str, tuple[str, Any, str]] = {
    "patch": ("PATCH", [{"op": "test", "path": "/metadata/uid", "value": NO_UID}], JSON_PATCH),
    "delete": ("DELETE", {"preconditions": {"uid": NO_UID}, "dryRun": ["All"]}, "application/json"),
}


def review(
    fetch: Fetch,
    *uses: Use,
    target: AnyTarget | TargetGroup | None = None,
    name: str = "",
    optional: bool = True,
) -> Review:
    """What may this user not do of what these uses need? `target` is what the pod is chosen by, where one is chosen;
    `name` is that of the pod that rights are used on, where it is known, for Roles with resourceNames; `optional`:
    also of what they could do without.

    A SelfSubjectAccessReview a right, side by side. Where none can be had, the rights that take a copy away again are
    tried on a pod that cannot match: who could make a copy and neither change nor delete it would leave it behind.
    """
    wanted = rights_of(*uses, target=target)
    asked = [right for right in wanted if right.asked and (right.needed or optional)]
    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(lambda right: _allowed(fetch, right, name), asked))
    unsaid = [
        (right, answer) for right, answer in zip(asked, answers, strict=True) if isinstance(answer, ApiError)
    ]
    denied = [right for right, answer in zip(asked, answers, strict=True) if answer is False]
    tried = [right for right, _ in unsaid if right.resource == "pods" and right.verb in HARMLESS]
    denied += [right for right in tried if not _passes(fetch, right, name or NAME)]
    unknown = tuple(right for right, _ in unsaid if right not in tried)
    return Review(tuple(denied), unknown, unsaid[0][1].message if unsaid else "", uses)


@contextmanager
def reviewed(
    fetch: Fetch, *uses: Use, target: AnyTarget | TargetGroup | None = None, name: str = ""
) -> Iterator[Future[Review]]:
    """The review, under way while the body reads; a read that is refused is told with all else that is missing."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(review, fetch, *uses, target=target, name=name)
        try:
            yield asked
        except ApiError as error:
            if error.code == 403:
                asked.result().demand(fetch.namespace, error.message)
            raise


def _allowed(fetch: Fetch, right: Right, name: str) -> bool | ApiError:
    resource, _, subresource = right.resource.partition("/")
    attributes = {
        "namespace": fetch.namespace,
        "verb": right.verb,
        "group": right.group,
        "resource": resource,
        "subresource": subresource,
        "name": name if right.of_copy else "",
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    try:
        answer = fetch.review(REVIEWS, body)
    except ApiError as error:
        return error
    return _said_yes(answer)


def _said_yes(answer: Json) -> bool:
    """Whether a review allows it; anything but a plain yes is a no."""
    status = answer.get("status")
    return isinstance(status, dict) and status.get("allowed") is True


def _passes(fetch: Fetch, right: Right, name: str) -> bool:
    """Whether a request that cannot succeed fails for another reason than the right to make it."""
    method, body, content_type = HARMLESS[right.verb]
    try:
        fetch.api.request(method, fetch.path("api/v1", "pods", name), {"dryRun": "All"}, body, content_type)
    except ApiError as error:
        return error.code != 403
    return True


STRATEGIC_PATCH = "application/strategic-merge-patch+json"
# RFC 7234 section 5.5; the API server always writes code 299 and agent "-".
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class DryRunAnswer:
    """The server's warnings, and the object as it would be stored, admission included."""

    warnings: tuple[str, ...]
    object: Json


def try_create(fetch: Fetch, pod: Json) -> DryRunAnswer:
    """Send the pod with dryRun=All, so that nothing is stored.

    Raises ApiError with the server's reason where it would not create it.
    """
    return _try(fetch, "POST", fetch.path("api/v1", "pods"), pod)


def try_ephemeral(fetch: Fetch, pod: str, container: Json) -> DryRunAnswer:
    """The same for a container that is to be added to a running pod, as kubectl debug adds it."""
    path = f"{fetch.path('api/v1', 'pods', pod)}/ephemeralcontainers"
    return _try(fetch, "PATCH", path, {"spec": {"ephemeralContainers": [container]}}, STRATEGIC_PATCH)


def _try(
    fetch: Fetch, method: str, path: str, body: Json, content_type: str = "application/json"
) -> DryRunAnswer:
    with fetch.api.open(method, path, {"dryRun": "All"}, body, content_type) as response:
        warnings = parse_warnings(", ".join(response.headers.getlist("Warning")))
        return DryRunAnswer(warnings, json.loads(read_whole(response)))


def parse_warnings(header: str) -> tuple[str, ...]:
    """The texts of a Warning header, or of several joined by commas."""
    return tuple(re.sub(r"\\(.)", r"\1", text) for text in _WARNING.findall(header))


def was_not_judged(error: ApiError) -> str:
    """Why an error says nothing of the pod itself; empty where it is a refusal."""
    if error.code == 403 and re.search("cannot (create|patch) resource", error.message):
        return "you may not do that here"
    if "does not support dry run" in error.message or error.transient:
        return error.message
    return ""
