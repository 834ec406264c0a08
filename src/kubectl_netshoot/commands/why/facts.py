"""What the cluster says before anything is touched: the client's pod, what SERVER means, and what may forbid it."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from kubectl_netshoot.commands.why.destination import ServerFacts
from kubectl_netshoot.commands.why.evidence import Evidence, Server
from kubectl_netshoot.commands.why.request import Destination
from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.api import Fetch
from kubectl_netshoot.kube.policies import namespace_labels, other_kinds, policies_in, policy_kinds
from kubectl_netshoot.model import NetworkPolicy, Pod
from kubectl_netshoot.rules.hazards.source import MESHES
from kubectl_netshoot.rules.policies import End, PolicyAnswer, policies
from kubectl_netshoot.rules.profiles import LEVEL_LABEL

PARALLEL = 4
DNS_NAMESPACE, DNS_LABELS, DNS_PORT = "kube-system", "k8s-app=kube-dns", 53


@dataclass(frozen=True)
class ClusterFacts:
    """`rules` are the NetworkPolicies of both namespaces, `labels` those of the namespaces that could be read."""

    server: Server
    rules: tuple[NetworkPolicy, ...]
    labels: Mapping[str, Mapping[str, str]]
    other_policies: tuple[str, ...]
    missing: tuple[str, ...]

    def evidence(self, client: End) -> Evidence:
        """All that is known of a connection from this client, so far."""
        return Evidence(
            client,
            self.server,
            sidecar=_sidecar(client.pod),
            policies=tuple(self._answers(client)),
            other_policies=self.other_policies,
            noted=tuple(remarks(self.server)),
            missing=self.missing,
        )

    def level(self, namespace: str) -> str | None:
        """The PodSecurity level that this namespace enforces, empty for none; None where its labels were not read."""
        found = self.labels.get(namespace)
        return None if found is None else found.get(LEVEL_LABEL, "")

    def _answers(self, client: End) -> Iterator[PolicyAnswer]:
        server = self.server
        service = server.service
        through = service.addresses if service else ()
        answer = partial(policies, self.rules, self.labels, client, through=through)
        for end in server.pods:
            port = _port_of(end, server)
            if port and not end.pod.finished:
                yield answer(end, port)
        for endpoint in server.serving:
            number = service.number_at(endpoint, server.port) if service and server.port else None
            if number and not endpoint.pod:
                yield answer(endpoint.address, number)
        if service is None and not server.pods and server.address and server.number:
            yield answer(server.address, server.number)

    def dns_answer(self, client: End, ends: Sequence[End], through: tuple[str, ...]) -> PolicyAnswer | None:
        """Whether the client may ask these DNS servers at these addresses; None where there is none to be seen."""
        asked = partial(policies, self.rules, self.labels, client)
        found = [asked(end, DNS_PORT, protocol="UDP", through=through) for end in ends]
        return next((one for one in found if one.answer == "denied"), found[0] if found else None)


def read_facts(fetch: Fetch, wanted: Destination) -> ClusterFacts:
    """Read what this destination means to a client in the namespace of `fetch`. Errors are those of `ServerFacts`."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        kinds = pool.submit(policy_kinds, fetch)
        own, own_labels = pool.submit(_policies, fetch), pool.submit(_labels, fetch)
        server = ServerFacts(fetch).of(wanted)
        spaces = [fetch]
        rules, missing = own.result()
        if server.namespace != fetch.namespace:
            spaces.append(fetch.elsewhere(server.namespace))
            more, also = _policies(spaces[1])
            rules, missing = (*rules, *more), (*missing, *also)
        others = pool.submit(other_kinds, kinds.result(), spaces)
        found = [own_labels.result(), *map(_labels, spaces[1:])]
        labels = {
            space.namespace: those for space, those in zip(spaces, found, strict=True) if those is not None
        }
        there, unknown = others.result()
    hidden = [f"whether there are {kind.plural_name} may not be seen" for kind in unknown]
    return ClusterFacts(server, rules, labels, tuple(kind.plural_name for kind in there), (*missing, *hidden))


def remarks(server: Server) -> Iterator[str]:
    """What the Service is, and endpoints of which the pods say something else."""
    service = server.service
    if server.alias:
        yield f"the Service is an ExternalName: its name leads to {server.alias}"
    if service is None or not service.joinable:
        return
    pods = {end.pod.name: end.pod for end in server.pods}
    for endpoint in server.serving:
        pod, at = pods.get(endpoint.pod), endpoint.address
        if endpoint.pod and pod is None:
            yield f"an EndpointSlice has pod {endpoint.pod} ({at}), which Service {service.name} does not select"
        elif pod and pod.addresses and at not in pod.addresses:
            yield f"an EndpointSlice has pod {pod.name} at {at}, and its address is {', '.join(pod.addresses)}"


def _policies(fetch: Fetch) -> tuple[tuple[NetworkPolicy, ...], tuple[str, ...]]:
    try:
        return policies_in(fetch), ()
    except ApiError as error:
        return (), (f"the NetworkPolicies of namespace {fetch.namespace} were not read: {error.message}",)


def _labels(fetch: Fetch) -> dict[str, str] | None:
    try:
        return namespace_labels(fetch)
    except ApiError:
        return None


def _port_of(end: End, server: Server) -> int | None:
    """Where this pod takes what comes to the server's port."""
    if server.service is None or server.port is None:
        return server.number
    endpoint = next((b for b in server.service.endpoints if b.pod == end.pod.name), None)
    return server.service.number_at(endpoint, server.port)


def _sidecar(pod: Pod) -> str:
    """The container of a mesh in this pod."""
    names = tuple(container.name for container in (*pod.containers, *pod.sidecars))
    return next((name for name in names if name in MESHES), "")
