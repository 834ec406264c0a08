"""The steps of HTTP/1, HTTP/2 and gRPC."""

from kubectl_netshoot.packets.step_ids import StepId as S
from kubectl_netshoot.packets.words.sentence import Choice, Detail, Sentence, Told, one_or_more

_FIRST_BYTE = Detail(
    "first_byte_seconds", Sentence("{first_byte_seconds} after the request (time to first byte)")
)
_MESSAGE = (
    Detail("header_bytes", Sentence("{header_bytes} of headers")),
    Detail("body_bytes", Sentence("body of {body_bytes}")),
    Detail("chunked", Sentence("body in chunks (chunked)")),
)
_HEADERS = Detail("headers", Sentence("{headers}"))
_STREAM = Detail("stream", Sentence("stream {stream}"))

STEPS: dict[S, Told] = {
    S.HTTP_REQUEST: Told(
        Sentence("{who} requests {method} {target}"),
        (
            Detail("host", Sentence("Host: {host}")),
            Detail("user_agent", Sentence("User-Agent: {user_agent}")),
            *_MESSAGE,
            _HEADERS,
        ),
    ),
    S.HTTP_REQUEST_BODY: Told(
        Choice(
            "complete",
            {
                True: one_or_more(
                    "{who} sends the rest of the request's body: {bytes}",
                    "{who} sends the rest of the request's body: {bytes} in {count} packets",
                )
            },
            one_or_more(
                "{who} sends a part of the request's body: {bytes}; the end was not seen",
                "{who} sends a part of the request's body: {bytes} in {count} packets; the end was not seen",
            ),
        )
    ),
    S.HTTP_RESPONSE: Told(
        Choice(
            "complete",
            {False: Sentence("{who} answers {status} {reason}, but not all of the answer was seen")},
            Sentence("{who} answers {status} {reason}"),
        ),
        (_FIRST_BYTE, *_MESSAGE, _HEADERS),
    ),
    S.HTTP_RESPONSE_BODY: Told(
        Choice(
            "complete",
            {
                True: one_or_more(
                    "{who} sends the rest of the response's body: {bytes}",
                    "{who} sends the rest of the response's body: {bytes} in {count} packets",
                )
            },
            one_or_more(
                "{who} sends a part of the response's body: {bytes}; the end was not seen",
                "{who} sends a part of the response's body: {bytes} in {count} packets; the end was not seen",
            ),
        )
    ),
    S.HTTP_PIPELINED: Told(
        Sentence("{who} sent {requests} requests without waiting for an answer (pipelining)")
    ),
    S.HTTP_UPGRADE: Told(
        Choice(
            "protocol",
            {"tunnel": Sentence("From here on this is a tunnel (CONNECT)")},
            Sentence("From here on both sides speak {protocol} (upgrade)"),
        )
    ),
    S.HTTP_UNREADABLE: Told(Sentence("What {who} sends from here on is not HTTP, or damaged")),
    S.HTTP2_PREFACE: Told(Sentence("{who} begins HTTP/2")),
    S.HTTP2_REQUEST: Told(
        Choice(
            "grpc",
            {True: Sentence("{who} calls {target} (gRPC)")},
            Sentence("{who} requests {method} {target} (HTTP/2)"),
        ),
        (Detail("authority", Sentence("Host: {authority}")), _STREAM),
    ),
    S.HTTP2_RESPONSE: Told(Sentence("{who} answers {status} (HTTP/2)"), (_FIRST_BYTE, _STREAM)),
    S.HTTP2_TRAILERS: Told(
        Choice(
            "grpc_status",
            {
                0: Sentence("{who} ends the call well (gRPC status 0, OK)"),
                None: Sentence("{who} ends the response (HTTP/2 trailers)"),
            },
            Sentence("{who} ends the call with an error (gRPC status {grpc_status})"),
        ),
        (Detail("grpc_message", Sentence('"{grpc_message}"')), _STREAM),
    ),
    S.HTTP2_RESET: Told(Sentence("{who} gives up one request (RST_STREAM, {error})"), (_STREAM,)),
    S.HTTP2_GOAWAY: Told(Sentence("{who} takes no new requests on this connection (GOAWAY, {error})")),
}
