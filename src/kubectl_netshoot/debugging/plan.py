"""What a look into a running pod wants, and what must be known of it beforehand."""

from collections.abc import Iterator

from kubectl_netshoot.added import AddedPlan, Planning, Wish
from kubectl_netshoot.rights import rights_of_debug
from kubectl_netshoot.session.rights import Wanted
from kubectl_netshoot.target_rights import merged, of_target

from .request import DebugRequest
from .sharing import choose_shared

ON_NODE = "pod {} is in its node's network: interfaces, routes and sockets are those of the whole node"
NOTHING_SHARED = "no container of the pod runs: the added one shares no processes, only the pod's network"


def planning(request: DebugRequest) -> Planning:
    """The plan to make."""
    return Planning(
        request.target,
        request.pick,
        Wish(request.image, request.profile, request.pull_policy, request.ttl),
        Wanted(merged(rights_of_debug(), of_target(request.target)), " --debug"),
        lambda chosen: choose_shared(chosen.pod, request.share),
    )


def notes(plan: AddedPlan) -> Iterator[str]:
    """All that must be known beforehand."""
    pod = plan.candidate.pod
    if pod.host_network:
        yield ON_NODE.format(pod.name)
    if not any(container.running for container in pod.containers):
        yield NOTHING_SHARED
    yield from plan.notes


def sharing(plan: AddedPlan) -> str:
    """Whose processes it shares, as a part of a sentence."""
    target = plan.candidate.container.target
    return f"shares the processes of {target}" if target else "shares no processes"
