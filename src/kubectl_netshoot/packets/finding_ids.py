"""Every id that a finding can have, with its severity and its parameters: the one list that all renderings must speak.

A finding is made once for all conversations that it is true of in the same way: `client` and `server` are Endpoints
(`client` has no port; it is None where there are several), numbers are totals, durations the longest. A parameter is
always there; None where it is not known.
"""

from enum import Enum
from typing import NamedTuple


class Severity(Enum):
    """FAULT: something did not work; WARNING: it worked badly or may soon not; NOTE: good to know, no fault."""

    FAULT = "fault"
    WARNING = "warning"
    NOTE = "note"


class FindingId(Enum):
    """What is to be known; severity and parameters are in FINDINGS, from the worst to the least."""

    CONNECTION_REFUSED = "connection-refused"
    CONNECTION_UNANSWERED = "connection-unanswered"
    HANDSHAKE_UNFINISHED = "handshake-unfinished"
    PROBE_FAILING = "probe-failing"
    CHECK_FAILING = "check-failing"
    HTTP_SERVER_ERROR = "http-server-error"
    HTTP_UNANSWERED = "http-unanswered"
    HTTP_RESPONSE_CUT = "http-response-cut"
    GRPC_ERROR = "grpc-error"
    TLS_ALERT = "tls-alert"
    TLS_HANDSHAKE_CUT = "tls-handshake-cut"
    TLS_GOT_PLAIN_TEXT = "tls-got-plain-text"
    SERVICE_REFUSED = "service-refused"
    SERVICE_NO_TLS = "service-no-tls"
    NOT_TRANSLATED = "not-translated"
    ACCEPT_QUEUE_FULL = "accept-queue-full"
    CONNECTION_RESET = "connection-reset"
    DNS_SERVER_FAILURE = "dns-server-failure"
    DNS_UNANSWERED = "dns-unanswered"
    DNS_NO_SUCH_NAME = "dns-no-such-name"
    ICMP_UNREACHABLE = "icmp-unreachable"
    FRAGMENTATION_NEEDED = "fragmentation-needed"
    PEER_SILENT = "peer-silent"
    MTU_BLACK_HOLE = "mtu-black-hole"
    ROUTING_LOOP = "routing-loop"
    NEIGHBOUR_UNANSWERED = "neighbour-unanswered"
    ADDRESS_CONFLICT = "address-conflict"
    KEEP_ALIVE_UNANSWERED = "keep-alive-unanswered"
    ZERO_WINDOW = "zero-window"
    HTTP_CLIENT_ERROR = "http-client-error"
    HTTP_UNREADABLE = "http-unreadable"
    SERVICE_ERROR = "service-error"
    SLOW_RESPONSE = "slow-response"
    SLOW_HANDSHAKE = "slow-handshake"
    DNS_SLOW = "dns-slow"
    DNS_TRUNCATED = "dns-truncated"
    DNS_SEARCH_LIST = "dns-search-list"
    TLS_OLD_VERSION = "tls-old-version"
    RETRANSMISSIONS = "retransmissions"
    BAD_CHECKSUM = "bad-checksum"
    ECHO_UNANSWERED = "echo-unanswered"
    UNREAD_LINES = "unread-lines"
    CAPTURE_CUT = "capture-cut"
    CAPTURE_GARBLED = "capture-garbled"
    CAPTURE_DROPS = "capture-drops"
    CAPTURE_SNAPPED = "capture-snapped"
    NOT_UNDERSTOOD = "not-understood"
    SEEN_TWICE = "seen-twice"
    COMMENT = "comment"
    CONVERSATIONS_FOLDED = "conversations-folded"
    ONE_SIDED = "one-sided"
    LOST_IN_CAPTURE = "lost-in-capture"
    OUT_OF_ORDER = "out-of-order"
    DNS_NO_REVERSE_NAME = "dns-no-reverse-name"
    UDP_UNANSWERED = "udp-unanswered"
    HALF_CLOSED_LONG = "half-closed-long"
    STARTED_MIDWAY = "started-midway"
    CHECKSUM_OFFLOAD = "checksum-offload"
    CHECKSUMS_REWRITTEN = "checksums-rewritten"
    SOURCE_NAT = "source-nat"
    PROXY_PROTOCOL = "proxy-protocol"
    TRACEROUTE = "traceroute"
    KUBE_PROBE = "kube-probe"
    LOAD_BALANCER_CHECK = "load-balancer-check"
    KEEP_ALIVE = "keep-alive"
    IDLE_RESET = "idle-reset"


class Shape(NamedTuple):
    """A finding's severity and the names of its parameters."""

    severity: Severity
    parameters: tuple[str, ...]


F = FindingId
_FAULT, _WARNING, _NOTE = Severity.FAULT, Severity.WARNING, Severity.NOTE

