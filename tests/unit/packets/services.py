"""Conversations with databases, brokers, mail servers, directories and proxies, as their clients and servers have them.

Bytes are put together as the protocols' documents say, with none of the code under test.
"""

import base64
import struct
from typing import NamedTuple

from tests.unit.packets.scenes_tls import client_hello, record, server_hello, sized
from tests.unit.packets.traffic import CLIENT, SERVER, Connection, request, response

# Never to be seen anywhere.
PASSWORD = "hunter2-hunter2"
_SECRET = PASSWORD.encode()


class Exchange(NamedTuple):
    """Turns of client (C) and server (S), over the server's port."""

    port: int
    turns: list[tuple[str, bytes]]

    def play(
        self, client: str = CLIENT, server: str = SERVER, *, step: int = 0, whole: int = 0, without: int = -1
    ) -> Connection:
        """The connection; turns in segments of `step` bytes but for the first `whole`, one of them not captured."""
        talk = Connection(client=client, server=server, port=self.port).handshake()
        for number, (who, data) in enumerate(self.turns):
            sender, other = (talk.client, talk.server) if who == "C" else (talk.server, talk.client)
            size = step if step and number >= whole else len(data)
            for at in range(0, len(data), size):
                packet = talk.segment(sender, "PA", data[at : at + size])
                if number == without:
                    talk.packets.remove(packet)
            talk.segment(other, "A")
        return talk.close()


def tls() -> list[tuple[str, bytes]]:
    """TLS 1.3 for shop.example."""
    return [
        ("C", client_hello()),
        ("S", server_hello() + record(23, b"x" * 900)),
        ("C", record(23, b"y" * 60)),
        ("S", record(23, b"z" * 300)),
    ]


def lines(*turns: str) -> list[tuple[str, bytes]]:
    """`C: words` and `S: words`, a line each; neighbours of one side are one turn."""
    made: list[tuple[str, bytes]] = []
    for turn in turns:
        who, _, words = turn.partition(": ")
        if made and made[-1][0] == who:
            made[-1] = (who, made[-1][1] + words.encode() + b"\r\n")
        else:
            made.append((who, words.encode() + b"\r\n"))
    return made


def base64ed(*parts: str) -> str:
    return base64.b64encode("\0".join(parts).encode()).decode()


# PostgreSQL
PG_TLS = struct.pack(">II", 8, 80_877_103)


def pg_start(**words: str) -> bytes:
    body = struct.pack(">I", 3 << 16) + b"".join(f"{k}\0{v}\0".encode() for k, v in words.items()) + b"\0"
    return struct.pack(">I", len(body) + 4) + body


def pg(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">I", len(body) + 4) + body


def pg_error(severity: str, code: str, text: str) -> bytes:
    fields = (f"S{severity}", f"V{severity}", f"C{code}", f"M{text}", "Fauth.c", "L1", "Rx")
    return pg(b"E", b"".join(field.encode() + b"\0" for field in fields) + b"\0")


def postgresql(*then: tuple[str, bytes]) -> list[tuple[str, bytes]]:
    return [
        ("C", pg_start(user="shop", database="orders")),
        ("S", pg(b"R", struct.pack(">I", 3))),
        ("C", pg(b"p", _SECRET + b"\0")),
        *then,
    ]


PG_READY = pg(b"R", struct.pack(">I", 0)) + pg(b"S", b"server_version\x0016.2\0") + pg(b"Z", b"I")


