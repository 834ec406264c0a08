"""`why` from the request to its exit status: read, ask at the client's end, look at both ends; only what is needed."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from kubectl_netshoot.commands.why.both_ends import BothEnds, EndContainer
from kubectl_netshoot.commands.why.client import Client
from kubectl_netshoot.commands.why.destination import ServerFacts
from kubectl_netshoot.commands.why.evidence import ConnectResult, Evidence
from kubectl_netshoot.commands.why.facts import ClusterFacts, read_facts
from kubectl_netshoot.commands.why.own_pod import Inquiring, plan_own_pod, wanted_pod
from kubectl_netshoot.commands.why.plan import (
    LIFE,
    candidates_at_server,
    edges_in,
    ends_to_capture,
    plan_at_client,
    what_follows,
    wish,
)
from kubectl_netshoot.commands.why.report import POD, STAND_IN, THROWAWAY, AskedFrom, Left, Show, WhyReport
from kubectl_netshoot.commands.why.request import WhyRequest, server_namespace
from kubectl_netshoot.commands.why.verdict import UNDETERMINED, attempts, judge, needs_both_ends
from kubectl_netshoot.errors import NetshootError, UsageError
from kubectl_netshoot.kube.kubeconfig import Connection, Pinned
from kubectl_netshoot.kube.kubectl import DebugHelp
from kubectl_netshoot.kube.parse import container_ports
from kubectl_netshoot.kube.private_files import private_file
from kubectl_netshoot.kube.reads import reviewed
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.policies import End
from kubectl_netshoot.rules.rights import Review, Use
from kubectl_netshoot.rules.targets import named_pod
from kubectl_netshoot.session.added import AddedContainer, work_in
from kubectl_netshoot.session.added_plan import RECORD, Candidate, Proposal, announce
from kubectl_netshoot.session.choice import Chosen, asker, choose
from kubectl_netshoot.session.edges import Edges
from kubectl_netshoot.session.plan import Plan, PodPlan, suffix
from kubectl_netshoot.session.session import asking_kubectl, carry_out, connected
from kubectl_netshoot.session.tools.run import Lost
from kubectl_netshoot.terminal import Terminal

T = TypeVar("T")


@dataclass(frozen=True)
class Plans:
    """How plans are shown: `dry_run` prints one, and gives the exit status; `show` prints it before a question."""

    dry_run: Callable[[Plan], int]
    show: Callable[[PodPlan], None]


def run_why(
    request: WhyRequest,
    connection: Connection,
    terminal: Terminal,
    show: Show,
    plans: Plans,
) -> int:
    """0 where the server is reachable, 1 where not or where that cannot be known, 128 and a signal's number.

    Raises UsageError for what cannot be asked, NetshootError where it
    could not be looked into.
    """
    check_folder(request.captures)
    with (
        asking_kubectl() as debug,
        connected(connection, terminal) as (pinned, edges),
        edges.inbox.signals(),
    ):
        return _Inquiry(request, connection, pinned, edges, debug, show, plans).run()


@dataclass
class _Inquiry:
    request: WhyRequest
    connection: Connection
    pinned: Pinned
    edges: Edges
    debug: Callable[[], DebugHelp]
    show: Show
    plans: Plans
    _left: list[AddedContainer] = field(default_factory=list)

    def run(self) -> int:
        chosen, facts, rights = self._read()
        namespace = self.edges.reads.fetch.namespace
        client = _end(chosen) if chosen else End(Pod(namespace, THROWAWAY, ""))
        evidence = facts.evidence(client)
        verdict = judge(evidence)
        if verdict.id != UNDETERMINED:
            return self._tell(WhyReport(_asked_from(chosen, namespace), evidence, verdict))
        if chosen is None or self.request.stand_in:
            return self._from_own_pod(chosen, facts)
        return self._from_pod(chosen, facts, evidence, rights)

    def _read(self) -> tuple[Chosen | None, ClusterFacts, Review]:
        """All that can be known without touching a pod."""
        edges, client, place = self.edges, self.request.client, self.pinned.target
        there = server_namespace(self.request.server, place.namespace)
        at_server = edges_in(there, edges, self.pinned, self.connection.request_timeout)
        is_elsewhere = there != place.namespace
        here = () if client is None else (Use.WHY_CLIENT,)
        uses, elsewhere = (here, (Use.WHY_SERVER,)) if is_elsewhere else ((*here, Use.WHY_SERVER), ())
        name = named_pod(client) if client is not None else ""
        edges.terminal.progress("reading what the cluster says")
        with (
            reviewed(edges.reads.fetch, *uses, target=client, name=name) as asked,
            reviewed(at_server.reads.fetch, *elsewhere) as also,
            ThreadPoolExecutor(1) as pool,
        ):
            reading_facts = pool.submit(read_facts, edges.reads.fetch, self.request.server)
            ask = asker(self.request.pick, edges.terminal, edges.inbox)
            chosen = choose(client, edges.reads, ask) if client is not None else None
            facts = reading_facts.result()
            pods = [end.pod.uid for end in facts.server.pods]
            if chosen and facts.server.service is None and pods == [chosen.pod.uid]:
                raise UsageError(f"CLIENT and SERVER are the same pod, {chosen.pod.name}")
            asked.result().demand(place.namespace)
            # Else it is a name from outside of the cluster, whose parts only look like a Service and its namespace.
            if facts.server.namespace == there:
                also.result().demand(there)
            return chosen, facts, asked.result()

    def _from_pod(self, chosen: Chosen, facts: ClusterFacts, evidence: Evidence, rights: Review) -> int:
        """Ask from the client's own pod, by a container that is added to it."""
        edges, request = self.edges, self.request
        adding = Proposal(wish(request), edges, self.debug(), self.pinned, LIFE)
        plan = plan_at_client(request, chosen, facts, rights, adding)
        if request.dry_run:
            return self.plans.dry_run(plan)
        announce(plan, edges.terminal)

        def attempt(every: Sequence[AddedContainer]) -> WhyReport | None:
            added, where = every[0], _asked_from(chosen, plan.target.namespace)
            return work_in(
                every, self._seconds, lambda: self._ask(_spot(added, edges), facts, evidence, where, added)
            )

        return self._finish(self._visit(plan.candidates, edges, attempt))

    def _from_own_pod(self, chosen: Chosen | None, facts: ClusterFacts) -> int:
        """Ask from a pod that is made for this, and deleted at the end."""
        edges, found = self.edges, list[WhyReport | None]()
        pod = wanted_pod(self.request, chosen.pod if chosen else None)
        plan = replace(
            plan_own_pod(pod, self.pinned, edges), details=what_follows(self.request, facts.server)
        )
        if self.request.dry_run:
            return self.plans.dry_run(plan)

        def ask(made: Pod) -> None:
            here = EndContainer(edges, made.name, made.tools, captures=not plan.profile.rules_out_raw_sockets)
            asked = AskedFrom(STAND_IN if chosen else THROWAWAY, made.name, made.namespace, made.node)
            found.append(self._ask(here, facts, facts.evidence(End(made)), asked))

        status = carry_out(pod, edges, plan, self.plans.show, lambda *_: Inquiring(ask))
        return self._finish(found[-1]) if not status and found else status

    @property
    def _seconds(self) -> float:
        """For the start of a container."""
        return self.request.start_timeout.total_seconds()

    def _ask(
        self,
        here: EndContainer,
        facts: ClusterFacts,
        evidence: Evidence,
        asked: AskedFrom,
        added: AddedContainer | None = None,
    ) -> WhyReport | None:
        """From a container that runs, `added` or in a pod of our own; None where a signal came."""
        client = Client(here.edges, here.pod, here.container, self.request, facts)
        try:
            evidence = client.look(evidence, both_ends_follow=not self.request.client_only)
            if needs_both_ends(evidence):
                evidence = self._both_ends(client, here, evidence, added)
        except Lost:
            return None
        return WhyReport(asked, evidence, judge(evidence), attempts(evidence), touched=True)

    def _both_ends(
        self, client: Client, here: EndContainer, evidence: Evidence, added: AddedContainer | None
    ) -> Evidence:
        """The same connections again, seen from the client's pod and from the server's."""
        edges = edges_in(evidence.server.namespace, self.edges, self.pinned, self.connection.request_timeout)
        missing: list[str] = []
        # A page may only have taken longer than what was waited for then.
        failed = (one for one in evidence.tries if not one.works and not (one.reply and one.reply.timed_out))
        evidence = replace(evidence, earlier=tuple(failed))
        ends = [
            e for e in ends_to_capture(evidence.server, self.request) if e.pod.uid != evidence.client.pod.uid
        ]
        candidates: Sequence[Candidate] = ()
        if self.request.client_only:
            missing.append("the server's pods were not looked into (--client-only)")
        else:
            adding = Proposal(wish(self.request), edges, self.debug(), self.pinned, LIFE)
            candidates = candidates_at_server(ends, client.facts, adding, missing)
        # Where nothing connects no page is asked for, unless it is the page that matters.
        pages = self.request.wants_page or any(
            one.outcome is ConnectResult.CONNECTED for one in evidence.tries
        )

        def look(every: Sequence[AddedContainer], both: BothEnds) -> Evidence:
            left_out = [f"pod {one.pod} was not looked into: {one.trouble}" for one in every if one.trouble]
            found = both.look(replace(evidence, missing=(*evidence.missing, *missing, *left_out)), self._keep)
            # What is lent may have been taken away: then all is done once more, by the client's container as well.
            if not any(one.lent for one in every):
                for one in every if added is None else (added, *every):
                    one.begin_end()
            if ServerFacts(edges.reads.fetch).has_changed(evidence.server):
                found = changed(found)
            return found

        def attempt(every: Sequence[AddedContainer]) -> Evidence | None:
            made = client.dials(evidence, pages)
            both = BothEnds(client, here, made)
            try:
                return work_in(
                    every,
                    self._seconds,
                    partial(look, every, both),
                    all_needed=False,
                    at_each=lambda one: both.begin(_spot(one, edges)),
                )
            finally:
                both.close()

        found = self._visit(candidates, edges, attempt)
        if found is None:
            raise Lost
        return found

    def _visit(
        self,
        candidates: Sequence[Candidate],
        edges: Edges,
        attempt: Callable[[Sequence[AddedContainer]], T | None],
    ) -> T | None:
        """Work in these containers; once more where one that runs for somebody else is ended by them meanwhile."""
        every = [self._adding(candidate, edges) for candidate in candidates]
        try:
            found = attempt(every)
        except NetshootError:
            if not any(one.lent for one in every):
                raise
        else:
            if not any(one.was_taken_away() for one in every):
                return found
        edges.terminal.warn("a container that was used has been ended by whoever added it: trying again")
        return self._visit([_anew(one) for one in candidates], edges, attempt)

    def _adding(self, candidate: Candidate, edges: Edges) -> AddedContainer:
        added = AddedContainer(edges, candidate, candidate.running)
        if added.lent:
            self.edges.terminal.say(f"using container {added.name}, which runs in pod {added.pod} already")
            return added
        self._left.append(added)
        self.edges.terminal.say(
            f"adding container {added.name} to pod {added.pod}; it ends with this command, but {RECORD}"
        )
        return added

    def _keep(self, pod: str, content: bytes) -> None:
        if self.request.captures is None or not content:
            return
        path = self.request.captures / f"{pod}.pcap"
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            private_file(path, content)
        except OSError as error:
            self.edges.terminal.warn(f"-w: {path.parent} cannot be created: {error.strerror}")
        except NetshootError as error:
            self.edges.terminal.warn(error.message)
        else:
            self.edges.terminal.say(f"the capture of pod {pod} is in {path}")

    def _finish(self, report: WhyReport | None) -> int:
        if report is None or self.edges.inbox.signal:
            return 128 + self.edges.inbox.signal
        left = tuple(
            Left(one.pod, one.edges.reads.fetch.namespace, one.name, one.goes_on)
            for one in self._left
            if one.was_added
        )
        return self._tell(replace(report, left=left))

    def _tell(self, report: WhyReport) -> int:
        self.show(report)
        return report.status


