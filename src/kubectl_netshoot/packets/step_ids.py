"""Every id that a step can have, with its parameters: the one list that all renderings must speak.

A parameter is always there; None where it is not known or does not apply. Durations end in `seconds`, sizes in
`bytes`. `side` is in the Step itself. Types: see `report.Value`; plain words are text unless said otherwise.
"""

from enum import Enum


class StepId(Enum):
    """What happened; the parameters are in STEPS."""

    TCP_SYN = "tcp-syn"
    TCP_SYN_AGAIN = "tcp-syn-again"
    TCP_SYN_ACK = "tcp-syn-ack"
    TCP_SYN_ACK_AGAIN = "tcp-syn-ack-again"
    TCP_ESTABLISHED = "tcp-established"
    TCP_REFUSED = "tcp-refused"
    TCP_UNANSWERED = "tcp-unanswered"
    TCP_HANDSHAKE_UNFINISHED = "tcp-handshake-unfinished"
    TCP_MIDWAY = "tcp-midway"
    TCP_DATA = "tcp-data"
    TCP_ACK = "tcp-ack"
    TCP_RETRANSMISSION = "tcp-retransmission"
    TCP_OUT_OF_ORDER = "tcp-out-of-order"
    TCP_LOST_SEGMENT = "tcp-lost-segment"
    TCP_DUPLICATE_ACK = "tcp-duplicate-ack"
    TCP_ZERO_WINDOW = "tcp-zero-window"
    TCP_WINDOW_REOPENED = "tcp-window-reopened"
    TCP_KEEP_ALIVE = "tcp-keep-alive"
    TCP_KEEP_ALIVE_ACK = "tcp-keep-alive-ack"
    TCP_FIN = "tcp-fin"
    TCP_FIN_BOTH = "tcp-fin-both"
    TCP_HALF_CLOSE = "tcp-half-close"
    TCP_CLOSED = "tcp-closed"
    TCP_RESET = "tcp-reset"
    TCP_STILL_OPEN = "tcp-still-open"
    HTTP_REQUEST = "http-request"
    HTTP_REQUEST_BODY = "http-request-body"
    HTTP_RESPONSE = "http-response"
    HTTP_RESPONSE_BODY = "http-response-body"
    HTTP_PIPELINED = "http-pipelined"
    HTTP_UPGRADE = "http-upgrade"
    HTTP_UNREADABLE = "http-unreadable"
    HTTP2_PREFACE = "http2-preface"
    HTTP2_REQUEST = "http2-request"
    HTTP2_RESPONSE = "http2-response"
    HTTP2_TRAILERS = "http2-trailers"
    HTTP2_RESET = "http2-reset"
    HTTP2_GOAWAY = "http2-goaway"
    TLS_CLIENT_HELLO = "tls-client-hello"
    TLS_SERVER_HELLO = "tls-server-hello"
    TLS_ALERT = "tls-alert"
    TLS_ENCRYPTED_ALERT = "tls-encrypted-alert"
    TLS_APPLICATION_DATA = "tls-application-data"
    SERVICE_GREETING = "service-greeting"
    SERVICE_TLS_ASKED = "service-tls-asked"
    SERVICE_TLS_AGREED = "service-tls-agreed"
    SERVICE_TLS_REFUSED = "service-tls-refused"
    SERVICE_LOGIN = "service-login"
    SERVICE_LOGGED_IN = "service-logged-in"
    SERVICE_ERROR = "service-error"
    SERVICE_TUNNEL_ASKED = "service-tunnel-asked"
    SERVICE_TUNNEL_OPENED = "service-tunnel-opened"
    PROXIED = "proxied"
    DNS_QUESTION = "dns-question"
    DNS_QUESTION_AGAIN = "dns-question-again"
    DNS_ANSWER = "dns-answer"
    DNS_NO_ANSWER = "dns-no-answer"
    UDP_DATA = "udp-data"
    ICMP_ECHO = "icmp-echo"
    ICMP_ECHO_REPLY = "icmp-echo-reply"
    ICMP_UNREACHABLE = "icmp-unreachable"
    ICMP_TOO_BIG = "icmp-too-big"
    ICMP_TIME_EXCEEDED = "icmp-time-exceeded"
    ICMP_REDIRECT = "icmp-redirect"
    ICMP_OTHER = "icmp-other"
    NEIGHBOUR_ASKED = "neighbour-asked"
    NEIGHBOUR_PROBED = "neighbour-probed"
    NEIGHBOUR_ANSWERED = "neighbour-answered"
    NEIGHBOUR_ANNOUNCED = "neighbour-announced"
    TUNNEL = "tunnel"
    IP_PACKETS = "ip-packets"
    IP_FRAGMENTS = "ip-fragments"


