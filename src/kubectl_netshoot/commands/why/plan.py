"""The containers that an inquiry would add, before anything is changed."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

from kubectl_netshoot.commands.why.evidence import Server
from kubectl_netshoot.commands.why.facts import ClusterFacts
from kubectl_netshoot.commands.why.request import WhyRequest
from kubectl_netshoot.commands.why.tries import places
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube.kubeconfig import Pinned
from kubectl_netshoot.kube.kubectl import Kubectl
from kubectl_netshoot.kube.reads import review
from kubectl_netshoot.model import Json, Pod
from kubectl_netshoot.rules.policies import End
from kubectl_netshoot.rules.rights import Review, Use
from kubectl_netshoot.rules.targets import POD, TargetName
from kubectl_netshoot.session.added_plan import AddedPlan, Candidate, Proposal, Wish, check_addable
from kubectl_netshoot.session.choice import Chosen
from kubectl_netshoot.session.edges import Edges

# The time of a container in a pod, where we do not come to end it: two looks, and the start of the others.
LIFE = timedelta(minutes=2)
PARALLEL = 6
ON_NODE = "pod {} is in its node's network: what is captured there is the traffic of the whole node"


def plan_at_client(
    request: WhyRequest, chosen: Chosen, facts: ClusterFacts, review: Review, adding: Proposal
) -> AddedPlan:
    """The client's container, and what may follow. Raises NetshootError where none can be added."""
    check_addable(chosen.pod, adding.pinned.target)
    candidate = adding.candidate(chosen, _level(facts, adding))
    servers = () if request.client_only else ends_to_capture(facts.server, request)
    on_node = (
        ON_NODE.format(pod.name) for pod in (chosen.pod, *(e.pod for e in servers)) if pod.host_network
    )
    details = what_follows(request, facts.server)
    return AddedPlan.of(adding.pinned.target, review, [candidate], on_node, details)


def what_follows(request: WhyRequest, server: Server) -> tuple[tuple[str, str], ...]:
    """What may be touched besides, each line with its word."""
    names = ", ".join(end.pod.name for end in ends_to_capture(server, request)) or "no pod of the cluster"
    both = f"if the client's end does not tell, a container in each of: {names}"
    return (
        ("server", server.asked),
        ("both ends", "not looked at (--client-only)" if request.client_only else both),
    )


def candidates_at_server(
    ends: Sequence[End], facts: ClusterFacts, adding: Proposal, missing: list[str]
) -> list[Candidate]:
    """A container for each of these pods, in the namespace of `adding`; why there is none for others is added to
    `missing`. Nothing is asked of the API server but reads until the rights are there.
    """
    reads = adding.edges.reads
    with ThreadPoolExecutor(PARALLEL) as pool:
        pods = [pool.submit(reads.pod_as_sent, end.pod.name) for end in ends]
        lacking = review(reads.fetch, Use.WHY_CLIENT, optional=False).missing
        if lacking:
            named = ", ".join(map(str, lacking))
            missing.append(
                f"no right to {named} in namespace {reads.fetch.namespace}: the server's pods were not looked into"
            )
            return []
        level = _level(facts, adding)
        drafts = [
            pool.submit(_candidate, end, pod, adding, level) for end, pod in zip(ends, pods, strict=True)
        ]
        found = []
        for end, draft in zip(ends, drafts, strict=True):
            try:
                found.append(draft.result())
            except NetshootError as error:
                missing.append(f"pod {end.pod.name} was not looked into: {error.message}")
        return found


def _candidate(end: End, pod: Future[tuple[Pod, Json] | None], adding: Proposal, level: str) -> Candidate:
    sent = pod.result()
    if sent is None or sent[0].uid != end.pod.uid:
        raise NetshootError("it has ended meanwhile")
    check_addable(sent[0], adding.pinned.target)
    return adding.candidate(Chosen(*sent, TargetName(POD, end.pod.name)), level)


def _level(facts: ClusterFacts, adding: Proposal) -> str:
    reads = adding.edges.reads
    known = facts.level(reads.fetch.namespace)
    return reads.enforced_level() if known is None else known


def edges_in(namespace: str, edges: Edges, pinned: Pinned, request_timeout: str) -> Edges:
    """The same for another namespace."""
    if namespace == edges.reads.fetch.namespace:
        return edges
    kubectl = Kubectl(pinned.path, namespace, request_timeout)
    return Edges.of(edges.reads.fetch.elsewhere(namespace), kubectl, edges.terminal, edges.inbox)


def ends_to_capture(server: Server, request: WhyRequest) -> tuple[End, ...]:
    """The server's pods that connections are made to."""
    names = {place.pod for place in places(server, (), request.count, request.max_pods)}
    return tuple(end for end in server.pods if end.pod.name in names)


def more_than(server: Server, most: int) -> int:
    """How many endpoints get new connections, where that is more than this; else 0."""
    endpoints = len({e.pod or e.address for e in server.serving} if server.service else server.pods)
    return endpoints if endpoints > most else 0


def wish(request: WhyRequest) -> Wish:
    """How each container is to be."""
    return Wish(request.image, request.profile, request.pull_policy, LIFE + 2 * request.start_timeout)
