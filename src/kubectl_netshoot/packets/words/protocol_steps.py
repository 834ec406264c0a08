"""The steps of TLS, DNS, UDP, ICMP, of ARP and its IPv6 kin, and of anything else over IP."""

from kubectl_netshoot.packets.step_ids import StepId as S
from kubectl_netshoot.packets.words.sentence import Choice, Detail, Sentence, Told, one_or_more

_LATER = Detail("seconds", Sentence("{seconds} later"))
_ABOUT = (
    Detail("transport", Sentence("protocol {transport}")),
    Detail("source", Sentence("from {source}")),
    Detail("target", Sentence("to {target}")),
)
_ALPN = Detail("alpn", Sentence("ALPN {alpn}"))
_IN_PACKETS = one_or_more("{who} sends {bytes}", "{who} sends {bytes} in {count} packets")

STEPS: dict[S, Told] = {
    S.TLS_CLIENT_HELLO: Told(
        Sentence("{who} begins TLS (ClientHello)"),
        (
            Detail("server_name", Sentence("for {server_name} (SNI)")),
            Detail("version", Sentence("offers up to {version}")),
            _ALPN,
        ),
    ),
    S.TLS_SERVER_HELLO: Told(
        Choice(
            "retry",
            {True: Sentence("{who} asks for another ClientHello (HelloRetryRequest)")},
            Sentence("{who} answers (ServerHello)"),
        ),
        (
            Detail("version", Sentence("{version}")),
            Detail("cipher", Sentence("cipher {cipher}")),
            _ALPN,
            _LATER,
        ),
    ),
    S.TLS_ALERT: Told(
        Choice(
            "description",
            {"close_notify": Sentence("{who} ends TLS in good order (close_notify)")},
            Sentence("{who} sends a TLS alert: {description}"),
        ),
        (Detail("fatal", Sentence("fatal: this ends the connection")),),
    ),
    S.TLS_ENCRYPTED_ALERT: Told(Sentence("{who} sends an encrypted alert, as at the end of TLS")),
    S.TLS_APPLICATION_DATA: Told(
        one_or_more("{who} sends {bytes}, encrypted", "{who} sends {bytes} in {count} packets, encrypted")
    ),
    S.DNS_QUESTION: Told(
        Choice(
            "opcode",
            {
                "UPDATE": Sentence("{who} asks to update the zone {name}"),
                "NOTIFY": Sentence("{who} tells that the zone {name} has changed (NOTIFY)"),
            },
            Sentence("{who} asks for {name} ({type})"),
        )
    ),
    S.DNS_QUESTION_AGAIN: Told(
        one_or_more(
            "{who} got no answer and asks again for {name} ({type})",
            "{who} got no answer and asks {count} more times for {name} ({type})",
        ),
        (_LATER,),
    ),
    S.DNS_ANSWER: Told(
        Choice(
            "code",
            {
                "NOERROR": Choice(
                    "opcode",
                    {
                        "UPDATE": Sentence("{who} has updated the zone {name}"),
                        "NOTIFY": Sentence("{who} knows now that the zone {name} has changed"),
                    },
                    Sentence("{who} answers for {name} ({type})"),
                ),
                "NXDOMAIN": Sentence("{who} says that {name} ({type}) does not exist (NXDOMAIN)"),
                "SERVFAIL": Sentence("{who} could not resolve {name} ({type}): SERVFAIL"),
            },
            Sentence("{who} answers for {name} ({type}) with {code}"),
        ),
        (
            Detail("answers", Sentence("{answers}")),
            Detail("truncated", Sentence("truncated: to be asked again over TCP")),
            _LATER,
        ),
    ),
    S.DNS_NO_ANSWER: Told(
        Sentence("Nobody answers for {name} ({type})"),
        (Detail("seconds", Sentence("{seconds} until the end of the capture")),),
    ),
    S.UDP_DATA: Told(_IN_PACKETS),
    S.ICMP_ECHO: Told(
        one_or_more("{who} pings {other}", "{who} pings {other} {count} times"),
    ),
    S.ICMP_ECHO_REPLY: Told(
        one_or_more("{who} answers the ping", "{who} answers {count} pings"),
        (Detail("round_trip_seconds", Sentence("round-trip time {round_trip_seconds}")),),
    ),
    S.ICMP_UNREACHABLE: Told(
        Choice(
            "code",
            {
                "network": Sentence("{who} says: no way to that network (ICMP network unreachable)"),
                "host": Sentence("{who} says: that host cannot be reached (ICMP host unreachable)"),
                "protocol": Sentence(
                    "{who} says: that protocol is not spoken here (ICMP protocol unreachable)"
                ),
                "port": Sentence("{who} says: nothing listens on that port (ICMP port unreachable)"),
                "prohibited": Sentence(
                    "{who} says: a firewall forbids it (ICMP administratively prohibited)"
                ),
                "source-route": Sentence("{who} says: the source route failed (ICMP)"),
                "no-route": Sentence("{who} says: there is no route to it (ICMP no route)"),
            },
            Sentence("{who} says: it cannot be reached (ICMP unreachable)"),
        ),
        _ABOUT,
    ),
    S.ICMP_TOO_BIG: Told(
        Sentence("{who} says: the packet is too big for the way ahead (ICMP fragmentation needed)"),
        (Detail("mtu_bytes", Sentence("at most {mtu_bytes} fit (MTU)")), *_ABOUT),
    ),
    S.ICMP_TIME_EXCEEDED: Told(
        Sentence("{who} says: the packet took too many hops (ICMP time exceeded)"), _ABOUT
    ),
    S.ICMP_REDIRECT: Told(Sentence("{who} says: there is a better way, by {gateway} (ICMP redirect)")),
    S.ICMP_OTHER: Told(Sentence("{who} sends an ICMP message (type {type}, code {code})")),
    S.NEIGHBOUR_ASKED: Told(
        one_or_more("{who} asks who has {address}", "{who} asks {count} times who has {address}")
    ),
    S.NEIGHBOUR_PROBED: Told(
        one_or_more(
            "{who} wants to take {address} and asks whether somebody has it: silence means that it is free",
            "{who} wants to take {address} and asks {count} times whether somebody has it: silence means that it is "
            "free",
        )
    ),
    S.NEIGHBOUR_ANSWERED: Told(Sentence("{who} answers: {address} is at {hardware}"), (_LATER,)),
    S.NEIGHBOUR_ANNOUNCED: Told(Sentence("{who} announces: {address} is at {hardware}")),
    S.TUNNEL: Told(
        one_or_more(
            "{who} sends a packet through a tunnel ({tunnel})",
            "{who} sends {count} packets through a tunnel ({tunnel})",
        ),
        (
            Detail("identifier", Sentence("number {identifier}"), above=-1),
            Detail("bytes", Sentence("{bytes}")),
        ),
    ),
    S.IP_PACKETS: Told(_IN_PACKETS, (Detail("protocol", Sentence("IP protocol {protocol}")),)),
    S.IP_FRAGMENTS: Told(
        one_or_more("{who} sends an IP fragment: {bytes}", "{who} sends {count} IP fragments: {bytes}"),
        (Detail("protocol", Sentence("IP protocol {protocol}")),),
    ),
}