S = StepId
OPTIONS = (
    "mss_bytes",
    "window_scale",
    "sack",
    "timestamps",
    "fast_open",
)  # int, int (power of 2), bool, bool, bool

STEPS: dict[StepId, tuple[str, ...]] = {
    S.TCP_SYN: (*OPTIONS, "window_bytes"),
    S.TCP_SYN_AGAIN: ("seconds",),  # from the first SYN to the last
    S.TCP_SYN_ACK: (*OPTIONS, "window_bytes", "seconds"),  # seconds since the SYN
    S.TCP_SYN_ACK_AGAIN: ("seconds",),
    S.TCP_ESTABLISHED: ("round_trip_seconds",),  # the handshake's last ACK; side: who sent it
    S.TCP_REFUSED: ("seconds",),  # RST as the answer to SYN
    S.TCP_UNANSWERED: ("attempts", "seconds"),  # seconds from the first SYN to the end of the capture
    S.TCP_HANDSHAKE_UNFINISHED: ("seconds",),  # SYN-ACK without its ACK
    S.TCP_MIDWAY: (),  # the capture began in the middle of the connection
    S.TCP_DATA: ("bytes",),  # payload of a protocol that is not told, neighbouring segments together
    S.TCP_ACK: ("bytes",),  # pure ACKs: how many more bytes of the other side they acknowledge
    S.TCP_RETRANSMISSION: ("bytes", "fast"),  # fast: int, how many of them after duplicate ACKs
    S.TCP_OUT_OF_ORDER: ("bytes",),
    S.TCP_LOST_SEGMENT: ("bytes",),  # a hole: sent but not (yet) seen in the capture
    S.TCP_DUPLICATE_ACK: (),
    S.TCP_ZERO_WINDOW: (),  # side: whose buffer is full
    S.TCP_WINDOW_REOPENED: ("window_bytes", "seconds"),
    S.TCP_KEEP_ALIVE: (),
    S.TCP_KEEP_ALIVE_ACK: (),
    S.TCP_FIN: ("first",),  # bool: the first of the two
    S.TCP_FIN_BOTH: (),  # both sides' FIN crossed on the wire
    S.TCP_HALF_CLOSE: ("bytes", "seconds"),  # what the other side still sent after the first FIN
    S.TCP_CLOSED: ("packets",),  # int: 3 or 4, the FINs and ACKs that it took
    S.TCP_RESET: ("moment",),  # one of MOMENTS
    S.TCP_STILL_OPEN: ("idle_seconds",),  # at the end of the capture
    # target: Guarded, headers: tuple of Header (those worth a word), body_bytes: int or None when there is no telling
    S.HTTP_REQUEST: (
        "method",
        "target",
        "version",
        "host",
        "user_agent",
        "headers",
        "header_bytes",
        "body_bytes",
        "chunked",
    ),
    S.HTTP_REQUEST_BODY: ("bytes", "complete"),  # in packets after the header's
    # first_byte_seconds: from the end of the request to the first byte of this; complete: bool, was all of it seen
    S.HTTP_RESPONSE: (
        "status",
        "reason",
        "version",
        "headers",
        "header_bytes",
        "body_bytes",
        "chunked",
        "first_byte_seconds",
        "complete",
    ),
    S.HTTP_RESPONSE_BODY: ("bytes", "complete"),
    S.HTTP_PIPELINED: ("requests",),  # int: sent before the first of them was answered
    S.HTTP_UPGRADE: ("protocol",),  # after 101 or a successful CONNECT ("tunnel")
    S.HTTP_UNREADABLE: (),  # not HTTP any more from here on
    S.HTTP2_PREFACE: (),
    S.HTTP2_REQUEST: ("method", "target", "authority", "stream", "grpc"),
    S.HTTP2_RESPONSE: ("status", "stream", "first_byte_seconds"),
    S.HTTP2_TRAILERS: ("grpc_status", "grpc_message", "stream"),  # int, Guarded
    S.HTTP2_RESET: ("error", "stream"),
    S.HTTP2_GOAWAY: ("error",),
    S.TLS_CLIENT_HELLO: ("version", "server_name", "alpn"),  # highest offered; alpn: tuple
    S.TLS_SERVER_HELLO: ("version", "cipher", "alpn", "retry", "seconds"),  # retry: bool, a HelloRetryRequest
    S.TLS_ALERT: ("fatal", "description"),  # bool; as RFC 8446 writes it: bad_certificate ...
    S.TLS_ENCRYPTED_ALERT: (),
    S.TLS_APPLICATION_DATA: ("bytes",),  # encrypted; handshake and alerts of TLS 1.3 included
    # Databases, brokers, mail, directories, proxies; protocol: PostgreSQL, SMTP ..
    S.SERVICE_GREETING: ("protocol", "text"),  # what the server calls itself
    S.SERVICE_TLS_ASKED: ("protocol",),
    S.SERVICE_TLS_AGREED: ("protocol",),
    S.SERVICE_TLS_REFUSED: ("protocol",),
    S.SERVICE_LOGIN: ("protocol", "user", "database"),  # user: Guarded; a password is never kept
    S.SERVICE_LOGGED_IN: ("protocol",),
    S.SERVICE_ERROR: ("protocol", "code", "text"),  # the server's own; text: Guarded
    S.SERVICE_TUNNEL_ASKED: ("protocol", "target"),  # target: host:port
    S.SERVICE_TUNNEL_OPENED: ("protocol",),
    S.PROXIED: ("source", "target", "version"),  # Endpoints: the client behind the proxy, and whom it called
    S.DNS_QUESTION: ("name", "type", "opcode"),  # QUERY, NOTIFY, UPDATE: then the name is of a zone
    S.DNS_QUESTION_AGAIN: ("name", "type", "seconds"),
    S.DNS_ANSWER: (
        "name",
        "type",
        "opcode",
        "code",
        "answers",
        "truncated",
        "seconds",
    ),  # NOERROR ...; answers: tuple
    S.DNS_NO_ANSWER: ("name", "type", "seconds"),
    S.UDP_DATA: ("bytes",),
    S.ICMP_ECHO: (),
    S.ICMP_ECHO_REPLY: ("round_trip_seconds",),
    S.ICMP_UNREACHABLE: ("code", "transport", "source", "target"),  # UNREACHABLE; tcp..; Endpoints or None
    S.ICMP_TOO_BIG: ("mtu_bytes", "transport", "source", "target"),
    S.ICMP_TIME_EXCEEDED: ("transport", "source", "target"),
    S.ICMP_REDIRECT: ("gateway",),
    S.ICMP_OTHER: ("type", "code"),  # ints
    S.NEIGHBOUR_ASKED: ("address",),  # ARP who-has, or IPv6 neighbour solicitation
    S.NEIGHBOUR_PROBED: ("address",),  # ARP probe or duplicate address detection, by who wants the address
    S.NEIGHBOUR_ANSWERED: ("address", "hardware", "seconds"),
    S.NEIGHBOUR_ANNOUNCED: ("address", "hardware"),
    S.TUNNEL: (
        "tunnel",
        "identifier",
        "bytes",
    ),  # VXLAN ..; int (VNI, key, TEID, label)
    S.IP_PACKETS: ("protocol", "bytes"),  # int
    S.IP_FRAGMENTS: ("protocol", "bytes"),
}

# Where in the conversation a reset came.
MOMENTS = (
    "handshake",  # after the SYN-ACK, before any data
    "request-unanswered",  # a request was sent and had no answer
    "response-cut",  # in the middle of an answer
    "data",  # after data of a protocol that is not told
    "tls-handshake",
    "idle",  # everything asked had been answered
    "closing",  # after a FIN
    "after-close",  # after both FINs
)

# Why ICMP says that it cannot be reached.
UNREACHABLE = ("network", "host", "protocol", "port", "prohibited", "source-route", "no-route", "other")
