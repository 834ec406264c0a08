"""Scenes of HTTP, and of those who only check health."""

import hpack

from kubectl_netshoot.packets.messages import faults, notes, warnings
from tests.unit.packets.stage import Family, Scene, scene
from tests.unit.packets.traffic import request, response


@scene
def probe_failing(family: Family) -> Scene:
    probe = request("/healthz").replace(b"curl/8.5.0", b"kube-probe/1.36")
    talk = family.connection().handshake().asks(probe).answers(response("503 Service Unavailable")).close()
    return Scene(talk.packets, {faults.PROBE_FAILING, notes.KUBE_PROBE})


@scene
def check_failing(family: Family) -> Scene:
    check = request("/healthz").replace(b"curl/8.5.0", b"ELB-HealthChecker/2.0")
    talk = family.connection().handshake().asks(check).answers(response("500 Internal Server Error")).close()
    return Scene(talk.packets, {faults.CHECK_FAILING, notes.LOAD_BALANCER_CHECK})


@scene
def node_stands_for_clients(family: Family) -> Scene:
    probe = request("/healthz").replace(b"curl/8.5.0", b"kube-probe/1.36")
    first = family.connection().handshake().asks(probe).answers(response()).close()
    second = family.connection(client_port=43211).handshake().asks(request()).answers(response()).close()
    knock = family.connection(client_port=43212).handshake().close()
    return Scene(first.packets + second.packets + knock.packets, {notes.KUBE_PROBE, notes.SOURCE_NAT})


@scene
def server_error(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response("502 Bad Gateway")).close()
    return Scene(talk.packets, {faults.HTTP_SERVER_ERROR})


@scene
def client_error(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request("/gone")).answers(response("404 Not Found")).close()
    return Scene(talk.packets, {warnings.HTTP_CLIENT_ERROR})


@scene
def request_unanswered(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request())
    talk.segment(talk.server, "FA")
    talk.segment(talk.client, "FA")
    talk.segment(talk.server, "A")
    return Scene(talk.packets, {faults.HTTP_UNANSWERED})


@scene
def response_cut(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x" * 900)[:-500])
    return Scene(talk.close().packets, {faults.HTTP_RESPONSE_CUT})


@scene
def slow_response(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(response()).close()
    return Scene(talk.packets, {warnings.SLOW_RESPONSE}, (0, 0, 0, 0, 0, 2.5, 2.5, 2.6, 2.6, 2.6))


@scene
def slow_network(family: Family) -> Scene:
    """The ACK takes as long as the answer: the application answers at once."""
    talk = family.connection().handshake().asks(request()).answers(response(body=b"x"))
    times = (0, 0.9, 0.901, 0.902, 2.0, 2.01, 2.011, 3, 3.8, 3.9)
    return Scene(talk.close().packets, {warnings.SLOW_NETWORK}, times)


@scene
def not_http_any_more(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).answers(b"\0\1\2\3garbage\r\n\r\n").close()
    return Scene(talk.packets, {warnings.HTTP_UNREADABLE})


@scene
def client_leaves_soon(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).close()
    return Scene(talk.packets, set())


@scene
def client_gives_up(family: Family) -> Scene:
    talk = family.connection().handshake().asks(request()).close()
    return Scene(talk.packets, {faults.HTTP_UNANSWERED}, (0, 0, 0, 0, 0, 30, 30, 30))


def frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    """An HTTP/2 frame."""
    return len(body).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + body


@scene
def grpc_error(family: Family) -> Scene:
    asked, answered = hpack.Encoder(), hpack.Encoder()
    call = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/shop.Cart/Add"),
        (":authority", "cart:50051"),
        ("content-type", "application/grpc"),
    ]
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"")
    question = preface + frame(1, 4, 1, asked.encode(call)) + frame(0, 1, 1, b"\0\0\0\0\0")
    head = answered.encode([(":status", "200"), ("content-type", "application/grpc")])
    trailers = answered.encode([("grpc-status", "14"), ("grpc-message", "no backend")])
    answer = frame(4, 0, 0, b"") + frame(1, 4, 1, head) + frame(1, 5, 1, trailers)
    return Scene(
        family.connection(50051).handshake().asks(question).answers(answer).close().packets,
        {faults.GRPC_ERROR},
    )
