"""The steps of HTTP/1, HTTP/2 and gRPC."""

from kubectl_netshoot.packets.messages.kinds import Choice, Detail, Sentence, StepKind, one_or_more

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

HTTP_REQUEST = StepKind(
    "http-request",
    # target: Guarded, headers: tuple of Header (those worth a word), body_bytes: int or None when there is no telling
    ("method", "target", "version", "host", "user_agent", "headers", "header_bytes", "body_bytes", "chunked"),
    Sentence("{who} requests {method} {target}"),
    (
        Detail("host", Sentence("Host: {host}")),
        Detail("user_agent", Sentence("User-Agent: {user_agent}")),
        *_MESSAGE,
        _HEADERS,
    ),
    label=Sentence("{method} {target}"),
)
HTTP_REQUEST_BODY = StepKind(
    "http-request-body",
    ("bytes", "complete"),  # in packets after the header's
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
    ),
    label=Sentence("body, {bytes}"),
)
HTTP_RESPONSE = StepKind(
    "http-response",
    # first_byte_seconds: from the end of the request to the first byte of this; complete: bool, was all of it seen
    (
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
    Choice(
        "complete",
        {False: Sentence("{who} answers {status} {reason}, but not all of the answer was seen")},
        Sentence("{who} answers {status} {reason}"),
    ),
    (_FIRST_BYTE, *_MESSAGE, _HEADERS),
    label=Sentence("{status} {reason}"),
)
HTTP_RESPONSE_BODY = StepKind(
    "http-response-body",
    ("bytes", "complete"),
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
    ),
    label=Sentence("body, {bytes}"),
)
HTTP_PIPELINED = StepKind(
    "http-pipelined",
    ("requests",),  # int: sent before the first of them was answered
    Sentence("{who} sent {requests} requests without waiting for an answer (pipelining)"),
    label=Sentence("{requests} requests at once"),
    arrow=False,
)
HTTP_UPGRADE = StepKind(
    "http-upgrade",
    ("protocol",),  # after 101 or a successful CONNECT ("tunnel")
    Choice(
        "protocol",
        {"tunnel": Sentence("From here on this is a tunnel (CONNECT)")},
        Sentence("From here on both sides speak {protocol} (upgrade)"),
    ),
    label=Choice("protocol", {"tunnel": Sentence("tunnel")}, Sentence("now {protocol}")),
    arrow=False,
)
HTTP_UNREADABLE = StepKind(
    "http-unreadable",
    (),  # not HTTP any more from here on
    Sentence("What {who} sends from here on is not HTTP, or damaged"),
    label=Sentence("no longer HTTP"),
)
HTTP2_PREFACE = StepKind("http2-preface", (), Sentence("{who} begins HTTP/2"), label=Sentence("HTTP/2"))
HTTP2_REQUEST = StepKind(
    "http2-request",
    ("method", "target", "authority", "stream", "grpc"),
    Choice(
        "grpc",
        {True: Sentence("{who} calls {target} (gRPC)")},
        Sentence("{who} requests {method} {target} (HTTP/2)"),
    ),
    (Detail("authority", Sentence("Host: {authority}")), _STREAM),
    label=Choice("grpc", {True: Sentence("gRPC {target}")}, Sentence("{method} {target}")),
)
HTTP2_RESPONSE = StepKind(
    "http2-response",
    ("status", "stream", "first_byte_seconds"),
    Sentence("{who} answers {status} (HTTP/2)"),
    (_FIRST_BYTE, _STREAM),
    label=Sentence("{status}"),
)
HTTP2_TRAILERS = StepKind(
    "http2-trailers",
    ("grpc_status", "grpc_message", "stream"),  # int, Guarded
    Choice(
        "grpc_status",
        {
            0: Sentence("{who} ends the call well (gRPC status 0, OK)"),
            None: Sentence("{who} ends the response (HTTP/2 trailers)"),
        },
        Sentence("{who} ends the call with an error (gRPC status {grpc_status})"),
    ),
    (Detail("grpc_message", Sentence('"{grpc_message}"')), _STREAM),
    label=Choice("grpc_status", {None: Sentence("end of response")}, Sentence("gRPC status {grpc_status}")),
)
HTTP2_RESET = StepKind(
    "http2-reset",
    ("error", "stream"),
    Sentence("{who} gives up one request (RST_STREAM, {error})"),
    (_STREAM,),
    label=Sentence("RST_STREAM {error}"),
)
HTTP2_GOAWAY = StepKind(
    "http2-goaway",
    ("error",),
    Sentence("{who} takes no new requests on this connection (GOAWAY, {error})"),
    label=Sentence("GOAWAY {error}"),
)
