"""What stands on the arrow of each step in a ladder: the field's own word, as short as it can be."""

from kubectl_netshoot.packets.step_ids import StepId as S
from kubectl_netshoot.packets.words.sentence import Choice, Sentence, Wording, one_or_more
from kubectl_netshoot.packets.words.service_steps import LABELS as SERVICES

LABELS: dict[S, Wording] = {
    **SERVICES,
    S.TCP_SYN: Sentence("SYN"),
    S.TCP_SYN_AGAIN: one_or_more("SYN again", "SYN again x{count}"),
    S.TCP_SYN_ACK: Sentence("SYN-ACK"),
    S.TCP_SYN_ACK_AGAIN: one_or_more("SYN-ACK again", "SYN-ACK again x{count}"),
    S.TCP_ESTABLISHED: Sentence("ACK, established"),
    S.TCP_REFUSED: Sentence("RST, refused"),
    S.TCP_UNANSWERED: Sentence("no answer"),
    S.TCP_HANDSHAKE_UNFINISHED: Sentence("handshake unfinished"),
    S.TCP_MIDWAY: Sentence("begun before the capture"),
    S.TCP_DATA: Sentence("{bytes}"),
    S.TCP_ACK: one_or_more("ACK", "ACK x{count}"),
    S.TCP_RETRANSMISSION: one_or_more("retransmission", "retransmission x{count}"),
    S.TCP_OUT_OF_ORDER: one_or_more("out of order", "out of order x{count}"),
    S.TCP_LOST_SEGMENT: Sentence("missing: {bytes}"),
    S.TCP_DUPLICATE_ACK: one_or_more("duplicate ACK", "duplicate ACK x{count}"),
    S.TCP_ZERO_WINDOW: Sentence("zero window"),
    S.TCP_WINDOW_REOPENED: Sentence("window update"),
    S.TCP_KEEP_ALIVE: one_or_more("keep-alive", "keep-alive x{count}"),
    S.TCP_KEEP_ALIVE_ACK: one_or_more("ACK of keep-alive", "ACK of keep-alive x{count}"),
    S.TCP_FIN: Sentence("FIN"),
    S.TCP_FIN_BOTH: Sentence("FIN, both at once"),
    S.TCP_HALF_CLOSE: Sentence("half-closed"),
    S.TCP_CLOSED: Sentence("ACK, closed"),
    S.TCP_RESET: Sentence("RST"),
    S.TCP_STILL_OPEN: Sentence("still open"),
    S.HTTP_REQUEST: Sentence("{method} {target}"),
    S.HTTP_REQUEST_BODY: Sentence("body, {bytes}"),
    S.HTTP_RESPONSE: Sentence("{status} {reason}"),
    S.HTTP_RESPONSE_BODY: Sentence("body, {bytes}"),
    S.HTTP_PIPELINED: Sentence("{requests} requests at once"),
    S.HTTP_UPGRADE: Choice("protocol", {"tunnel": Sentence("tunnel")}, Sentence("now {protocol}")),
    S.HTTP_UNREADABLE: Sentence("no longer HTTP"),
    S.HTTP2_PREFACE: Sentence("HTTP/2"),
    S.HTTP2_REQUEST: Choice("grpc", {True: Sentence("gRPC {target}")}, Sentence("{method} {target}")),
    S.HTTP2_RESPONSE: Sentence("{status}"),
    S.HTTP2_TRAILERS: Choice(
        "grpc_status", {None: Sentence("end of response")}, Sentence("gRPC status {grpc_status}")
    ),
    S.HTTP2_RESET: Sentence("RST_STREAM {error}"),
    S.HTTP2_GOAWAY: Sentence("GOAWAY {error}"),
    S.TLS_CLIENT_HELLO: Choice(
        "server_name", {None: Sentence("ClientHello")}, Sentence("ClientHello {server_name}")
    ),
    S.TLS_SERVER_HELLO: Choice(
        "retry", {True: Sentence("HelloRetryRequest")}, Sentence("ServerHello {version}")
    ),
    S.TLS_ALERT: Sentence("alert {description}"),
    S.TLS_ENCRYPTED_ALERT: Sentence("alert, encrypted"),
    S.TLS_APPLICATION_DATA: Sentence("{bytes}, encrypted"),
    S.DNS_QUESTION: Choice("opcode", {"UPDATE": Sentence("update {name}")}, Sentence("{name} {type}?")),
    S.DNS_QUESTION_AGAIN: one_or_more("{name} {type}? again", "{name} {type}? again x{count}"),
    S.DNS_ANSWER: Choice("answers", {(): Sentence("{code}")}, Sentence("{answers}")),
    S.DNS_NO_ANSWER: Sentence("no answer"),
    S.UDP_DATA: Sentence("{bytes}"),
    S.ICMP_ECHO: one_or_more("ping", "ping x{count}"),
    S.ICMP_ECHO_REPLY: one_or_more("reply", "reply x{count}"),
    S.ICMP_UNREACHABLE: Sentence("unreachable: {code}"),
    S.ICMP_TOO_BIG: Sentence("too big, MTU {mtu_bytes}"),
    S.ICMP_TIME_EXCEEDED: Sentence("too many hops"),
    S.ICMP_REDIRECT: Sentence("redirect to {gateway}"),
    S.ICMP_OTHER: Sentence("ICMP {type}/{code}"),
    S.NEIGHBOUR_ASKED: Sentence("who has {address}?"),
    S.NEIGHBOUR_PROBED: Sentence("is {address} free?"),
    S.NEIGHBOUR_ANSWERED: Sentence("{hardware}"),
    S.NEIGHBOUR_ANNOUNCED: Sentence("{address} is {hardware}"),
    S.TUNNEL: Sentence("{tunnel}, {bytes}"),
    S.IP_PACKETS: Sentence("{bytes}"),
    S.IP_FRAGMENTS: Sentence("fragments, {bytes}"),
}

# What did not happen up to the end of the capture: no packet is it.
SILENCE = frozenset({S.TCP_UNANSWERED, S.TCP_HANDSHAKE_UNFINISHED, S.TCP_STILL_OPEN, S.DNS_NO_ANSWER})
# These are no packet of one side: they stand between the two, without an arrow.
WITHOUT_ARROW = frozenset(
    {
        S.TCP_UNANSWERED,
        S.TCP_HANDSHAKE_UNFINISHED,
        S.TCP_MIDWAY,
        S.TCP_LOST_SEGMENT,
        S.TCP_HALF_CLOSE,
        S.TCP_STILL_OPEN,
        S.HTTP_PIPELINED,
        S.HTTP_UPGRADE,
        S.DNS_NO_ANSWER,
    }
)
