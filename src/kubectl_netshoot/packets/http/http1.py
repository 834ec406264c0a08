"""HTTP/1 in a TCP connection: requests and their responses, matched, timed and judged."""

from collections import deque

from kubectl_netshoot.packets.conversation import Run
from kubectl_netshoot.packets.http.exchange import Exchange, Judge, request_step, response_step
from kubectl_netshoot.packets.http.message import CHUNKED, NO_HTTP, UNTIL_CLOSE, Head, MessageStream
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import http_steps, tcp_steps
from kubectl_netshoot.packets.messages.kinds import StepKind
from kubectl_netshoot.packets.messages.tcp_steps import Moment
from kubectl_netshoot.packets.report import Phase, Side
from kubectl_netshoot.packets.tcp.flow import Flow
from kubectl_netshoot.packets.tcp.half import Half

PIPELINE = 1000
# What a server that wants TLS answers to anything else.
TLS_ALERT = b"\x15\x03"


class Http:
    """See flow.Application."""

    def __init__(self, flow: Flow, ledger: Ledger) -> None:
        """`nest` leaves the connection to what a proxy has opened it for."""
        self.flow = flow
        self.judge = Judge(flow, ledger)
        self.waiting: deque[Exchange] = deque()
        self.answering: Exchange | None = None
        self.body_run: Run | None = None
        self.switched = self.opened = False
        self._requests = MessageStream(Requests(self))
        self._responses = MessageStream(Responses(self))

    def take(self, half: Half, packet: int, ns: int, data: bytes, start: int, end: int, length: int) -> None:
        """Payload of either side; most of it is the middle of a body, which is only counted."""
        if self.switched:
            self._tunnelled(half, packet, ns, length)
        elif half.side is Side.CLIENT:
            self._requests.feed((packet, ns), data, start, end, length)
        elif self.body_run is not None and self.answering is not None and self._responses.skip(length):
            self.answering.received += length
            self.body_run.more(packet, ns, length)
        else:
            if self.waiting and self.answering is None and not self.waiting[0].first_byte_ns:
                self.waiting[0].first_byte_ns = ns
                if data[start : start + 2] == TLS_ALERT:
                    self.judge.spoke_plain_text(packet)
            self._responses.feed((packet, ns), data, start, end, length)
            if self.opened:
                self.flow.hand_over(None)

    def gap(self, half: Half, length: int) -> None:
        """Bytes that are missing."""
        if half.side is Side.CLIENT or self.answering is None:
            self.judge.guessing = True
        stream = self._requests if half.side is Side.CLIENT else self._responses
        stream.gap((half.flow.talking.last if half.flow.talking else 0, half.flow.until), length)

    def ended(self, half: Half, packet: int, ns: int, *, reset: bool) -> None:
        """A body without length is complete when its sender closes."""
        if half.side is Side.SERVER and not reset:
            self._responses.closed((packet, ns))

    def moment(self) -> Moment:
        """See tcp_steps.Moment."""
        if self.answering is not None:
            return "response-cut"
        if self.waiting and self.waiting[0].first_byte_ns:
            # An answer has begun that is no HTTP, or not enough of it.
            return "data"
        if self.waiting or self._requests.inside:
            return "request-unanswered"
        return "data" if self.switched else "idle"

    def finish(self, flow: Flow) -> None:
        """Requests without an answer, an answer without its end."""
        if self.answering is not None:
            self.judge.cut(self.answering)
        for exchange in self.waiting:
            self.judge.unanswered(exchange, flow.until)
        self.judge.finish()
        # Each refers to this object by its listener.
        del self._requests, self._responses

    def _tunnelled(self, half: Half, packet: int, ns: int, length: int) -> None:
        run = self.flow.talking
        if run is not None and run.kind is tcp_steps.TCP_DATA and run.side is half.side:
            run.more(packet, ns, length)
        else:
            self.flow.message(tcp_steps.TCP_DATA, Phase.DATA, half, packet, ns, bytes=length)


