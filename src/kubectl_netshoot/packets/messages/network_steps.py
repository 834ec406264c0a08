"""The steps of DNS, UDP, ICMP, of ARP and its IPv6 kin, of tunnels and of anything else over IP."""

from kubectl_netshoot.packets.messages.kinds import Choice, Detail, Sentence, StepKind, one_or_more

_LATER = Detail("seconds", Sentence("{seconds} later"))
_ABOUT = (
    Detail("transport", Sentence("protocol {transport}")),
    Detail("source", Sentence("from {source}")),
    Detail("target", Sentence("to {target}")),
)
_IN_PACKETS = one_or_more("{who} sends {bytes}", "{who} sends {bytes} in {count} packets")

DNS_QUESTION = StepKind(
    "dns-question",
    ("name", "type", "opcode"),  # QUERY, NOTIFY, UPDATE: then the name is of a zone
    Choice(
        "opcode",
        {
            "UPDATE": Sentence("{who} asks to update the zone {name}"),
            "NOTIFY": Sentence("{who} tells that the zone {name} has changed (NOTIFY)"),
        },
        Sentence("{who} asks for {name} ({type})"),
    ),
    label=Choice("opcode", {"UPDATE": Sentence("update {name}")}, Sentence("{name} {type}?")),
)
DNS_QUESTION_AGAIN = StepKind(
    "dns-question-again",
    ("name", "type", "seconds"),
    one_or_more(
        "{who} got no answer and asks again for {name} ({type})",
        "{who} got no answer and asks {count} more times for {name} ({type})",
    ),
    (_LATER,),
    label=one_or_more("{name} {type}? again", "{name} {type}? again x{count}"),
)
DNS_ANSWER = StepKind(
    "dns-answer",
    # code: NOERROR ...; answers: tuple
    ("name", "type", "opcode", "code", "answers", "truncated", "seconds"),
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
    label=Choice("answers", {(): Sentence("{code}")}, Sentence("{answers}")),
)
DNS_NO_ANSWER = StepKind(
    "dns-no-answer",
    ("name", "type", "seconds"),
    Sentence("Nobody answers for {name} ({type})"),
    (Detail("seconds", Sentence("{seconds} until the end of the capture")),),
    label=Sentence("no answer"),
    arrow=False,
    silent=True,
    from_absence=True,
)
UDP_DATA = StepKind("udp-data", ("bytes",), _IN_PACKETS, label=Sentence("{bytes}"))
ICMP_ECHO = StepKind(
    "icmp-echo",
    (),
    one_or_more("{who} pings {other}", "{who} pings {other} {count} times"),
    label=one_or_more("ping", "ping x{count}"),
)
ICMP_ECHO_REPLY = StepKind(
    "icmp-echo-reply",
    ("round_trip_seconds",),
    one_or_more("{who} answers the ping", "{who} answers {count} pings"),
    (Detail("round_trip_seconds", Sentence("round-trip time {round_trip_seconds}")),),
    label=one_or_more("reply", "reply x{count}"),
)
ICMP_UNREACHABLE = StepKind(
    "icmp-unreachable",
    ("code", "transport", "source", "target"),  # code: as below, or other; tcp..; Endpoints or None
    Choice(
        "code",
        {
            "network": Sentence("{who} says: no way to that network (ICMP network unreachable)"),
            "host": Sentence("{who} says: that host cannot be reached (ICMP host unreachable)"),
            "protocol": Sentence("{who} says: that protocol is not spoken here (ICMP protocol unreachable)"),
            "port": Sentence("{who} says: nothing listens on that port (ICMP port unreachable)"),
            "prohibited": Sentence("{who} says: a firewall forbids it (ICMP administratively prohibited)"),
            "source-route": Sentence("{who} says: the source route failed (ICMP)"),
            "no-route": Sentence("{who} says: there is no route to it (ICMP no route)"),
        },
        Sentence("{who} says: it cannot be reached (ICMP unreachable)"),
    ),
    _ABOUT,
    label=Sentence("unreachable: {code}"),
)
ICMP_TOO_BIG = StepKind(
    "icmp-too-big",
    ("mtu_bytes", "transport", "source", "target"),
    Sentence("{who} says: the packet is too big for the way ahead (ICMP fragmentation needed)"),
    (Detail("mtu_bytes", Sentence("at most {mtu_bytes} fit (MTU)")), *_ABOUT),
    label=Sentence("too big, MTU {mtu_bytes}"),
)
ICMP_TIME_EXCEEDED = StepKind(
    "icmp-time-exceeded",
    ("transport", "source", "target"),
    Sentence("{who} says: the packet took too many hops (ICMP time exceeded)"),
    _ABOUT,
    label=Sentence("too many hops"),
)
ICMP_FRAGMENTS_MISSING = StepKind(
    "icmp-fragments-missing",
    ("transport", "source", "target"),
    Sentence("{who} says: not all fragments of the packet came (ICMP reassembly time exceeded)"),
    _ABOUT,
    label=Sentence("fragments missing"),
)
ICMP_REDIRECT = StepKind(
    "icmp-redirect",
    ("gateway",),
    Sentence("{who} says: there is a better way, by {gateway} (ICMP redirect)"),
    label=Sentence("redirect to {gateway}"),
)
ICMP_OTHER = StepKind(
    "icmp-other",
    ("type", "code"),  # ints
    Sentence("{who} sends an ICMP message (type {type}, code {code})"),
    label=Sentence("ICMP {type}/{code}"),
)
NEIGHBOUR_ASKED = StepKind(
    "neighbour-asked",
    ("address",),  # ARP who-has, or IPv6 neighbour solicitation
    one_or_more("{who} asks who has {address}", "{who} asks {count} times who has {address}"),
    label=Sentence("who has {address}?"),
)
NEIGHBOUR_PROBED = StepKind(
    "neighbour-probed",
    ("address",),  # ARP probe or duplicate address detection, by who wants the address
    one_or_more(
        "{who} wants to take {address} and asks whether somebody has it: silence means that it is free",
        "{who} wants to take {address} and asks {count} times whether somebody has it: silence means that it is "
        "free",
    ),
    label=Sentence("is {address} free?"),
)
NEIGHBOUR_ANSWERED = StepKind(
    "neighbour-answered",
    ("address", "hardware", "seconds"),
    Sentence("{who} answers: {address} is at {hardware}"),
    (_LATER,),
    label=Sentence("{hardware}"),
)
NEIGHBOUR_ANNOUNCED = StepKind(
    "neighbour-announced",
    ("address", "hardware"),
    Sentence("{who} announces: {address} is at {hardware}"),
    label=Sentence("{address} is {hardware}"),
)
TUNNEL = StepKind(
    "tunnel",
    ("tunnel", "identifier", "bytes"),  # VXLAN ..; int (VNI, key, TEID, label)
    one_or_more(
        "{who} sends a packet through a tunnel ({tunnel})",
        "{who} sends {count} packets through a tunnel ({tunnel})",
    ),
    (
        Detail("identifier", Sentence("number {identifier}"), above=-1),
        Detail("bytes", Sentence("{bytes}")),
    ),
    label=Sentence("{tunnel}, {bytes}"),
)
IP_PACKETS = StepKind(
    "ip-packets",
    ("protocol", "bytes"),  # int
    _IN_PACKETS,
    (Detail("protocol", Sentence("IP protocol {protocol}")),),
    label=Sentence("{bytes}"),
)
IP_FRAGMENTS = StepKind(
    "ip-fragments",
    ("protocol", "bytes"),
    one_or_more("{who} sends an IP fragment: {bytes}", "{who} sends {count} IP fragments: {bytes}"),
    (Detail("protocol", Sentence("IP protocol {protocol}")),),
    label=Sentence("fragments, {bytes}"),
)