FINDINGS: dict[FindingId, Shape] = {
    F.CONNECTION_REFUSED: Shape(_FAULT, ("client", "server", "attempts")),
    F.CONNECTION_UNANSWERED: Shape(_FAULT, ("client", "server", "attempts", "seconds")),
    F.HANDSHAKE_UNFINISHED: Shape(
        _FAULT, ("client", "server", "seconds")
    ),  # SYN-ACK sent, never acknowledged
    # failure: refused, unanswered, status (then status is an int), reset, no-response
    F.PROBE_FAILING: Shape(_FAULT, ("client", "server", "target", "failure", "status")),
    F.CHECK_FAILING: Shape(_FAULT, ("client", "server", "target", "failure", "status")),
    F.HTTP_SERVER_ERROR: Shape(_FAULT, ("client", "server", "status", "method", "target", "count")),
    F.HTTP_UNANSWERED: Shape(_FAULT, ("client", "server", "method", "target", "count", "seconds")),
    F.HTTP_RESPONSE_CUT: Shape(
        _FAULT, ("client", "server", "status", "target", "seen_bytes", "expected_bytes")
    ),
    F.GRPC_ERROR: Shape(_FAULT, ("client", "server", "target", "grpc_status", "grpc_message", "count")),
    F.TLS_ALERT: Shape(_FAULT, ("client", "server", "side", "description", "server_name", "count")),
    F.TLS_HANDSHAKE_CUT: Shape(_FAULT, ("client", "server", "side", "server_name")),  # side: who ended it
    F.TLS_GOT_PLAIN_TEXT: Shape(_FAULT, ("client", "server", "side")),  # side: who spoke plain text
    # reason: of services.errors.KINDS; code and text: the server's own, text Guarded
    F.SERVICE_REFUSED: Shape(_FAULT, ("client", "server", "protocol", "reason", "code", "text", "count")),
    F.SERVICE_NO_TLS: Shape(_FAULT, ("client", "server", "protocol", "count")),
    F.NOT_TRANSLATED: Shape(
        _FAULT, ("client", "server", "answering", "count")
    ),  # answering: Endpoint, who it was
    F.ACCEPT_QUEUE_FULL: Shape(
        _FAULT, ("client", "server", "count")
    ),  # SYN-ACKs sent again after the client's ACK
    F.CONNECTION_RESET: Shape(
        _FAULT, ("client", "server", "side", "moment", "count")
    ),  # moment: of step_ids.MOMENTS
    F.DNS_SERVER_FAILURE: Shape(_FAULT, ("client", "server", "name", "code", "count")),
    F.DNS_UNANSWERED: Shape(_FAULT, ("client", "server", "name", "count", "seconds")),
    F.DNS_NO_SUCH_NAME: Shape(_FAULT, ("client", "server", "name", "count")),  # not by the search list
    F.ICMP_UNREACHABLE: Shape(_FAULT, ("reporter", "code", "transport", "target", "count")),  # as of step_ids
    F.FRAGMENTATION_NEEDED: Shape(_FAULT, ("reporter", "mtu_bytes", "target", "count")),
    F.PEER_SILENT: Shape(
        _FAULT, ("client", "server", "side", "count", "seconds")
    ),  # side: who sends in vain, what had been acknowledged before
    F.MTU_BLACK_HOLE: Shape(
        _FAULT, ("client", "server", "side", "payload_bytes", "count")
    ),  # side: who sends in vain
    F.ROUTING_LOOP: Shape(_FAULT, ("reporter", "target", "count")),  # time exceeded, and no traceroute
    F.NEIGHBOUR_UNANSWERED: Shape(_FAULT, ("client", "address", "attempts")),
    F.ADDRESS_CONFLICT: Shape(_FAULT, ("address", "hardware")),  # tuple of two or more hardware addresses
    F.KEEP_ALIVE_UNANSWERED: Shape(_FAULT, ("client", "server", "side", "count")),  # side: who asked in vain
    F.ZERO_WINDOW: Shape(
        _WARNING, ("client", "server", "side", "count", "seconds")
    ),  # side: whose buffer is full
    F.HTTP_CLIENT_ERROR: Shape(_WARNING, ("client", "server", "status", "method", "target", "count")),
    F.HTTP_UNREADABLE: Shape(_WARNING, ("client", "server", "side")),
    F.SERVICE_ERROR: Shape(_WARNING, ("client", "server", "protocol", "reason", "code", "text", "count")),
    F.SLOW_RESPONSE: Shape(_WARNING, ("client", "server", "method", "target", "count", "seconds")),
    F.SLOW_HANDSHAKE: Shape(_WARNING, ("client", "server", "seconds", "attempts")),
    F.DNS_SLOW: Shape(_WARNING, ("client", "server", "name", "seconds", "count")),
    F.DNS_TRUNCATED: Shape(_WARNING, ("client", "server", "name", "count")),
    F.DNS_SEARCH_LIST: Shape(
        _WARNING, ("client", "server", "name", "tried", "count")
    ),  # tried: tuple of names, in vain
    F.TLS_OLD_VERSION: Shape(_WARNING, ("client", "server", "version", "count")),
    F.RETRANSMISSIONS: Shape(
        _WARNING, ("client", "server", "side", "count", "percent")
    ),  # of segments with payload
    F.BAD_CHECKSUM: Shape(
        _WARNING, ("client", "server", "side", "count")
    ),  # sent by the far side: real damage
    F.ECHO_UNANSWERED: Shape(_WARNING, ("client", "server", "count")),
    F.UNREAD_LINES: Shape(_WARNING, ("count",)),
    F.CAPTURE_CUT: Shape(_WARNING, ("offset", "after_packet")),
    F.CAPTURE_GARBLED: Shape(_WARNING, ("offset", "after_packet")),
    F.CAPTURE_DROPS: Shape(_WARNING, ("count",)),  # lost by the kernel of the capturing host
    F.CAPTURE_SNAPPED: Shape(_NOTE, ("count",)),
    F.NOT_UNDERSTOOD: Shape(_NOTE, ("count", "link_types")),
    F.SEEN_TWICE: Shape(
        _NOTE, ("count",)
    ),  # packets that came again from another interface, and were left out
    F.COMMENT: Shape(_NOTE, ("text", "count")),  # of a packet, or of the whole file
    F.CONVERSATIONS_FOLDED: Shape(_NOTE, ("count", "kept")),
    F.ONE_SIDED: Shape(
        _WARNING, ("client", "server", "side", "count")
    ),  # side: the only one that was captured
    F.LOST_IN_CAPTURE: Shape(
        _NOTE, ("client", "server", "side", "bytes")
    ),  # acknowledged, but not in the capture
    F.OUT_OF_ORDER: Shape(_NOTE, ("client", "server", "side", "count")),
    F.DNS_NO_REVERSE_NAME: Shape(_NOTE, ("client", "server", "example", "count")),  # NXDOMAIN for an address
    F.UDP_UNANSWERED: Shape(_NOTE, ("client", "server", "count")),
    F.HALF_CLOSED_LONG: Shape(_NOTE, ("client", "server", "side", "seconds")),  # side: who still held it open
    F.STARTED_MIDWAY: Shape(_NOTE, ("count",)),  # conversations
    F.CHECKSUM_OFFLOAD: Shape(_NOTE, ("endpoint", "count")),
    F.CHECKSUMS_REWRITTEN: Shape(_NOTE, ("count",)),  # wrong, and accepted all the same
    F.SOURCE_NAT: Shape(_NOTE, ("client", "server", "count")),
    F.PROXY_PROTOCOL: Shape(
        _NOTE, ("client", "server", "example", "count")
    ),  # example: Endpoint, one of those whom client speaks for; None where it speaks for itself
    F.TRACEROUTE: Shape(
        _NOTE, ("source", "target", "routers", "reached")
    ),  # routers: how many; reached: bool
    F.KUBE_PROBE: Shape(_NOTE, ("client", "server", "target", "count")),  # target None: a TCP probe
    F.LOAD_BALANCER_CHECK: Shape(
        _NOTE, ("client", "server", "agent", "count")
    ),  # agent None: connect and close
    F.KEEP_ALIVE: Shape(_NOTE, ("client", "server", "side", "count")),
    F.IDLE_RESET: Shape(_NOTE, ("client", "server", "side", "count")),
}

# Concluded from packets that are not there: not said of a conversation some of whose packets could not be read.
FROM_ABSENCE = frozenset(
    {
        F.CONNECTION_UNANSWERED,
        F.HANDSHAKE_UNFINISHED,
        F.HTTP_UNANSWERED,
        F.HTTP_RESPONSE_CUT,
        F.TLS_HANDSHAKE_CUT,
        F.DNS_UNANSWERED,
        F.MTU_BLACK_HOLE,
        F.NEIGHBOUR_UNANSWERED,
        F.KEEP_ALIVE_UNANSWERED,
        F.ZERO_WINDOW,
        F.SLOW_RESPONSE,
        F.SLOW_HANDSHAKE,
        F.DNS_SLOW,
        F.ECHO_UNANSWERED,
        F.ONE_SIDED,
        F.LOST_IN_CAPTURE,
        F.OUT_OF_ORDER,
        F.UDP_UNANSWERED,
        F.HALF_CLOSED_LONG,
        F.LOAD_BALANCER_CHECK,
    }
)
