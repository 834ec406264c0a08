"""A request and its answer: the parameters of their steps, what is wrong with them, and who it was that asked."""

import re
from dataclasses import dataclass
from functools import lru_cache

from kubectl_netshoot.packets.conversation import NotedPackets, Run
from kubectl_netshoot.packets.http.message import Head
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import faults, notes, warnings
from kubectl_netshoot.packets.messages import http_steps as steps
from kubectl_netshoot.packets.report import Guarded, Outcome, Parameters, Role, Side, Value
from kubectl_netshoot.packets.tcp.flow import Flow


@dataclass(slots=True, eq=False)
class Exchange:
    """A request until its answer is complete; times are nanoseconds since 1970, 0 for not yet.

    `request` is None for an answer to a request that was not captured; `end_hidden` where the answer's end may be in
    what was not.
    """

    request: Head | None
    packet: int = 0
    asked_ns: int = 0
    received: int = 0
    first_byte_ns: int = 0
    answer: Head | None = None
    answer_packet: int = 0
    answer_run: Run | None = None
    end_hidden: bool = False

    @property
    def method(self) -> str:
        return self.request.method if self.request else ""

    @property
    def waited(self) -> float | None:
        """Seconds from the request's end to the answer's first byte; None when the answer came before the end."""
        if not self.request or not self.first_byte_ns or self.first_byte_ns < self.asked_ns:
            return None
        return (self.first_byte_ns - self.asked_ns) / 1e9

    def answered(self, head: Head, at: tuple[int, int], run: Run) -> None:
        """The answer's head has come."""
        self.answer, self.answer_packet, self.answer_run = head, at[0], run

    def complete(self) -> None:
        """The answer's end has come."""
        if self.answer_run is not None:
            self.answer_run.parameters["complete"] = True
            self.answer_run.parameters["body_bytes"] = self.received


def request_step(head: Head, size: int | None, length: int) -> dict[str, Value]:
    """The parameters of HTTP_REQUEST."""
    return {
        "method": head.method,
        "target": head.target,
        "version": head.version,
        "host": head.host,
        "user_agent": head.user_agent,
        "headers": head.headers,
        "header_bytes": size,
        "body_bytes": None if size is None or length < 0 else length,
        "chunked": head.chunked,
    }


def response_step(head: Head, size: int | None, length: int, exchange: Exchange, ns: int) -> dict[str, Value]:
    """The parameters of HTTP_RESPONSE, whose first byte came at `ns` unless an earlier packet had it."""
    exchange.first_byte_ns = exchange.first_byte_ns or ns
    return {
        "status": head.status,
        "reason": head.reason,
        "version": head.version,
        "headers": head.headers,
        "header_bytes": size,
        "body_bytes": None if size is None or length < 0 else length,
        "chunked": head.chunked,
        "first_byte_seconds": exchange.waited,
        "complete": length == 0,
    }


_KUBE_PROBE = re.compile(r"kube-probe/", re.I)
_CHECKS = re.compile(
    r"ELB-HealthChecker|GoogleHC|Amazon-Route53-Health-Check|Azure-?(?:Health|Traffic)|Load Balancer Agent"
    r"|Edge Health Probe|HAProxy|Envoy/HC|DigitalOcean.*Health|OracleLB"
    r"|Traefik.*health|hcloud|SLBHealthCheck|clb-healthcheck",
    re.I,
)


@lru_cache(maxsize=512)
@lru_cache(maxsize=512)
def visitor(user_agent: str | None) -> Role | None:
    """What a User-Agent says of who asks; None for an ordinary client."""
    if not user_agent:
        return None
    if _KUBE_PROBE.match(user_agent):
        return Role.KUBE_PROBE
    return Role.LOAD_BALANCER if _CHECKS.search(user_agent) else None


SLOW_SECONDS = 1.0
PROBES = {Role.KUBE_PROBE: faults.PROBE_FAILING, Role.LOAD_BALANCER: faults.CHECK_FAILING}