class Requests:
    """Hears of the client's messages; see http_message.Listener."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._last: Exchange | None = None
        self._body: Run | None = None

    def head(self, head: Head, at: tuple[int, int], size: int | None) -> int | None:
        """A request."""
        http, flow = self._http, self._http.flow
        if not head.method:
            self.unreadable(at)
            return NO_HTTP
        length = CHUNKED if head.chunked else (head.length or 0)
        flow.message(
            http_steps.HTTP_REQUEST,
            Phase.REQUEST,
            flow.from_client,
            at[0],
            at[1],
            **request_step(head, size, length),
        )
        pipelined = bool(http.waiting) or http.answering is not None
        self._last, self._body = Exchange(head, *at), None
        http.judge.asked(self._last)
        if len(http.waiting) < PIPELINE:
            http.waiting.append(self._last)
        if pipelined and size is not None:
            self._pipelined(at)
        return length if size is not None else None

    def body(self, at: tuple[int, int], size: int) -> None:
        """More of it."""
        if self._last is not None:
            self._last.asked_ns = at[1]
            if at[0] == self._last.packet:
                return
        self._body = extend_body(
            self._http.flow, http_steps.HTTP_REQUEST_BODY, Phase.REQUEST, self._body, at, size
        )

    def end(self, at: tuple[int, int]) -> None:
        """All of it was sent."""
        if self._last is not None:
            self._last.asked_ns = at[1]
        if self._body is not None:
            self._body.parameters["complete"] = True

    def lost(self) -> None:
        """Nothing is concluded from where a request ends."""

    def unreadable(self, at: tuple[int, int]) -> None:
        """Not HTTP."""
        self._http.judge.unreadable(Side.CLIENT, at)

    def _pipelined(self, at: tuple[int, int]) -> None:
        flow = self._http.flow
        requests = len(self._http.waiting) + (self._http.answering is not None)
        run = flow.trouble(http_steps.HTTP_PIPELINED, flow.from_client, *at, requests=0)
        run.parameters["requests"] = requests


class Responses:
    """Hears of the server's messages; see http_message.Listener."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._unasked: Exchange | None = None

    def head(self, head: Head, at: tuple[int, int], size: int | None) -> int | None:
        """A response, to the oldest request that waits."""
        http, flow = self._http, self._http.flow
        if not head.status:
            self.unreadable(at)
            return NO_HTTP
        interim = head.status < 200 and head.status != 101
        exchange = self._exchange(interim=interim)
        length = body_length(head, exchange.method)
        run = flow.message(
            http_steps.HTTP_RESPONSE,
            Phase.RESPONSE,
            flow.from_server,
            at[0],
            at[1],
            **response_step(head, size, length, exchange, at[1]),
        )
        self._http.body_run = None
        if interim:
            return 0
        exchange.answered(head, at, run)
        http.answering = exchange
        http.judge.answered(exchange)
        if length == NO_HTTP:
            self._switch(head, at)
        return length if size is not None else self._cannot_tell(length)

    def body(self, at: tuple[int, int], size: int) -> None:
        """More of it."""
        exchange = self._http.answering
        if exchange is not None:
            exchange.received += size
        if exchange is None or at[0] != exchange.answer_packet:
            self._http.body_run = extend_body(
                self._http.flow, http_steps.HTTP_RESPONSE_BODY, Phase.RESPONSE, self._http.body_run, at, size
            )

    def end(self, at: tuple[int, int]) -> None:  # noqa: ARG002
        """All of it has come."""
        exchange = self._http.answering
        if exchange is None:
            return
        exchange.complete()
        if self._http.body_run is not None:
            self._http.body_run.parameters["complete"] = True
        self._http.answering = None

    def lost(self) -> None:
        """Its end may have been there."""
        if self._http.answering is not None:
            self._http.answering.end_hidden = True

    def unreadable(self, at: tuple[int, int]) -> None:
        """Not HTTP."""
        self._http.answering = None
        self._http.judge.unreadable(Side.SERVER, at)

    def _exchange(self, *, interim: bool) -> Exchange:
        waiting = self._http.waiting
        if waiting:
            return waiting[0] if interim else waiting.popleft()
        return Exchange(None)

    def _cannot_tell(self, length: int) -> int | None:
        self._http.answering = None
        return None if length else 0

    def _switch(self, head: Head, at: tuple[int, int]) -> None:
        flow = self._http.flow
        self._http.switched, self._http.answering = True, None
        self._http.opened = head.status != 101
        protocol = head.upgrade or "tunnel"
        flow.message(http_steps.HTTP_UPGRADE, Phase.RESPONSE, flow.from_server, *at, protocol=protocol)


def body_length(head: Head, method: str) -> int:
    """How long the body of a response is; see http_message.Listener.head."""
    if head.status == 101 or (method == "CONNECT" and head.status < 300):
        return NO_HTTP
    if method == "HEAD" or head.status < 200 or head.status in (204, 304):
        return 0
    if head.chunked:
        return CHUNKED
    return UNTIL_CLOSE if head.length is None else head.length


def extend_body(
    flow: Flow, step: StepKind, phase: Phase, run: Run | None, at: tuple[int, int], size: int
) -> Run:
    """One more packet with nothing but body."""
    if run is None:
        half = flow.from_client if step is http_steps.HTTP_REQUEST_BODY else flow.from_server
        return flow.message(step, phase, half, *at, bytes=size, complete=False)
    run.more(*at, size)
    return run
