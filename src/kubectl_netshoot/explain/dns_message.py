"""Reads DNS messages; dnspython does the parsing.

Hides that it is loaded only when a capture holds DNS, and which of its errors mean that a message is none.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dns.message import Message

ANSWERS_TOLD = 8
# A header, the root's name, type and class.
SHORTEST = 17
MOST_RECORDS, LONGEST_UDP = 100, 4096


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
    opcode: str = "QUERY"


def read_dns(raw: bytes) -> Dns | None:
    """The message in `raw`; one without question and answer, or that is none, is None."""
    import dns.exception
    import dns.flags
    import dns.message

    try:
        message = dns.message.from_wire(raw, ignore_trailing=True, continue_on_error=True)
    except (dns.exception.DNSException, ValueError, IndexError, NotImplementedError):
        return None
    if not message.question and not message.answer:
        return None
    return _told(message)


def has_dns_form(raw: bytes) -> bool:
    """Whether a datagram to whatever port has the form of a DNS message: a question, sane counts and flags."""
    if len(raw) < SHORTEST or raw[3] & 0x40:
        return False
    opcode, response = raw[2] >> 3 & 15, raw[2] >> 7
    questions, answers, authorities, others = (
        int.from_bytes(raw[at : at + 2], "big") for at in (4, 6, 8, 10)
    )
    # Query and notify ask without an answer in them; an update brings prerequisites and changes (RFC 2136, 2).
    if questions != 1 or opcode not in (0, 4, 5) or answers + authorities + others > MOST_RECORDS:
        return False
    if not response and (raw[3] & 15 or (opcode == 0 and answers)):
        return False
    return len(raw) <= LONGEST_UDP and read_dns(raw) is not None


def is_answer(raw: bytes) -> bool:
    """Whether a message answers a question."""
    return bool(raw[2] >> 7)


def _told(message: "Message") -> Dns:
    import dns.flags
    import dns.opcode
    import dns.rcode
    import dns.rdatatype

    # What multicast DNS announces comes without a question.
    question = (message.question or message.answer)[0]
    values = [str(value) for answer in message.answer for value in answer]
    return Dns(
        identity=message.id,
        response=bool(message.flags & dns.flags.QR),
        name=question.name.to_text(omit_final_dot=True).lower(),
        type=dns.rdatatype.to_text(question.rdtype),
        code=dns.rcode.to_text(message.rcode()),
        answers=tuple(values[:ANSWERS_TOLD]),
        truncated=bool(message.flags & dns.flags.TC),
        opcode=dns.opcode.to_text(message.opcode()),
    )
