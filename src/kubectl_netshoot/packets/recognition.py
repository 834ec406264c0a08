"""Tells by the first payload of a TCP connection what it speaks; what is not told is counted."""

import re

from kubectl_netshoot.packets.context import Context
from kubectl_netshoot.packets.dns import DnsStream, Resolving, has_dns_form
from kubectl_netshoot.packets.http.http1 import Http
from kubectl_netshoot.packets.http.http2 import PREFACE, Http2
from kubectl_netshoot.packets.report import Application as Name
from kubectl_netshoot.packets.tcp.flow import Application, Opaque
from kubectl_netshoot.packets.tcp.half import Half
from kubectl_netshoot.packets.tls import Tls

_HTTP = re.compile(rb"(?:[A-Z][A-Z-]{2,16} [!-~]+ HTTP/1\.[01]|[A-Z]{3,7} /|HTTP/1\.[01] \d{3})")
_TLS = re.compile(rb"[\x14-\x17]\x03[\x00-\x04]")
DNS_PORT = 53


def recognise(half: Half, beginning: bytes, context: Context) -> Application:
    """What will make sense of the payload that begins so, sent by this half."""
    flow = half.flow
    if beginning.startswith(PREFACE[:16]):
        flow.application = Name.HTTP2
        return Http2(flow, context.ledger)
    if _HTTP.match(beginning):
        flow.application = Name.HTTP
        return Http(flow, context.ledger)
    if _TLS.match(beginning):
        flow.application = Name.TLS
        return Tls(flow, context.ledger)
    # DNS over TCP: a message behind its length.
    whole = int.from_bytes(beginning[:2], "big") + 2 == len(beginning)
    if flow.server[1] == DNS_PORT or (whole and has_dns_form(beginning[2:])):
        flow.application = Name.DNS
        return DnsStream(Resolving(flow, context))
    return _service(half, beginning, context) or Opaque()


def _service(half: Half, beginning: bytes, context: Context) -> Application | None:
    # Most captures have none of them.
    from kubectl_netshoot.packets.protocols.first_words import reader_for
    from kubectl_netshoot.packets.protocols.turns import Turns

    reader = reader_for(half, beginning)
    if reader is None:
        return None
    if reader.application is not Name.NONE:
        half.flow.application = reader.application
    return Turns(half.flow, context.ledger, reader)
