"""A passive capture before anything is changed: the pods, the container for each, and what must be known of both."""

from dataclasses import dataclass
from datetime import timedelta

from kubectl_netshoot.added import Candidate, NoRawSocketsError, Proposing, Wish, check_addable
from kubectl_netshoot.cluster import pods_of
from kubectl_netshoot.config import Pinned, Target
from kubectl_netshoot.errors import RefusedError
from kubectl_netshoot.join.source import mesh
from kubectl_netshoot.kubectl import DebugHelp
from kubectl_netshoot.rights import Review, rights_of_capture
from kubectl_netshoot.session.choosing import Chosen, choose, look_again
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.picking import asker
from kubectl_netshoot.session.rights import Wanted, reviewed
from kubectl_netshoot.target_rights import merged, of_target
from kubectl_netshoot.targets import named_pod

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
    chosen: tuple[Chosen, ...]
    candidates: tuple[Candidate, ...]
    rights: Review

    @property
    def notes(self) -> tuple[str, ...]:
        """All that must be known, each once."""
        on_node = (ON_NODE.format(c.pod.name) for c in self.candidates if c.pod.host_network)
        chosen = (n for c in self.chosen for n in c.notes)
        said = (n for c in self.candidates for n in c.notes)
        return (*dict.fromkeys((*chosen, *on_node, *said)), *self.rights.notes)

    def place(self, request: CaptureRequest) -> Place:
        """Where it listens, for the reasons of silence."""
        hazards = tuple((h.id, h.what) for c in self.candidates for h in mesh(c.pod))
        return Place(True, request.interface, request.filter, hazards=tuple(dict.fromkeys(hazards)))


def make_live_plan(request: CaptureRequest, pinned: Pinned, edges: Edges, debug: DebugHelp) -> LivePlan:
    """Raises NetshootError where there is no such pod, or none that tcpdump could work in."""
    reads, name = edges.reads, named_pod(request.target)
    with reviewed(reads, wanted_rights(request), pinned.target, name) as asked:
        chosen = _chosen(request, pinned.target, edges)
        for one in chosen:
            check_addable(one.pod, pinned.target)
        level = reads.enforced_level()
        proposing = Proposing(_wish(request, len(chosen)), reads, debug, pinned)
        try:
            candidates = tuple(proposing.propose(one.pod, one.sent, level) for one in chosen)
        except NoRawSocketsError as error:
            raise no_raw_sockets(error.message) from error
        return LivePlan(pinned.target, chosen, candidates, asked.result())


def wanted_rights(request: CaptureRequest) -> Wanted:
    """What a passive capture uses, from the choice of its pods on."""
    return Wanted(merged(rights_of_capture(), of_target(request.target)), " --capture")


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


def _chosen(request: CaptureRequest, place: Target, edges: Edges) -> tuple[Chosen, ...]:
    target, reads = request.target, edges.reads
    if not request.all_pods:
        ask = asker(request.session.pick, edges.terminal, edges.inbox)
        return (choose(target, reads, place, ask),)
    pods = pods_of(reads, target)
    if len(pods) > request.max_pods:
        raise RefusedError(
            f"there are {len(pods)} pods {target.of_which}, and nothing was changed",
            f"--max-pods {len(pods)} captures in all of them; without --all-pods it is the newest ready one",
        )
    return tuple(Chosen(*look_again(reads, pod, target.of_which), target) for pod in pods)
