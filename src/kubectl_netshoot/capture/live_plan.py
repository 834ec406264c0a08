"""A passive capture before anything is changed: the pods, the container for each, and what must be known of both."""

from dataclasses import dataclass
from datetime import timedelta

from kubectl_netshoot.added import Candidate, NoRawSocketsError, Proposing, Wish, find_pod
from kubectl_netshoot.cluster import Reads, pods_of, review
from kubectl_netshoot.config import Pinned, Target
from kubectl_netshoot.errors import RefusedError
from kubectl_netshoot.join.source import mesh
from kubectl_netshoot.kubectl import DebugHelp
from kubectl_netshoot.rights import Review, rights_of_capture
from kubectl_netshoot.targets import POD

from .request import CaptureRequest
from .silence import Place
from .tcpdump import no_raw_sockets

# Between the container's start and tcpdump's; several pods wait for the slowest image.
START = timedelta(minutes=1)
ON_NODE = "pod {} is in its node's network: the capture holds what all of the node sends and receives"


@dataclass(frozen=True)
class LivePlan:
    """What would be done. Nothing has been changed."""

    target: Target
    candidates: tuple[Candidate, ...]
    rights: Review

    @property
    def notes(self) -> tuple[str, ...]:
        """All that must be known, each once."""
        on_node = (ON_NODE.format(c.pod.name) for c in self.candidates if c.pod.host_network)
        said = (n for c in self.candidates for n in c.notes)
        return (*dict.fromkeys((*on_node, *said)), *self.rights.notes)

    def place(self, request: CaptureRequest) -> Place:
        """Where it listens, for the reasons of silence."""
        hazards = tuple((h.id, h.what) for c in self.candidates for h in mesh(c.pod))
        return Place(True, request.interface, request.filter, hazards=tuple(dict.fromkeys(hazards)))


def make_live_plan(request: CaptureRequest, pinned: Pinned, reads: Reads, debug: DebugHelp) -> LivePlan:
    """Raises NetshootError where there is no such pod, or none that tcpdump could work in."""
    pods = _chosen(request, reads)
    level = reads.enforced_level()
    proposing = Proposing(_wish(request, len(pods)), reads, debug, pinned)
    try:
        candidates = tuple(
            proposing.propose(*find_pod(reads, pinned.target, name), level=level) for name in pods
        )
    except NoRawSocketsError as error:
        raise no_raw_sockets(error.message) from error
    found = review(reads.fetch, rights_of_capture(), pods[0])
    return LivePlan(pinned.target, candidates, found)


def _wish(request: CaptureRequest, pods: int) -> Wish:
    session = request.session
    waiting = session.timeout if pods > 1 else timedelta()
    return Wish(
        session.image,
        session.profile,
        session.pull_policy,
        request.bounds.duration + START + waiting,
        raw_sockets=True,
    )


def _chosen(request: CaptureRequest, reads: Reads) -> tuple[str, ...]:
    if request.target.kind == POD:
        return (request.target.name,)
    pods = tuple(pod.name for pod in pods_of(reads, request.target))
    if not request.all_pods:
        return pods[:1]
    if len(pods) > request.max_pods:
        raise RefusedError(
            f"{request.target} has {len(pods)} pods, and nothing was changed",
            f"--max-pods {len(pods)} captures in all of them; without --all-pods it is the newest ready one",
        )
    return pods
