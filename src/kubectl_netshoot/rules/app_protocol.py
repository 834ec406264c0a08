"""What a port of a Service is likely to speak, by what is declared of it."""

from enum import Enum

from kubectl_netshoot.model import ServicePort


class Speaks(Enum):
    """HTTP and HTTPS are asked for a page; OTHER is only connected to; UNKNOWN is asked, and may not answer."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"
    OTHER = "something else"
    UNKNOWN = "unknown"


_OTHER_WORDS = (
    "grpc grpcs http2 h2c tcp tls redis mysql postgres postgresql mongo mongodb amqp kafka mqtt ldap ldaps smtp imap "
    "ssh ftp dns udp memcached cassandra zookeeper nats stomp etcd"
)
_OTHER_NUMBERS = (
    "21 22 25 53 110 143 389 465 587 636 993 995 1433 1521 1883 2049 2181 2379 2380 3306 3389 4222 5222 5432 5671 5672 "
    "6379 6380 6432 7000 7687 8883 9042 9092 9093 9300 11211 26379 27017 27018 33060 50051 61613 61616"
)
# The first word of a port's name, as meshes read it, or of its appProtocol.
_WORDS = {
    **dict.fromkeys(_OTHER_WORDS.split(), Speaks.OTHER),
    **dict.fromkeys(("http", "web", "metrics", "ws"), Speaks.HTTP),
    **dict.fromkeys(("https", "wss"), Speaks.HTTPS),
}
_NUMBERS = {
    **dict.fromkeys(map(int, _OTHER_NUMBERS.split()), Speaks.OTHER),
    **dict.fromkeys((80, 3000, 5000, 8000, 8008, 8080, 8081, 8888), Speaks.HTTP),
    **dict.fromkeys((443, 6443, 8443, 9443), Speaks.HTTPS),
}


def speaks(port: ServicePort) -> Speaks:
    """By appProtocol, then the port's name, then the well-known numbers."""
    for said in (port.app_protocol.rpartition("/")[2], port.name):
        word = said.lower().partition("-")[0]
        if word in _WORDS:
            return _WORDS[word]
    return by_number(port.target if isinstance(port.target, int) else 0, port.number)


def by_number(*numbers: int) -> Speaks:
    """The first of these numbers that is well known decides; one of a database always does, which wants no page."""
    known = [_NUMBERS[n] for n in numbers if n in _NUMBERS]
    return Speaks.OTHER if Speaks.OTHER in known else next(iter(known), Speaks.UNKNOWN)
