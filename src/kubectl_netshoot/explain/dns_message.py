"""Reads DNS messages; dnspython does the parsing.

Hides that it is loaded only when a capture holds DNS, and which of its errors mean that a message is none.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dns.message import Message

ANSWERS_TOLD = 8


@dataclass(frozen=True)
class Dns:
    """A question or its answer; `answers` are values as a zone file writes them."""

    identity: int
    response: bool
    name: str
    type: str
    code: str
    answers: tuple[str, ...]
    truncated: bool


def read_dns(raw: bytes) -> Dns | None:
    """The message in `raw`; one without a question, or that is none, is None."""
    import dns.exception
    import dns.flags
    import dns.message

    try:
        message = dns.message.from_wire(raw, ignore_trailing=True, continue_on_error=True)
    except (dns.exception.DNSException, ValueError, IndexError, NotImplementedError):
        return None
    if not message.question:
        return None
    return _told(message)


def _told(message: "Message") -> Dns:
    import dns.flags
    import dns.rcode
    import dns.rdatatype

    question = message.question[0]
    values = [str(value) for answer in message.answer for value in answer]
    return Dns(
        identity=message.id,
        response=bool(message.flags & dns.flags.QR),
        name=question.name.to_text(omit_final_dot=True).lower(),
        type=dns.rdatatype.to_text(question.rdtype),
        code=dns.rcode.to_text(message.rcode()),
        answers=tuple(values[:ANSWERS_TOLD]),
        truncated=bool(message.flags & dns.flags.TC),
    )
