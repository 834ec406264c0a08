"""A look into a running pod before anything is changed: the pod, the container it would get, and what must be known."""

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_netshoot.added import Candidate, Proposing, Wish, check_addable
from kubectl_netshoot.config import Pinned, Target
from kubectl_netshoot.kubectl import DebugHelp
from kubectl_netshoot.rights import Review, rights_of_debug
from kubectl_netshoot.session.choosing import Chosen, choose
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.picking import asker
from kubectl_netshoot.session.rights import Wanted, reviewed
from kubectl_netshoot.target_rights import merged, of_target
from kubectl_netshoot.targets import named_pod

from .request import DebugRequest
from .sharing import choose_shared

ON_NODE = "pod {} is in its node's network: interfaces, routes and sockets are those of the whole node"
NOTHING_SHARED = "no container of the pod runs: the added one shares no processes, only the pod's network"


@dataclass(frozen=True)
class DebugPlan:
    """What would be done. Nothing has been changed."""

    place: Target
    chosen: Chosen
    candidate: Candidate
    rights: Review
    wanted: Wanted

    @property
    def notes(self) -> Iterator[str]:
        """All that must be known beforehand."""
        pod = self.candidate.pod
        yield from self.chosen.notes
        if pod.host_network:
            yield ON_NODE.format(pod.name)
        if not any(container.running for container in pod.containers):
            yield NOTHING_SHARED
        yield from self.candidate.notes
        yield from self.rights.notes

    @property
    def sharing(self) -> str:
        """Whose processes it shares, as a part of a sentence."""
        target = self.candidate.container.target
        return f"shares the processes of {target}" if target else "shares no processes"


def make_debug_plan(request: DebugRequest, pinned: Pinned, edges: Edges, debug: DebugHelp) -> DebugPlan:
    """Raises NetshootError where there is no such pod or none to add a container to, or a right to read is missing."""
    target = request.target
    wanted = Wanted(merged(rights_of_debug(), of_target(target)), " --debug")
    with reviewed(edges.reads, wanted, pinned.target, named_pod(target)) as asked:
        chosen = choose(target, edges.reads, pinned.target, asker(request.pick, edges.terminal, edges.inbox))
        check_addable(chosen.pod, pinned.target)
        share = choose_shared(chosen.pod, request.share)
        wish = Wish(request.image, request.profile, request.pull_policy, request.ttl)
        candidate = Proposing(wish, edges.reads, debug, pinned).propose(
            chosen.pod, chosen.sent, edges.reads.enforced_level(), share
        )
        return DebugPlan(pinned.target, chosen, candidate, asked.result(), wanted)
