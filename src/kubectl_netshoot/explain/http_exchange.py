"""A request and its answer, and the parameters of the two steps that tell of them."""

from kubectl_netshoot.explain.http_head import Head
from kubectl_netshoot.explain.report import Value
from kubectl_netshoot.explain.talk import Run


class Exchange:
    """A request until its answer is complete; times are nanoseconds since 1970, 0 for not yet."""

    __slots__ = (
        "answer",
        "answer_packet",
        "answer_run",
        "asked_ns",
        "done",
        "first_byte_ns",
        "packet",
        "received",
        "request",
        "run",
    )

    def __init__(self, request: Head | None, at: tuple[int, int], run: Run | None) -> None:
        """`request` is None for an answer to a request that was not captured."""
        self.request = request
        self.packet, self.asked_ns = at
        self.run = run
        self.received = 0
        self.first_byte_ns = 0
        self.answer: Head | None = None
        self.answer_packet = 0
        self.answer_run: Run | None = None
        self.done = False

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

    def complete(self, at: tuple[int, int]) -> None:  # noqa: ARG002
        """The answer's end has come."""
        self.done = True
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