# MySQL
def mysql(number: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + bytes((number,)) + body


def mysql_error(number: int, code: int, text: str, state: str = "") -> bytes:
    marked = f"#{state}{text}" if state else text
    return mysql(number, b"\xff" + struct.pack("<H", code) + marked.encode())


MYSQL_GREETING = mysql(
    0,
    b"\n8.0.36\0"
    + struct.pack("<I", 41)
    + b"abcdefgh\0"
    + struct.pack("<HBHH", 0xF7FF, 255, 2, 0xDFFF)
    + b"\x15"
    + bytes(10)
    + b"abcdefghijkl\0mysql_native_password\0",
)
MYSQL_LOGIN = mysql(
    1,
    struct.pack("<IIB", 0x00A0_A20D & ~0x800, 1 << 24, 255)
    + bytes(23)
    + b"shop\0\x0f"
    + _SECRET
    + b"orders\0mysql_native_password\0",
)
MYSQL_TLS = mysql(1, struct.pack("<IIB", 0x00A0_AA0D, 1 << 24, 255) + bytes(23))
MYSQL_OK = mysql(2, b"\0\0\0\2\0\0\0")


# Redis
def resp(*words: str) -> bytes:
    return f"*{len(words)}\r\n".encode() + b"".join(f"${len(w)}\r\n{w}\r\n".encode() for w in words)


# LDAP
def ber(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes((tag,)) + (bytes((len(body),)) if len(body) < 128 else b"\x82" + sized(body)[:2]) + body


def ldap(number: int, operation: bytes) -> bytes:
    return ber(0x30, ber(2, bytes((number,))), operation)


def ldap_result(tag: int, code: int, text: str = "") -> bytes:
    return ber(tag, ber(0x0A, bytes((code,))), ber(4), ber(4, text.encode()))


LDAP_BIND = ldap(1, ber(0x60, ber(2, b"\3"), ber(4, b"cn=shop,dc=example"), ber(0x80, _SECRET)))
LDAP_SEARCH = ldap(2, ber(0x63, ber(4, b"dc=example"), bytes(20)))
LDAP_TLS = ldap(1, ber(0x77, ber(0x80, b"1.3.6.1.4.1.1466.20037")))


# MongoDB
def bson(**fields: object) -> bytes:
    made = b""
    for name, value in fields.items():
        key = name.encode() + b"\0"
        if isinstance(value, float):
            made += b"\x01" + key + struct.pack("<d", value)
        elif isinstance(value, bool):
            made += b"\x08" + key + bytes((value,))
        elif isinstance(value, int):
            made += b"\x10" + key + struct.pack("<i", value)
        elif isinstance(value, str):
            made += b"\x02" + key + struct.pack("<i", len(value) + 1) + value.encode() + b"\0"
        elif isinstance(value, dict):
            made += b"\x03" + key + bson(**value)
        elif isinstance(value, bytes):
            made += b"\x05" + key + struct.pack("<iB", len(value), 0) + value
    return struct.pack("<i", len(made) + 5) + made + b"\0"


def mongo(number: int, answers: int, document: bytes) -> bytes:
    return struct.pack("<iiiiIB", 21 + len(document), number, answers, 2013, 0, 0) + document


def mongo_query(number: int, document: bytes) -> bytes:
    body = struct.pack("<I", 0) + b"admin.$cmd\0" + struct.pack("<ii", 0, -1) + document
    return struct.pack("<iiii", 16 + len(body), number, 0, 2004) + body


def mongo_reply(number: int, answers: int, document: bytes) -> bytes:
    return (
        struct.pack("<iiii", 36 + len(document), number, answers, 1)
        + struct.pack("<Iqii", 8, 0, 0, 1)
        + document
    )


MONGO_FIRST = bson(isMaster=1, helloOk=True, client={"driver": {"name": "PyMongo"}})
MONGO_LOGIN = bson(
    **{"saslStart": 1, "mechanism": "SCRAM-SHA-256", "payload": b"n,,n=shop,r=abc", "$db": "admin"}
)
MONGO_FAILED = bson(ok=0.0, errmsg="Authentication failed.", code=18, codeName="AuthenticationFailed")


# AMQP 0-9-1
def amqp(method: tuple[int, int], body: bytes, channel: int = 0) -> bytes:
    payload = struct.pack(">HH", *method) + body
    return struct.pack(">BHI", 1, channel, len(payload)) + payload + b"\xce"


AMQP_START = amqp((10, 10), b"\0\x09" + sized(b"", 4) + sized(b"PLAIN AMQPLAIN", 4) + sized(b"en_US", 4))
AMQP_LOGIN = amqp(
    (10, 11),
    sized(b"\x08platformS\0\0\0\2Go", 4)
    + sized(b"PLAIN", 1)
    + sized(b"\0shop\0" + _SECRET, 4)
    + sized(b"en_US", 1),
)
AMQP_TUNE = amqp((10, 30), struct.pack(">HIH", 2047, 131_072, 60))
AMQP_OPEN = amqp((10, 31), struct.pack(">HIH", 2047, 131_072, 60)) + amqp((10, 40), sized(b"/", 1) + b"\0\0")


def amqp_close(code: int, text: str, method: tuple[int, int] = (10, 50), channel: int = 0) -> bytes:
    return amqp(method, struct.pack(">H", code) + sized(text.encode(), 1) + bytes(4), channel)


def amqp_session(*then: tuple[str, bytes]) -> list[tuple[str, bytes]]:
    return [("C", b"AMQP\0\0\x09\x01"), ("S", AMQP_START), ("C", AMQP_LOGIN), *then]


# Kafka
def kafka(key: int, version: int, number: int, body: bytes, *, flexible: bool = False) -> bytes:
    head = struct.pack(">hhi", key, version, number) + sized(b"shop") + b"\0" * flexible
    return sized(head + body, 4)


def kafka_answer(number: int, body: bytes) -> bytes:
    return sized(struct.pack(">i", number) + body, 4)


KAFKA_FIRST = [
    ("C", kafka(18, 0, 1, b"")),
    ("S", kafka_answer(1, struct.pack(">hi", 0, 1) + struct.pack(">hhh", 18, 0, 3))),
]
KAFKA_HANDSHAKE = [
    ("C", kafka(17, 1, 2, sized(b"PLAIN"))),
    ("S", kafka_answer(2, struct.pack(">hi", 0, 1) + sized(b"PLAIN"))),
]
KAFKA_LOGIN = ("C", kafka(36, 1, 3, sized(b"\0shop\0" + _SECRET, 4)))
KAFKA_LOGIN2 = (
    "C",
    kafka(36, 2, 3, bytes((len(_SECRET) + 7,)) + b"\0shop\0" + _SECRET + b"\0", flexible=True),
)
_DENIED = b"Authentication failed: Invalid username or password"


def metadata(error: int, version: int = 1) -> list[tuple[str, bytes]]:
    """A request for the topic orders, and its answer."""
    topics = struct.pack(">i", 1) + sized(b"orders")
    broker = struct.pack(">i", 0) + sized(b"kafka-0") + struct.pack(">i", 9092) + b"\xff\xff"
    throttle, cluster = (bytes(4), b"\xff\xff") if version >= 3 else (b"", b"")
    answer = throttle + struct.pack(">i", 1) + broker + cluster + struct.pack(">i", 0)
    answer += struct.pack(">ih", 1, error) + sized(b"orders") + b"\0" + struct.pack(">i", 0)
    return [("C", kafka(3, version, 9, topics)), ("S", kafka_answer(9, answer))]


# SOCKS and PROXY
SOCKS_ASK = b"\x05\x01\x00\x03" + sized(b"shop.example", 1) + struct.pack(">H", 443)
SOCKS_YES = b"\x05\x00\x00\x01" + bytes(6)


def proxy2(command: int = 1, family: int = 0x11, extra: bytes = b"") -> bytes:
    """Version 2: 203.0.113.9:50123 behind the proxy."""
    ends = bytes((203, 0, 113, 9, 198, 51, 100, 80)) + struct.pack(">HH", 50_123, 80)
    if family == 0x21:
        near = bytes.fromhex("20010db8000000000000000000000009")
        ends = near + near + struct.pack(">HH", 50_123, 80)
    body = (ends if command else b"") + extra
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes((0x20 | command, family if command else 0)) + sized(body)


SMTP = lines("S: 220 mail.example ESMTP", "C: EHLO web", "S: 250-mail.example", "S: 250 STARTTLS")

# What is told of each: pairs of a step's id and a text that its parameters hold.
IN_ORDER: dict[str, tuple[Exchange, list[tuple[str, str]]]] = {
    "smtp tls": (
        Exchange(25, [*SMTP, *lines("C: STARTTLS", "S: 220 2.0.0 Ready to start TLS"), *tls()]),
        [
            ("service-greeting", "mail.example ESMTP"),
            ("service-tls-asked", "SMTP"),
            ("service-tls-agreed", "SMTP"),
            ("tls-client-hello", "shop.example"),
        ],
    ),
    "smtp login": (
        Exchange(
            587,
            [
                *SMTP,
                *lines(f"C: AUTH PLAIN {base64ed('', 'shop', PASSWORD)}", "S: 235 2.7.0 Accepted"),
                *lines("C: DATA", "S: 354 go", "C: STARTTLS", "C: AUTH LOGIN", "C: .", "S: 250 ok"),
            ],
        ),
        [("service-greeting", "mail.example"), ("service-login", "shop"), ("service-logged-in", "SMTP")],
    ),
    "smtp login by questions": (
        Exchange(
            587,
            [
                *SMTP,
                *lines(
                    "C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", f"C: {base64ed('shop')}", "S: 334 UGFzc3dvcmQ6"
                ),
                *lines(f"C: {base64ed(PASSWORD)}", "S: 235 2.7.0 Accepted"),
            ],
        ),
        [("service-greeting", "mail.example"), ("service-login", "shop"), ("service-logged-in", "SMTP")],
    ),
    "pop3 tls": (
        Exchange(
            110,
            [
                *lines("S: +OK POP3 ready", "C: CAPA", "S: +OK", "S: STLS", "S: .", "C: STLS", "S: +OK"),
                *tls(),
            ],
        ),
        [
            ("service-greeting", "POP3 ready"),
            ("service-tls-asked", "POP3"),
            ("service-tls-agreed", "POP3"),
            ("tls-client-hello", "shop.example"),
        ],
    ),
    "pop3 login": (
        Exchange(
            110, lines("S: +OK ready", "C: USER shop", "S: +OK", f"C: PASS {PASSWORD}", "S: +OK 2 messages")
        ),
        [("service-greeting", "ready"), ("service-login", "shop"), ("service-logged-in", "POP3")],
    ),
    "imap tls": (
        Exchange(143, [*lines("S: * OK IMAP4rev1 ready", "C: a1 STARTTLS", "S: a1 OK Begin TLS"), *tls()]),
        [
            ("service-greeting", "IMAP4rev1 ready"),
            ("service-tls-asked", "IMAP"),
            ("service-tls-agreed", "IMAP"),
            ("tls-client-hello", "shop.example"),
        ],
    ),
    "imap login": (
        Exchange(
            143, lines("S: * OK ready", f'C: a1 LOGIN shop "{PASSWORD}"', "S: a1 OK [CAPABILITY X] done")
        ),
        [("service-greeting", "ready"), ("service-login", "shop"), ("service-logged-in", "IMAP")],
    ),
    "ftp tls": (
        Exchange(21, [*lines("S: 220 FTP ready", "C: AUTH TLS", "S: 234 go on"), *tls()]),
        [
            ("service-greeting", "FTP ready"),
            ("service-tls-asked", "FTP"),
            ("service-tls-agreed", "FTP"),
            ("tls-client-hello", "shop.example"),
        ],
    ),
    "ldap tls": (
        Exchange(389, [("C", LDAP_TLS), ("S", ldap(1, ldap_result(0x78, 0))), *tls()]),
        [
            ("service-tls-asked", "LDAP"),
            ("service-tls-agreed", "LDAP"),
            ("tls-client-hello", "shop.example"),
        ],
    ),
    "ldap bind": (
        Exchange(389, [("C", LDAP_BIND), ("S", ldap(1, ldap_result(0x61, 0)))]),
        [("service-login", "cn=shop"), ("service-logged-in", "LDAP")],
    ),
    "postgresql tls": (
        Exchange(5432, [("C", PG_TLS), ("S", b"S"), *tls()]),
        [
            ("service-tls-asked", "PostgreSQL"),
            ("service-tls-agreed", "PostgreSQL"),
            ("tls-client-hello", "shop.example"),
        ],
    ),
    "postgresql without tls": (
        Exchange(5432, [("C", PG_TLS), ("S", b"N"), *postgresql(("S", PG_READY))]),
        [
            ("service-tls-asked", "PostgreSQL"),
            ("service-tls-refused", "PostgreSQL"),
            ("service-login", "orders"),
            ("service-logged-in", "PostgreSQL"),
        ],
    ),
    "mysql tls": (
        Exchange(3306, [("S", MYSQL_GREETING), ("C", MYSQL_TLS + client_hello()), *tls()[1:]]),
        [
            ("service-greeting", "8.0.36"),
            ("service-tls-asked", "MySQL"),
            ("tls-client-hello", "shop.example"),
        ],
    ),
    "mysql login": (
        Exchange(
            3306,
            [
                ("S", MYSQL_GREETING),
                ("C", MYSQL_LOGIN),
                ("S", MYSQL_OK),
                ("C", mysql(0, b"\3select 1")),
                (
                    "S",
                    mysql(1, b"\1")
                    + mysql(2, b"\3def" + bytes(20))
                    + mysql(3, b"\1\x31")
                    + mysql(4, b"\xfe\0\0\2\0"),
                ),
            ],
        ),
        [("service-greeting", "8.0.36"), ("service-login", "orders"), ("service-logged-in", "MySQL")],
    ),
    "redis login": (
        Exchange(
            6379,
            [
                ("C", resp("HELLO", "3")),
                ("S", b"-NOAUTH HELLO must be called with the client already authenticated\r\n"),
                ("C", resp("AUTH", "shop", PASSWORD)),
                ("S", b"+OK\r\n"),
                ("C", resp("GET", "cart:7")),
                ("S", b"$14\r\n-ERR no error\r\n\r\n"),
            ],
        ),
        [("service-error", "NOAUTH"), ("service-login", "shop"), ("service-logged-in", "Redis")],
    ),
    "redis script": (
        Exchange(6379, [("C", resp("EVALSHA", "ab", "0")), ("S", b"-NOSCRIPT No matching script.\r\n")]),
        [("service-error", "NOSCRIPT")],
    ),
    "mongodb login": (
        Exchange(
            27017,
            [
                ("C", mongo_query(1, MONGO_FIRST)),
                ("S", mongo_reply(2, 1, bson(ismaster=True, ok=1.0))),
                ("C", mongo(3, 0, MONGO_LOGIN)),
                ("S", mongo(4, 3, bson(conversationId=1, done=False, payload=b"r=x", ok=1.0))),
                ("C", mongo(5, 0, bson(saslContinue=1, conversationId=1, payload=b"c=x"))),
                ("S", mongo(6, 5, bson(conversationId=1, done=True, payload=b"v=x", ok=1.0))),
            ],
        ),
        [("service-login", "shop"), ("service-logged-in", "MongoDB")],
    ),
    "amqp login": (
        Exchange(
            5672,
            amqp_session(
                ("S", AMQP_TUNE),
                ("C", AMQP_OPEN),
                ("S", amqp((10, 41), b"\0")),
                ("C", amqp_close(200, "Goodbye")),
            ),
        ),
        [("service-login", "shop"), ("service-logged-in", "AMQP")],
    ),
    "kafka login": (
        Exchange(
            9092,
            [
                *KAFKA_FIRST,
                *KAFKA_HANDSHAKE,
                KAFKA_LOGIN,
                ("S", kafka_answer(3, struct.pack(">hh", 0, -1) + bytes(12))),
                *metadata(0),
            ],
        ),
        [("service-login", "shop"), ("service-logged-in", "Kafka")],
    ),
    "socks5": (
        Exchange(1080, [("C", b"\5\1\0"), ("S", b"\5\0"), ("C", SOCKS_ASK), ("S", SOCKS_YES), *tls()]),
        [
            ("service-tunnel-asked", "shop.example:443"),
            ("service-tunnel-opened", "SOCKS"),
            ("tls-client-hello", "shop.example"),
        ],
    ),
    "socks5 login": (
        Exchange(
            1080,
            [
                ("C", b"\5\2\0\2"),
                ("S", b"\5\2"),
                ("C", b"\1" + sized(b"shop", 1) + sized(_SECRET, 1)),
                ("S", b"\1\0"),
                ("C", SOCKS_ASK),
                ("S", SOCKS_YES),
                ("C", request("/cart")),
                ("S", response()),
            ],
        ),
        [
            ("service-login", "shop"),
            ("service-tunnel-asked", "shop.example:443"),
            ("service-tunnel-opened", "SOCKS"),
            ("http-request", "/cart"),
            ("http-response", "200"),
        ],
    ),
    "socks5 to a server that speaks first": (
        Exchange(
            1080,
            [("C", b"\5\1\0"), ("S", b"\5\0"), ("C", SOCKS_ASK), ("S", SOCKS_YES), ("S", MYSQL_GREETING)],
        ),
        [
            ("service-tunnel-asked", "shop.example:443"),
            ("service-tunnel-opened", "SOCKS"),
            ("service-greeting", "8.0.36"),
        ],
    ),
    "socks4": (
        Exchange(1080, [("C", b"\4\1\1\xbb\xcb\0\x71\x09shop\0"), ("S", b"\0\x5a" + bytes(6)), *tls()]),
        [
            ("service-tunnel-asked", "203.0.113.9:443"),
            ("service-tunnel-opened", "SOCKS"),
            ("tls-client-hello", "shop.example"),
        ],
    ),
    "socks4a": (
        Exchange(1080, [("C", b"\4\1\1\xbb\0\0\0\1\0shop.example\0"), ("S", b"\0\x5a" + bytes(6)), *tls()]),
        [
            ("service-tunnel-asked", "shop.example:443"),
            ("service-tunnel-opened", "SOCKS"),
            ("tls-client-hello", "shop.example"),
        ],
    ),
    "connect": (
        Exchange(
            3128,
            [
                ("C", b"CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n"),
                ("S", b"HTTP/1.1 200 Connection established\r\n\r\n"),
                *tls(),
            ],
        ),
        [
            ("http-request", "shop.example:443"),
            ("http-response", "200"),
            ("http-upgrade", "tunnel"),
            ("tls-client-hello", "shop.example"),
        ],
    ),
    "proxy 1": (
        Exchange(
            80,
            [
                ("C", b"PROXY TCP4 203.0.113.9 198.51.100.80 50123 80\r\n" + request("/cart")),
                ("S", response()),
            ],
        ),
        [("proxied", "203.0.113.9"), ("http-request", "/cart"), ("http-response", "200")],
    ),
    "proxy 1 unknown": (
        Exchange(80, [("C", b"PROXY UNKNOWN\r\n"), ("C", request("/cart")), ("S", response())]),
        [("proxied", "1"), ("http-request", "/cart"), ("http-response", "200")],
    ),
    "proxy 2": (
        Exchange(443, [("C", proxy2(extra=b"\4\0\2xy") + client_hello()), *tls()[1:]]),
        [("proxied", "203.0.113.9"), ("tls-client-hello", "shop.example")],
    ),
    "proxy 2 over IPv6": (
        Exchange(80, [("C", proxy2(family=0x21)), ("C", request("/cart")), ("S", response())]),
        [("proxied", "2001:db8::9"), ("http-request", "/cart"), ("http-response", "200")],
    ),
    "proxy 2 for itself": (
        Exchange(80, [("C", proxy2(command=0) + request("/cart")), ("S", response())]),
        [("proxied", "2"), ("http-request", "/cart"), ("http-response", "200")],
    ),
}

# What is refused: the finding's id, its reason, and its words.
REFUSED: dict[str, tuple[Exchange, tuple[str, str, str]]] = {
    "smtp greeting": (
        Exchange(25, lines("S: 421 4.7.0 mail.example ESMTP too many connections from your host")),
        ("service-refused", "full", "421"),
    ),
    "smtp login": (
        Exchange(
            587, [*SMTP, *lines(f"C: AUTH PLAIN {base64ed('', 'shop', PASSWORD)}", "S: 535 5.7.8 Error")]
        ),
        ("service-refused", "login", "535"),
    ),
    "smtp relay": (
        Exchange(
            25,
            [*SMTP, *lines("C: RCPT TO:<a@b.example>", "S: 554 5.7.1 <a@b.example>: Relay access denied")],
        ),
        ("service-refused", "access", "554"),
    ),
    "smtp without tls": (
        Exchange(25, [*SMTP, *lines("C: STARTTLS", "S: 454 4.7.0 TLS not available due to local problem")]),
        ("service-refused", "tls", "454"),
    ),
    "smtp wants tls": (
        Exchange(
            587, [*SMTP, *lines("C: MAIL FROM:<a@b>", "S: 530 5.7.0 Must issue a STARTTLS command first")]
        ),
        ("service-refused", "tls", "530"),
    ),
    "pop3": (
        Exchange(
            110, lines("S: +OK ready", "C: USER shop", "S: +OK", f"C: PASS {PASSWORD}", "S: -ERR [AUTH] no")
        ),
        ("service-refused", "login", "AUTH"),
    ),
    "imap": (
        Exchange(
            143,
            lines(
                "S: * OK ready",
                f"C: a1 LOGIN shop {PASSWORD}",
                "S: a1 NO [AUTHENTICATIONFAILED] Authentication failed.",
            ),
        ),
        ("service-refused", "login", "AUTHENTICATIONFAILED"),
    ),
    "imap full": (
        Exchange(143, lines("S: * BYE Too many connections from your address")),
        ("service-refused", "full", "BYE"),
    ),
    "ftp": (
        Exchange(
            21,
            lines(
                "S: 220 ready",
                "C: USER shop",
                "S: 331 more",
                f"C: PASS {PASSWORD}",
                "S: 530 Login incorrect.",
            ),
        ),
        ("service-refused", "login", "530"),
    ),
    "ldap": (
        Exchange(389, [("C", LDAP_BIND), ("S", ldap(1, ldap_result(0x61, 49, "80090308: data 52e")))]),
        ("service-refused", "login", "invalidCredentials: 80090308"),
    ),
    "ldap rights": (
        Exchange(
            389,
            [
                ("C", LDAP_BIND),
                ("S", ldap(1, ldap_result(0x61, 0))),
                ("C", LDAP_SEARCH),
                ("S", ldap(2, ldap_result(0x65, 50))),
            ],
        ),
        ("service-error", "rights", "insufficientAccessRights"),
    ),
    "postgresql password": (
        Exchange(
            5432,
            postgresql(("S", pg_error("FATAL", "28P01", 'password authentication failed for user "shop"'))),
        ),
        ("service-refused", "login", "28P01"),
    ),
    "postgresql full": (
        Exchange(5432, postgresql(("S", pg_error("FATAL", "53300", "sorry, too many clients already")))),
        ("service-refused", "full", "53300"),
    ),
    "postgresql pg_hba": (
        Exchange(
            5432,
            postgresql(
                ("S", pg_error("FATAL", "28000", 'no pg_hba.conf entry for host "10.0.0.1", user "shop"'))
            ),
        ),
        ("service-refused", "access", "28000"),
    ),
    "postgresql database": (
        Exchange(5432, postgresql(("S", pg_error("FATAL", "3D000", 'database "orders" does not exist')))),
        ("service-refused", "missing", "3D000"),
    ),
    "postgresql starting": (
        Exchange(5432, postgresql(("S", pg_error("FATAL", "57P03", "the database system is starting up")))),
        ("service-refused", "starting", "57P03"),
    ),
    "postgresql in another language": (
        Exchange(
            5432, postgresql(("S", pg_error("FATAL", "28P01", "密码认证失败").replace(b"SFATAL", b"SXXXXX")))
        ),
        ("service-refused", "login", "28P01"),
    ),
    "postgresql later": (
        Exchange(
            5432,
            postgresql(
                ("S", PG_READY),
                ("C", pg(b"Q", b"select 1 from gone\0")),
                ("S", pg_error("ERROR", "42P01", 'relation "gone" does not exist') + pg(b"Z", b"I")),
            ),
        ),
        ("service-error", "other", "42P01"),
    ),
    "postgresql stopped": (
        Exchange(
            5432,
            postgresql(
                ("S", PG_READY),
                ("C", pg(b"Q", b"select 1\0")),
                ("S", pg_error("FATAL", "57P01", "terminating connection due to administrator command")),
            ),
        ),
        ("service-refused", "stopping", "57P01"),
    ),
    "mysql password": (
        Exchange(
            3306,
            [
                ("S", MYSQL_GREETING),
                ("C", MYSQL_LOGIN),
                (
                    "S",
                    mysql_error(
                        2, 1045, "Access denied for user 'shop'@'10.0.0.1' (using password: YES)", "28000"
                    ),
                ),
            ],
        ),
        ("service-refused", "login", "1045"),
    ),
    "mysql full": (
        Exchange(3306, [("S", mysql_error(0, 1040, "Too many connections"))]),
        ("service-refused", "full", "1040"),
    ),
    "mysql blocked": (
        Exchange(
            3306,
            [("S", mysql_error(0, 1129, "Host '10.0.0.1' is blocked because of many connection errors"))],
        ),
        ("service-refused", "access", "1129"),
    ),
    "mysql database": (
        Exchange(
            3306,
            [
                ("S", MYSQL_GREETING),
                ("C", MYSQL_LOGIN),
                ("S", mysql_error(2, 1049, "Unknown database 'orders'", "42000")),
            ],
        ),
        ("service-refused", "missing", "1049"),
    ),
    "mysql rights": (
        Exchange(
            3306,
            [
                ("S", MYSQL_GREETING),
                ("C", MYSQL_LOGIN),
                ("S", MYSQL_OK),
                ("C", mysql(0, b"\3select 1")),
                (
                    "S",
                    mysql_error(
                        1, 1142, "SELECT command denied to user 'shop'@'%' for table 'orders'", "42000"
                    ),
                ),
            ],
        ),
        ("service-error", "rights", "1142"),
    ),
    "redis noauth": (
        Exchange(6379, [("C", resp("GET", "cart:7")), ("S", b"-NOAUTH Authentication required.\r\n")]),
        ("service-refused", "login", "NOAUTH"),
    ),
    "redis wrongpass": (
        Exchange(
            6379,
            [
                ("C", resp("AUTH", PASSWORD)),
                ("S", b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"),
            ],
        ),
        ("service-refused", "login", "WRONGPASS"),
    ),
    "redis full": (
        Exchange(6379, [("S", b"-ERR max number of clients reached\r\n")]),
        ("service-refused", "full", "max number of clients"),
    ),
    "redis moved": (
        Exchange(6379, [("C", resp("GET", "a")), ("S", b"-MOVED 3999 10.0.0.2:6379\r\n")]),
        ("service-error", "moved", "MOVED"),
    ),
    "redis oom": (
        Exchange(
            6379,
            [
                ("C", resp("SET", "a", "b")),
                ("S", b"-OOM command not allowed when used memory > 'maxmemory'.\r\n"),
            ],
        ),
        ("service-refused", "space", "OOM"),
    ),
    "redis readonly": (
        Exchange(
            6379,
            [
                ("C", resp("SET", "a", "b")),
                ("S", b"-READONLY You can't write against a read only replica.\r\n"),
            ],
        ),
        ("service-refused", "read-only", "READONLY"),
    ),
    "redis in a pipeline": (
        Exchange(
            6379,
            [("C", resp("GET", "a") + resp("INCR", "b")), ("S", b"$3\r\none\r\n-WRONGTYPE bad kind\r\n")],
        ),
        ("service-error", "other", "WRONGTYPE"),
    ),
    "mongodb password": (
        Exchange(27017, [("C", mongo_query(1, MONGO_LOGIN)), ("S", mongo_reply(2, 1, MONGO_FAILED))]),
        ("service-refused", "login", "18 AuthenticationFailed"),
    ),
    "mongodb rights": (
        Exchange(
            27017,
            [
                ("C", mongo(1, 0, bson(find="orders"))),
                (
                    "S",
                    mongo(
                        2,
                        1,
                        bson(
                            ok=0.0,
                            errmsg=f'not authorized on shop to execute command {{ find: "{PASSWORD}" }}',
                            code=13,
                            codeName="Unauthorized",
                        ),
                    ),
                ),
            ],
        ),
        ("service-error", "rights", "13 Unauthorized"),
    ),
    "amqp password": (
        Exchange(
            5672,
            amqp_session(
                (
                    "S",
                    amqp_close(
                        403, "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN"
                    ),
                )
            ),
        ),
        ("service-refused", "login", "ACCESS_REFUSED"),
    ),
    "amqp vhost": (
        Exchange(
            5672,
            amqp_session(
                ("S", AMQP_TUNE),
                ("C", AMQP_OPEN),
                ("S", amqp_close(530, "NOT_ALLOWED - vhost shop not found")),
            ),
        ),
        ("service-refused", "missing", "530"),
    ),
    "amqp channel": (
        Exchange(
            5672,
            amqp_session(
                ("S", AMQP_TUNE),
                ("C", AMQP_OPEN),
                ("S", amqp((10, 41), b"\0")),
                ("C", amqp((20, 10), b"\0", 1)),
                ("S", amqp_close(404, "NOT_FOUND - no queue 'orders' in vhost '/'", (20, 40), 1)),
            ),
        ),
        ("service-error", "other", "NOT_FOUND"),
    ),
    "kafka password": (
        Exchange(
            9092,
            [
                *KAFKA_FIRST,
                *KAFKA_HANDSHAKE,
                KAFKA_LOGIN,
                ("S", kafka_answer(3, struct.pack(">h", 58) + sized(_DENIED) + bytes(12))),
            ],
        ),
        ("service-refused", "login", "58 SASL_AUTHENTICATION_FAILED"),
    ),
    "kafka password, flexible": (
        Exchange(
            9092,
            [
                *KAFKA_FIRST,
                *KAFKA_HANDSHAKE,
                KAFKA_LOGIN2,
                (
                    "S",
                    kafka_answer(
                        3, b"\0" + struct.pack(">h", 58) + bytes((len(_DENIED) + 1,)) + _DENIED + bytes(10)
                    ),
                ),
            ],
        ),
        ("service-refused", "login", "Invalid username or password"),
    ),
    "kafka mechanism": (
        Exchange(
            9092,
            [
                *KAFKA_FIRST,
                ("C", kafka(17, 1, 2, sized(b"PLAIN"))),
                ("S", kafka_answer(2, struct.pack(">hi", 33, 1) + sized(b"SCRAM-SHA-512"))),
            ],
        ),
        ("service-refused", "login", "33 UNSUPPORTED_SASL_MECHANISM"),
    ),
    "kafka topic": (
        Exchange(9092, [*KAFKA_FIRST, *metadata(3, 4)]),
        ("service-refused", "missing", "UNKNOWN_TOPIC_OR_PARTITION: orders"),
    ),
    "socks5 login": (
        Exchange(
            1080,
            [
                ("C", b"\5\1\2"),
                ("S", b"\5\2"),
                ("C", b"\1" + sized(b"shop", 1) + sized(_SECRET, 1)),
                ("S", b"\1\1"),
            ],
        ),
        ("service-refused", "login", "user name or password refused"),
    ),
    "socks5 target": (
        Exchange(1080, [("C", b"\5\1\0"), ("S", b"\5\0"), ("C", SOCKS_ASK), ("S", b"\5\5\0\1" + bytes(6))]),
        ("service-refused", "unreachable", "connection refused"),
    ),
    "socks4": (
        Exchange(1080, [("C", b"\4\1\1\xbb\xcb\0\x71\x09shop\0"), ("S", b"\0\x5b" + bytes(6))]),
        ("service-refused", "unreachable", "rejected"),
    ),
}
