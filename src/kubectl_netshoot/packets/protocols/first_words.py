"""Tells by the first payload which of the services speaks; a reader is loaded when it is needed."""

import re

from kubectl_netshoot.packets.protocols.reader import ProtocolReader
from kubectl_netshoot.packets.report import Side
from kubectl_netshoot.packets.tcp.half import Half

_PROXY1 = b"PROXY "
_PROXY2 = b"\r\n\r\n\0\r\nQUIT\n"
_RESP = re.compile(rb"\*[1-9]\d{0,5}\r\n\$\d{1,9}\r\n")
_RESP_ERROR = re.compile(
    rb"-(?:ERR|NOAUTH|LOADING|DENIED|MASTERDOWN|BUSY|MISCONF|OOM|READONLY|WRONGPASS) [ -~]*\r\n"
)
_INLINE = re.compile(rb"(?:PING|AUTH|INFO|QUIT|HELLO|SELECT)\b[ -~]*\r?\n", re.IGNORECASE)
_REPLY = re.compile(rb"[245]\d\d[ -]")
_SMTP = re.compile(rb"[^\r\n]*\b(?:E?SMTP|LMTP)\b", re.IGNORECASE)
_FTP = re.compile(rb"[^\r\n]*\bFTP", re.IGNORECASE)
_IMAP = re.compile(rb"\* (?:OK|PREAUTH|BYE)\b")
_MAIL_PORTS, _FTP_PORT, _POP3_PORT, _REDIS_PORT = frozenset({25, 465, 587, 1025, 2525}), 21, 110, 6379
# Protocol 10's version, or an error, in the first packet of a server (its number is 0).
_MYSQL = re.compile(rb".[\x00-\x0f]\0\0(?:\n[ -~]{1,64}\0|\xff.[\x03-\x2f][ -~])", re.DOTALL)
_SOCKS5 = re.compile(rb"\x05(?:\x01[\0-\x02]|\x02[\0-\x02]{2}|\x03[\0-\x03]{3}|\x04[\0-\x03\x80]{4})")
_SOCKS4 = re.compile(rb"\x04[\x01\x02].{6}[ -~]*\0(?:[!-~]+\0)?", re.DOTALL)
_POSTGRESQL = re.compile(
    rb"\0\0\0\x08\x04\xd2\x16[\x2f\x30]|\0\0\0\x10\x04\xd2\x16\x2e|\0\0..\0\x03\0[\0\x02](?=.*user\0)",
    re.DOTALL,
)
_AMQP = re.compile(rb"AMQP[\0-\x03]")
# A message with its number, and of the operations those that come first: bind, search, an extended one.
_LDAP = re.compile(
    rb"0(?:[\x05-\x7f]|\x81.|\x82..|\x83...|\x84....)\x02(?:\x01.|\x02..|\x03...|\x04....)[\x60\x63\x77]",
    re.DOTALL,
)
_MONGODB = re.compile(rb"...[\0-\x02].{4}\0{4}(?:\xdd|\xd4|\xdc|\xda)\x07\0\0", re.DOTALL)
_KAFKA = re.compile(rb"\0[\0-\x0f]..\0[\0-\x5f]\0[\0-\x14].{4}(?:\xff\xff|\0.[ -~]*)", re.DOTALL)
_KAFKA_HEADER = 14


def reader_for(half: Half, beginning: bytes) -> ProtocolReader | None:
    """The reader for what begins so, spoken by this half; None where it is not one of them."""
    if beginning.startswith((_PROXY1, _PROXY2)):
        from kubectl_netshoot.packets.protocols.proxies import ProxyProtocol

        return ProxyProtocol()
    if half.side is Side.SERVER:
        return _server_first(beginning, half.flow.server[1])
    if _RESP.match(beginning) or (half.flow.server[1] == _REDIS_PORT and _INLINE.match(beginning)):
        from kubectl_netshoot.packets.protocols.redis import Redis

        return Redis()
    if _SOCKS5.fullmatch(beginning) or _SOCKS4.fullmatch(beginning):
        from kubectl_netshoot.packets.protocols.proxies import Socks

        return Socks(beginning[0])
    if _POSTGRESQL.match(beginning):
        from kubectl_netshoot.packets.protocols.postgresql import PostgreSql

        return PostgreSql()
    if _AMQP.match(beginning):
        from kubectl_netshoot.packets.protocols.amqp import Amqp

        return Amqp()
    if _LDAP.match(beginning):
        from kubectl_netshoot.packets.protocols.ldap import Ldap

        return Ldap()
    if _MONGODB.match(beginning):
        from kubectl_netshoot.packets.protocols.mongodb import MongoDb

        return MongoDb()
    if is_kafka(beginning):
        from kubectl_netshoot.packets.protocols.kafka import Kafka

        return Kafka()
    return None


def _server_first(beginning: bytes, port: int | None) -> ProtocolReader | None:
    if _MYSQL.match(beginning):
        from kubectl_netshoot.packets.protocols.mysql import MySql

        return MySql()
    if _IMAP.match(beginning):
        from kubectl_netshoot.packets.protocols.mail import Imap

        return Imap()
    if beginning.startswith(b"+OK") or (beginning.startswith(b"-ERR") and port == _POP3_PORT):
        from kubectl_netshoot.packets.protocols.mail import Pop3

        return Pop3()
    if _RESP_ERROR.match(beginning):
        from kubectl_netshoot.packets.protocols.redis import Redis

        return Redis()
    if _REPLY.match(beginning):
        from kubectl_netshoot.packets.protocols.mail import Ftp, Smtp

        if port == _FTP_PORT or _FTP.match(beginning):
            return Ftp()
        if port in _MAIL_PORTS or _SMTP.match(beginning):
            return Smtp()
    return None


def is_kafka(data: bytes) -> bool:
    """Whether these bytes are one request of Kafka's: length, key, version, number, the client's name."""
    if not _KAFKA.match(data):
        return False
    named = int.from_bytes(data[12:14], "big", signed=True)
    size = int.from_bytes(data[:4], "big") + 4
    name = data[_KAFKA_HEADER : _KAFKA_HEADER + max(named, 0)]
    return _KAFKA_HEADER + max(named, 0) <= size and len(data) <= size and name.isascii()
