"""Scenes of TLS."""

from kubectl_netshoot.packets.messages import faults, notes, warnings
from tests.unit.packets.stage import Family, Scene, scene
from tests.unit.packets.traffic import request, response


def record(kind: int, body: bytes, version: bytes = b"\x03\x03") -> bytes:
    """A TLS record."""
    return bytes((kind,)) + version + len(body).to_bytes(2, "big") + body


def sized(data: bytes, size: int = 2) -> bytes:
    return len(data).to_bytes(size, "big") + data


def client_hello(name: bytes = b"shop.example") -> bytes:
    """A ClientHello that offers TLS 1.3 and h2."""
    server_name = b"\0\0" + sized(sized(b"\0" + sized(name)))
    alpn = b"\0\x10" + sized(sized(sized(b"h2", 1) + sized(b"http/1.1", 1)))
    versions = b"\0\x2b" + sized(sized(b"\x03\x04\x03\x03", 1))
    body = b"\x03\x03" + bytes(32) + sized(b"", 1) + sized(b"\x13\x01\xc0\x2f") + sized(b"\0", 1)
    return record(22, b"\x01" + sized(body + sized(server_name + alpn + versions), 3), b"\x03\x01")


def server_hello(version: bytes = b"\x03\x04") -> bytes:
    """A ServerHello; with TLS 1.3 the version is in an extension."""
    extension = sized(b"\0\x2b" + sized(version)) if version == b"\x03\x04" else b""
    old = min(version, b"\x03\x03")
    body = old + bytes(32) + sized(b"", 1) + b"\x13\x01" + b"\0" + extension
    return record(22, b"\x02" + sized(body, 3))


@scene
def tls(family: Family) -> Scene:
    talk = (
        family.connection(443)
        .handshake()
        .asks(client_hello())
        .answers(server_hello() + record(23, b"x" * 900))
    )
    talk.asks(record(20, b"\1") + record(23, b"y" * 60)).answers(record(23, b"z" * 300)).close()
    return Scene(talk.packets, set())


@scene
def tls_alert(family: Family) -> Scene:
    talk = family.connection(443).handshake().asks(client_hello()).answers(record(21, b"\x02\x28")).close()
    return Scene(talk.packets, {faults.TLS_ALERT})


@scene
def tls_handshake_cut(family: Family) -> Scene:
    talk = family.connection(443).handshake().asks(client_hello())
    talk.segment(talk.server, "FA")
    talk.segment(talk.client, "FA")
    talk.segment(talk.server, "A")
    return Scene(talk.packets, {faults.TLS_HANDSHAKE_CUT})


FLIGHT = server_hello() + record(20, b"\1") + b"".join(record(23, b"f" * size) for size in (23, 900, 281, 53))


@scene
def tls_distrusted(family: Family) -> Scene:
    """As Go's clients refuse a certificate in TLS 1.3: the alert is encrypted, in the place of the Finished."""
    talk = family.connection(443).handshake().asks(client_hello()).answers(FLIGHT)
    return Scene(talk.asks(record(23, b"a" * 19)).close().packets, {faults.TLS_HANDSHAKE_CUT})


@scene
def tls_client_certificate_refused(family: Family) -> Scene:
    """In TLS 1.3 the client is through, and has asked, before the server looks at its certificate."""
    talk = family.connection(443).handshake().asks(client_hello()).answers(FLIGHT)
    talk.asks(record(23, b"c" * 800) + record(23, b"f" * 53) + record(23, b"request" * 20))
    talk.segment(talk.server, "PA", record(23, b"a" * 19))
    talk.segment(talk.server, "FA")
    talk.segment(talk.client, "FA")
    talk.segment(talk.server, "A")
    return Scene(talk.packets, {faults.TLS_HANDSHAKE_CUT})


@scene
def tls_idle_and_closed(family: Family) -> Scene:
    """The goodbye is the first word of a server that gives no tickets, and is asked nothing."""
    talk = family.connection(443).handshake().asks(client_hello()).answers(FLIGHT).asks(record(23, b"f" * 53))
    talk.segment(talk.server, "PA", record(23, b"a" * 19))
    talk.segment(talk.server, "FA")
    talk.segment(talk.client, "FA")
    talk.segment(talk.server, "A")
    return Scene(talk.packets, set(), (*[0] * 9, 60, 60, 60.1, 60.1))


@scene
def tls_left_without_a_word(family: Family) -> Scene:
    """As a check does that wants to know no more than whether TLS works; the server says goodbye."""
    talk = family.connection(443).handshake().asks(client_hello()).answers(FLIGHT).asks(record(23, b"f" * 53))
    talk.segment(talk.client, "FA")
    talk.segment(talk.server, "PA", record(23, b"a" * 19))
    talk.segment(talk.server, "FA")
    talk.segment(talk.client, "A")
    return Scene(talk.packets, set())


@scene
def tls_closed(family: Family) -> Scene:
    """Both say goodbye; a client that has said it may well reset what comes behind."""
    talk = family.connection(443).handshake().asks(client_hello()).answers(FLIGHT)
    talk.asks(record(23, b"f" * 53) + record(23, b"request" * 20)).answers(record(23, b"answer" * 90))
    talk.segment(talk.client, "PA", record(23, b"a" * 19))
    talk.segment(talk.server, "PA", record(23, b"a" * 19))
    return Scene(talk.reset(talk.client).packets, {notes.IDLE_RESET})


@scene
def tls_to_a_mail_server(family: Family) -> Scene:
    talk = family.connection(465).handshake().asks(client_hello()).answers(b"500 5.5.1 not understood\r\n")
    return Scene(talk.close().packets, {faults.TLS_GOT_PLAIN_TEXT})


@scene
def tls_old(family: Family) -> Scene:
    talk = family.connection(443).handshake().asks(client_hello()).answers(server_hello(b"\x03\x01"))
    talk.asks(record(20, b"\1") + record(22, b"e" * 40)).answers(record(20, b"\1") + record(22, b"e" * 40))
    return Scene(talk.close().packets, {warnings.TLS_OLD_VERSION})


@scene
def tls_gets_plain_text(family: Family) -> Scene:
    talk = (
        family.connection(443).handshake().asks(client_hello()).answers(response("400 Bad Request")).close()
    )
    return Scene(talk.packets, {faults.TLS_GOT_PLAIN_TEXT})


@scene
def plain_text_to_tls(family: Family) -> Scene:
    talk = family.connection(443).handshake().asks(request()).answers(record(21, b"\x02\x46")).close()
    return Scene(talk.packets, {faults.TLS_GOT_PLAIN_TEXT})