class Judge:
    """Judges one connection's exchanges as they go by."""

    def __init__(self, flow: Flow, ledger: Ledger) -> None:
        self._flow = flow
        self._ledger = ledger
        self._role: Role | None = None
        self._agent: str | None = None
        self._requests = NotedPackets()
        self._target: Guarded | None = None
        self._refused = False
        self._unreadable = False
        # Something between messages is not in the capture: which answer is for which request is a guess.
        self.guessing = False

    def asked(self, exchange: Exchange) -> None:
        """A request."""
        request = exchange.request
        assert request is not None
        self._requests.append(exchange.packet)
        role = visitor(request.user_agent)
        if role is not None and self._role is None:
            self._role, self._agent, self._target = role, request.user_agent, request.target
            self._flow.client_roles.add(role)
        elif role is None and request.user_agent:
            self._flow.visited = True

    def answered(self, exchange: Exchange) -> None:
        """The head of an answer."""
        assert exchange.answer is not None
        status = exchange.answer.status
        target = exchange.request.target if exchange.request else None
        evidence = NotedPackets(*(packet for packet in (exchange.packet, exchange.answer_packet) if packet))
        about: Parameters = {"method": exchange.method, "target": target}
        if status >= 400 and self._role:
            self._failing("status", evidence, target, status)
        elif status >= 400:
            finding = faults.HTTP_SERVER_ERROR if status >= 500 else warnings.HTTP_CLIENT_ERROR
            self._ledger.about(finding, self._flow, evidence, status=status, **about, count=1)
        waited = exchange.waited
        if waited is None or waited <= SLOW_SECONDS or status == 101 or self.guessing:
            return
        underway = self._underway(exchange)
        if underway > waited / 2:
            self._ledger.about(warnings.SLOW_NETWORK, self._flow, evidence, count=1, seconds=underway)
        else:
            self._ledger.about(warnings.SLOW_RESPONSE, self._flow, evidence, **about, count=1, seconds=waited)

    def _underway(self, exchange: Exchange) -> float:
        """Seconds until the server's kernel acknowledged the request, which it does soon; 0 if no ACK alone tells."""
        client, server = self._flow.from_client, self._flow.from_server
        if server.acked != client.next or not exchange.asked_ns <= server.told_ns <= exchange.first_byte_ns:
            return 0
        return (server.told_ns - exchange.asked_ns) / 1e9

    def unanswered(self, exchange: Exchange, until: int) -> None:
        """The conversation is over and this was not answered; at the capture's end it may just be too early."""
        assert exchange.request is not None
        seconds = (until - exchange.asked_ns) / 1e9
        if self._refused or self.guessing or self._flow.is_unaccepted:
            return
        if exchange.first_byte_ns:
            # It did answer: in another protocol, or with no more than the beginning of a head.
            if self._flow.outcome is not Outcome.OPEN and not self._unreadable:
                self.unreadable(Side.SERVER, (exchange.packet, until))
            return
        # A server that resets at once is told as that.
        reset = self._flow.reset_by is self._flow.from_server and self._role is None
        unknown = reset or self._flow.outcome is Outcome.OPEN or self._client_left_first()
        if seconds < SLOW_SECONDS and unknown:
            return
        # Where its packets are not in the capture, or do not come at all, nothing is known of the server.
        server = self._flow.from_server
        if not server.packets or server.lost or self._flow.from_client.ignored:
            return
        evidence = NotedPackets(exchange.packet)
        if self._role:
            self._failing("no-response", evidence, exchange.request.target, None)
            return
        about: Parameters = {"method": exchange.method, "target": exchange.request.target}
        self._ledger.about(faults.HTTP_UNANSWERED, self._flow, evidence, **about, count=1, seconds=seconds)

    def _client_left_first(self) -> bool:
        client, server = self._flow.from_client, self._flow.from_server
        if self._flow.reset_by is not None and client.fin is None and server.fin is None:
            return self._flow.reset_by is client
        return client.fin is not None and (server.fin is None or client.fin.packet < server.fin.packet)

    def cut(self, exchange: Exchange) -> None:
        """The conversation is over in the middle of an answer."""
        answer = exchange.answer
        assert answer is not None
        if self._flow.outcome is Outcome.OPEN or exchange.end_hidden:
            return
        self._ledger.about(
            faults.HTTP_RESPONSE_CUT,
            self._flow,
            NotedPackets(*(packet for packet in (exchange.packet, exchange.answer_packet) if packet)),
            status=answer.status,
            target=exchange.request.target if exchange.request else None,
            seen_bytes=exchange.received,
            expected_bytes=answer.length,
        )

    def unreadable(self, side: Side, at: tuple[int, int]) -> None:
        """Something that is not HTTP where HTTP was expected."""
        if self._refused:
            return
        self._unreadable = True
        flow = self._flow
        half = flow.from_client if side is Side.CLIENT else flow.from_server
        flow.trouble(steps.HTTP_UNREADABLE, half, *at)
        self._ledger.about(warnings.HTTP_UNREADABLE, flow, NotedPackets(at[0]), side=side)

    def spoke_plain_text(self, packet: int) -> None:
        """The server wants TLS."""
        self._refused = True
        self._ledger.about(faults.TLS_GOT_PLAIN_TEXT, self._flow, NotedPackets(packet), side=Side.CLIENT)

    def finish(self) -> None:
        """Say who it was that asked."""
        if self._role is Role.KUBE_PROBE:
            self._ledger.about(
                notes.KUBE_PROBE,
                self._flow,
                self._requests,
                target=self._target,
                count=self._requests.count,
            )
        elif self._role is Role.LOAD_BALANCER:
            self._ledger.about(
                notes.LOAD_BALANCER_CHECK,
                self._flow,
                self._requests,
                agent=self._agent,
                count=self._requests.count,
            )

    def _failing(
        self, failure: str, evidence: NotedPackets, target: Guarded | None, status: int | None
    ) -> None:
        assert self._role is not None
        self._ledger.about(
            PROBES[self._role], self._flow, evidence, target=target, failure=failure, status=status
        )