def _anew(candidate: Candidate) -> Candidate:
    """One of our own, by a name that the pod has not seen."""
    return replace(candidate, running="", container=replace(candidate.container, name=f"netshoot-{suffix()}"))


def changed(evidence: Evidence) -> Evidence:
    """What no end has seen may have come to a pod that was not looked into."""
    service = evidence.server.service
    told = f"the endpoints of Service {service.name if service else ''} changed meanwhile"
    return replace(evidence, changed=True, missing=(*evidence.missing, told))


def check_folder(folder: Path | None) -> None:
    """Raise UsageError where captures could not be kept there; it is made when there is one."""
    if folder is None:
        return
    place = folder if folder.exists() or folder.is_symlink() else folder.parent
    if not place.is_dir():
        raise UsageError(f"-w: {place} is not a folder")
    if not os.access(place, os.W_OK | os.X_OK):
        raise UsageError(f"-w: no permission to write to {place}")


def _end(chosen: Chosen) -> End:
    return End(chosen.pod, container_ports(chosen.sent))


def _asked_from(chosen: Chosen | None, namespace: str) -> AskedFrom:
    if chosen is None:
        return AskedFrom(THROWAWAY, "", namespace)
    return AskedFrom(POD, chosen.pod.name, namespace, chosen.pod.node)


def _spot(added: AddedContainer, edges: Edges) -> EndContainer:
    captures = not added.candidate.choice.rules_out_raw_sockets
    return EndContainer(edges, added.pod, added.name, added.sleeper, captures)
