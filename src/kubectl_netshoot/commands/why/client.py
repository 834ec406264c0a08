"""The client's end: its pod's own tools resolve the name, connect, and ask for a page, side by side."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kubectl_netshoot.commands.why.destination import ServerFacts, end_of
from kubectl_netshoot.commands.why.evidence import Evidence, Server, Try
from kubectl_netshoot.commands.why.facts import DNS_LABELS, DNS_NAMESPACE, ClusterFacts
from kubectl_netshoot.commands.why.plan import more_than
from kubectl_netshoot.commands.why.request import WhyRequest
from kubectl_netshoot.commands.why.tries import (
    FIRST_PORT,
    HOSTS,
    LAST_PORT,
    Dial,
    addresses,
    again,
    dials,
    leads_to,
    must_speak_http,
    name_probes,
    over_tcp,
    places,
    read_resolution,
    read_tries,
)
from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.api import Fetch
from kubectl_netshoot.kube.services import namespaces_with
from kubectl_netshoot.rules.policies import End
from kubectl_netshoot.rules.targets import SERVICE
from kubectl_netshoot.session.edges import Edges
from kubectl_netshoot.session.tools.probes import Answers, Pace, Probe
from kubectl_netshoot.session.tools.run import Held, Tools

# So many tools at once: most of them only wait.
WORKERS = 16
BEGIN_SECONDS = 20
CONNECTING = "connecting"
# For the start of a tool on a busy node, beside its own patience.
SPARE_SECONDS = 5
# With a repeated SYN; who looks from both ends afterwards has all the patience that was asked for.
FIRST_SECONDS = 2


@dataclass
class Client:
    """A container with the tools, in the pod that is asked from."""

    edges: Edges
    pod: str
    container: str
    request: WhyRequest
    facts: ClusterFacts
    answers: Answers = field(default_factory=Answers)

    def look(self, evidence: Evidence, both_ends_follow: bool) -> Evidence:
        """Everything once: the evidence with what came of it. Raises NetshootError where no tool could be run, Lost."""
        host, server = self.host, evidence.server
        patience = min(self.patience, FIRST_SECONDS) if both_ends_follow else self.patience
        named = (HOSTS, *name_probes(host)) if host else ()
        made = self.dials(evidence)
        self._ask([*named, *_probes(made)], patience)
        if not named:
            return self._seen(evidence, made)
        resolution = read_resolution(host, self.answers)
        if resolution and resolution.silent and not addresses(resolution):
            # One packet may have been lost: a second question tells, and one by TCP whether UDP is to blame.
            self._ask([*name_probes(host), over_tcp(host)], patience)
            answer = self.facts.dns_answer(evidence.client, self._dns_servers(), resolution.silent)
            evidence = replace(evidence, dns_policy=answer)
            resolution = again(resolution, read_resolution(host, self.answers))
        found = addresses(resolution)
        if resolution and not found:
            resolution = replace(resolution, elsewhere=self._elsewhere(server))
        evidence = replace(evidence, resolution=resolution)
        if found and not leads_to(server, found):
            evidence = self._led_elsewhere(evidence, found)
            server = evidence.server
            made = self.dials(evidence)
            self._ask(_probes(made), patience)
        return self._seen(evidence, made)

    def _seen(self, evidence: Evidence, made: Sequence[Dial]) -> Evidence:
        """With what came of these connections, and what else was not tried."""
        most, server = self.request.max_pods, evidence.server
        served = more_than(server, most)
        told = (f"only {most} of {served} endpoints were tried (--max-pods)",) if served else ()
        return replace(evidence, tries=self.tries(made, server), noted=(*evidence.noted, *told))

    def _led_elsewhere(self, evidence: Evidence, found: Sequence[str]) -> Evidence:
        """With what its name leads to as the server: no Service, or not the one that is called so."""
        asked = replace(self.request.server, port=evidence.server.number or self.request.server.port)
        server = ServerFacts(self.edges.reads.fetch).at(asked, found[0])
        if server.service is None and not server.pods:
            # Outside of the cluster each of them counts.
            server = replace(server, address="")
        service = evidence.server.service
        if service is None:
            return replace(evidence, server=server)
        replies = evidence.resolution.replies if evidence.resolution else ()
        by = next((f" by {reply.server}" for reply in replies if reply.addresses and reply.server), "")
        own = f" ({', '.join(service.addresses)})" if service.addresses else ""
        note = f"the name {self.host} leads to {', '.join(found)}{by}, and not to Service {service.name}{own}"
        return replace(evidence, server=server, policies=(), noted=(*evidence.noted, note))

    def hold(self, made: Sequence[Dial]) -> Held:
        """These connections, to be made when `ask` says so, with all the patience that was asked for."""
        return self._tools(self.patience).hold(_distinct(_probes(made)), CONNECTING, BEGIN_SECONDS)

    @property
    def patience(self) -> int:
        """For one connection, in seconds."""
        return round(self.request.timeout.total_seconds())

    def dials(self, evidence: Evidence, pages: bool = True) -> tuple[Dial, ...]:
        """The connections to make, each from a port of its own that was not used before."""
        server, resolved = evidence.server, addresses(evidence.resolution)
        own = evidence.client.pod.addresses
        found = places(server, resolved, self.request.count, self.request.max_pods, own)
        return dials(found, server, self.request, _first_port(), pages)

    def tries(self, made: Sequence[Dial], server: Server) -> tuple[Try, ...]:
        """How they fared."""
        is_http = must_speak_http(server, self.request)
        return read_tries(made, self.answers, is_http, self.edges.reads.now())

    @property
    def host(self) -> str:
        """The name that is looked up; empty where the server has none."""
        wanted, server = self.request.server, self.facts.server
        if wanted.object is not None and wanted.object.kind == SERVICE:
            is_near = server.namespace == self.edges.reads.fetch.namespace
            return wanted.object.name if is_near else f"{wanted.object.name}.{server.namespace}"
        return "" if wanted.is_address else wanted.host

    def _ask(self, probes: Sequence[Probe], patience: int) -> None:
        if probes:
            self._tools(patience).ask(_distinct(probes), CONNECTING, BEGIN_SECONDS)

    def _tools(self, patience: int) -> Tools:
        pace = Pace(WORKERS, patience + SPARE_SECONDS, patience)
        return Tools(self.edges, self.pod, self.container, self.answers, pace)

    def _elsewhere(self, server: Server) -> tuple[str, ...]:
        """Other namespaces with a Service of this name, where they may all be seen."""
        fetch = self.edges.reads.fetch
        names = self.request.server.services(fetch.namespace)
        if not names or server.service is not None or server.alias:
            return ()
        return namespaces_with(fetch, names[0][1])

    def _dns_servers(self) -> tuple[End, ...]:
        fetch = Fetch(self.edges.reads.fetch.api, DNS_NAMESPACE)
        try:
            items = fetch.items(fetch.path("api/v1", "pods"), {"labelSelector": DNS_LABELS})
            return tuple(map(end_of, items))
        except ApiError:
            return ()


def _distinct(probes: Sequence[Probe]) -> tuple[Probe, ...]:
    return tuple(dict.fromkeys(probes))


def _probes(made: Sequence[Dial]) -> list[Probe]:
    return [probe for dial in made for probe in dial.probes]


def _first_port() -> int:
    return FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)
