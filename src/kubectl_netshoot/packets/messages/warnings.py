"""Findings that something worked badly or may soon not, from the worst to the least."""

from functools import partial

from kubectl_netshoot.packets.messages.fragments import ANSWERED_WITH_STATUS, SERVICE_ADVICE, TIMES
from kubectl_netshoot.packets.messages.kinds import (
    Choice,
    Detail,
    FindingKind,
    FindingSeverity,
    Sentence,
    one_or_more,
)

_warning = partial(FindingKind, FindingSeverity.WARNING)

LOST_BETWEEN = _warning(
    "lost-between",
    ("client", "server", "side", "sender", "receiver", "count"),  # sender, receiver: points that captured
    Sentence(
        "A packet of {side} between {client} and {server} left {sender} and did not arrive at {receiver}",
        "{count} packets of {side} between {client} and {server} left {sender} and did not arrive at {receiver}",
        "count",
    ),
    Sentence(
        "Look at what is between the two: NetworkPolicies, rules and MTU of the nodes; where nothing "
        "connects any more, `kubectl netshoot why` tries it from both ends"
    ),
)
PORT_SCAN = _warning(
    "port-scan",
    # numbers of ports; crafted: of packets that no stack sends
    ("client", "server", "count", "accepted", "refused", "unanswered", "crafted"),
    Choice(
        "crafted",
        {0: Sentence("{client} tries {count} ports of {server}: probably a port scan")},
        Sentence(
            "{client} sends {server} {crafted} TCP packets with flags that no system sends: probably a scanner"
        ),
    ),
    Sentence(
        "Find out who scans from {client} (a security scan of your own?). What accepted is open to it; a NetworkPolicy "
        "closes it"
    ),
    (
        Detail("accepted", Sentence("{accepted} accepted")),
        Detail("refused", Sentence("{refused} refused")),
        Detail("unanswered", Sentence("{unanswered} silent")),
    ),
)
ZERO_WINDOW = _warning(
    "zero-window",
    ("client", "server", "side", "count", "seconds"),  # side: whose buffer is full
    Sentence(
        "The receive buffer of {side} was full (zero window) between {client} and {server}",
        "The receive buffer of {side} was full {count} times (zero window) between {client} and {server}",
        "count",
    ),
    Sentence(
        "The application of {side} reads too slowly; the network is not at fault: look at its CPU limit and "
        "throttling, at garbage collection, and at what it waits for"
    ),
    (Detail("seconds", Sentence("for {seconds} at the longest")),),
    from_absence=True,
)
MTU_WORKED_AROUND = _warning(
    "mtu-worked-around",
    # side: who sends; count: how often in vain, for so many seconds
    ("client", "server", "side", "payload_bytes", "smaller_bytes", "count", "seconds"),
    Sentence(
        "Large packets of {side} ({payload_bytes} of data) did not arrive between {client} and {server}, smaller ones "
        "({smaller_bytes}) then did: probably an MTU black hole that it found its way around"
    ),
    Sentence(
        "Each new connection waits as long: compare the MTU of both pods, of the nodes and of the tunnel (`ip link`, "
        "`tracepath`), and let ICMP 'fragmentation needed' through firewalls"
    ),
    (
        Detail("count", one_or_more("sent again once in vain", "sent again {count} times in vain")),
        Detail("seconds", Sentence("for {seconds}")),
    ),
    from_absence=True,
)
HTTP_CLIENT_ERROR = _warning(
    "http-client-error",
    ("client", "server", "status", "method", "target", "count"),
    ANSWERED_WITH_STATUS,
    Choice(
        "status",
        {
            401: Sentence("The client is not logged in: look at its token, and at when it expires"),
            403: Sentence("The client may not do this: look at its rights and at the proxy's rules"),
            404: Sentence(
                "There is nothing at this path: compare it with the Ingress rules (rewrite, prefix) and with the "
                "Host header that the server expects"
            ),
            413: Sentence("The body is too large for the server or for a proxy: look at its limit"),
            429: Sentence(
                "The client asks too often: look at the rate limit, and at retries without a pause"
            ),
        },
        Sentence(
            "The server does not like the request: its log says why; look at the request's headers and body"
        ),
    ),
)
HTTP_UNREADABLE = _warning(
    "http-unreadable",
    ("client", "server", "side"),
    Sentence("What {side} sends between {client} and {server} begins as HTTP, and then is not"),
    Sentence("Look for TLS on a port for plain HTTP, a wrong Content-Length, or gaps in the capture"),
)
SERVICE_ERROR = _warning(
    "service-error",
    ("client", "server", "protocol", "reason", "code", "text", "count"),
    Choice(
        "code",
        {
            None: one_or_more(
                "{server} ({protocol}) answers {client} with an error: {text}",
                "{server} ({protocol}) answers {client} {count} times with an error: {text}",
            )
        },
        one_or_more(
            "{server} ({protocol}) answers {client} with an error: {code} {text}",
            "{server} ({protocol}) answers {client} {count} times with an error: {code} {text}",
        ),
    ),
    SERVICE_ADVICE,
)
SLOW_RESPONSE = _warning(
    "slow-response",
    ("client", "server", "method", "target", "count", "seconds"),
    one_or_more(
        "{server} takes {seconds} to begin its answer to {method} {target} of {client}",
        "{server} is slow to answer {count} requests of {client}, up to {seconds} as for {method} {target}",
    ),
    Sentence(
        "The packets were quick, the application was slow: look at its CPU throttling, and at what it waits for "
        "itself (database, DNS, other services)"
    ),
    from_absence=True,
)
SLOW_NETWORK = _warning(
    "slow-network",
    ("client", "server", "count", "seconds"),  # until a request was acknowledged
    Sentence(
        "It takes {seconds} until {server} acknowledges a request of {client}: the network is slow, not the "
        "application",
        "It takes up to {seconds} until {server} acknowledges {count} requests of {client}: the network is slow, not "
        "the application",
        "count",
    ),
    Sentence(
        "The answer comes soon after the ACK: compare with ping, look for lost packets, a saturated link or tunnel, "
        "and an overloaded node on the way; capture at both ends to see where the time goes"
    ),
    from_absence=True,
)
SLOW_CLIENT = _warning(
    "slow-client",
    ("client", "server", "count", "seconds"),  # from the handshake to the first request
    one_or_more(
        "{client} is connected to {server}, and takes {seconds} to send its first request: the client is slow",
        "{client} is connected to {server}, and takes up to {seconds} to send its first request, {count} times: the "
        "client is slow",
    ),
    Sentence(
        "Neither the network nor the server took this time: look at the client's CPU limit and throttling, and at what "
        "it does in between; it may also have connected in advance, and then nothing is wrong"
    ),
    from_absence=True,
)
SLOW_HANDSHAKE = _warning(
    "slow-handshake",
    ("client", "server", "seconds", "attempts"),
    Sentence("The handshake between {client} and {server} took {seconds}"),
    Choice(
        "attempts",
        {
            1: Sentence(
                "The server or the way to it is slow: compare with ping; look at the node's load and at the "
                "listen backlog (ss -ltn: Recv-Q)"
            )
        },
        Sentence(
            "A SYN had to be repeated: look for packet loss, a full conntrack table (`conntrack -S`: drop, "
            "insert_failed) and a full listen backlog (ss -ltn: Recv-Q)"
        ),
    ),
    from_absence=True,
)
DNS_SLOW = _warning(
    "dns-slow",
    ("client", "server", "name", "seconds", "count"),
    Sentence("The DNS server {server} takes {seconds} to answer {client} about {name}"),
    Sentence(
        "Look at the CPU of CoreDNS, at the servers that it forwards to, and at lost packets: 5 s sharp is a "
        "client that asked a second time"
    ),
    (TIMES,),
    from_absence=True,
)
DNS_TRUNCATED = _warning(
    "dns-truncated",
    ("client", "server", "name", "count"),
    Sentence("The answer of {server} to {client} about {name} did not fit into UDP (truncated)"),
    Sentence("The client asks again over TCP: see that TCP port 53 is allowed as well"),
    (TIMES,),
)
DNS_SEARCH_LIST = _warning(
    "dns-search-list",
    ("client", "server", "name", "tried", "count"),  # tried: tuple of names, in vain
    Sentence("Each look-up of {name} by {client} first asks for names that do not exist: {tried}"),
    Sentence(
        "This is the search list with `ndots:5`: write the name with a dot at its end, or set `ndots` to 1 or 2 "
        "in the pod's dnsConfig"
    ),
    (TIMES,),
)
TLS_OLD_VERSION = _warning(
    "tls-old-version",
    ("client", "server", "version", "count"),
    Sentence(
        "A connection between {client} and {server} uses {version}, which is out of date",
        "{count} connections between {client} and {server} use {version}, which is out of date",
        "count",
    ),
    Sentence("Let both sides speak TLS 1.2 or newer"),
)
RETRANSMISSIONS = _warning(
    "retransmissions",
    ("client", "server", "side", "count", "percent"),  # of segments with payload
    Sentence(
        "{side} had to send one packet again between {client} and {server}: {percent}% of its data packets",
        "{side} had to send {count} packets again between {client} and {server}: {percent}% of its data packets",
        "count",
    ),
    Sentence(
        "Packets are lost on the way: look at errors and drops of the interfaces (`ip -s link`), at the node's "
        "load and, in clouds, at the instance's network limits; capture on both sides to see where they vanish"
    ),
)
FRAGMENTS_LOST = _warning(
    "fragments-lost",
    ("reporter", "count"),  # ICMP: the time to wait for them is over
    Sentence(
        "{reporter} says that fragments of a packet to it are missing",
        "{reporter} says that fragments of {count} packets to it are missing",
        "count",
    ),
    Sentence(
        "Something on the way drops fragments, mostly a firewall, NAT or load balancer: let them pass, or send "
        "smaller messages (DNS: an EDNS buffer of 1232 bytes)"
    ),
)
ADDRESS_MOVED = _warning(
    "address-moved",
    ("address", "hardware"),  # tuple of two or more hardware addresses, one after another
    Sentence("The hardware address of {address} changes: {hardware}"),
    Sentence(
        "Right after a fail-over, or where a new pod got the address, it should; else two machines have it, or "
        "somebody poisons ARP: look for both hardware addresses (`ip neigh`)"
    ),
)
BAD_CHECKSUM = _warning(
    "bad-checksum",
    ("client", "server", "side", "count"),  # sent by the far side: real damage
    Sentence(
        "One packet of {side} between {client} and {server} arrived with a wrong checksum",
        "{count} packets of {side} between {client} and {server} arrived with a wrong checksum",
        "count",
    ),
    Sentence(
        "Packets are damaged on the way: try without offloading (`ethtool -K`), suspect the tunnel's or the "
        "virtual card's driver"
    ),
)
ECHO_UNANSWERED = _warning(
    "echo-unanswered",
    ("client", "server", "count"),
    Sentence(
        "A ping of {client} to {server} has no answer",
        "{count} pings of {client} to {server} have no answer",
        "count",
    ),
    Sentence(
        "Many firewalls drop ping: try the real port (`nc -vz ADDRESS PORT`) before you conclude anything"
    ),
    from_absence=True,
)
UNREAD_LINES = _warning(
    "unread-lines",
    ("count",),
    Sentence(
        "One line looks like a packet and could not be read: what it says is missing here",
        "{count} lines look like packets and could not be read: what they say is missing here",
        "count",
    ),
    Sentence(
        "Explain the capture itself, which no pasting damages: `tcpdump -w FILE`, then `kubectl netshoot explain "
        "FILE`"
    ),
)
CAPTURE_CUT = _warning(
    "capture-cut",
    ("offset", "after_packet"),
    Choice(
        "after_packet",
        {0: Sentence("The capture is cut off before its first whole packet (at {place})")},
        Sentence(
            "The capture is cut off after packet {after_packet} (at {place}): all before it is explained"
        ),
    ),
    Sentence(
        "The writer was killed, or the file is still being written or copied: `tcpdump -U` writes every packet at "
        "once"
    ),
)
CAPTURE_GARBLED = _warning(
    "capture-garbled",
    ("offset", "after_packet"),
    Choice(
        "after_packet",
        {0: Sentence("The capture is damaged before its first packet (at {place})")},
        Sentence(
            "The capture is damaged after packet {after_packet} (at {place}): all before it is explained, "
            "nothing behind it is"
        ),
    ),
    Sentence(
        "Copy it again, as binary: a terminal (kubectl exec -t) or a text mode transfer changes bytes of a capture"
    ),
)
CAPTURE_DROPS = _warning(
    "capture-drops",
    ("count",),  # lost by the kernel of the capturing host
    Sentence(
        "The capturing host lost one packet: what is missing here may have been on the wire",
        "The capturing host lost {count} packets: what is missing here may have been on the wire",
        "count",
    ),
    Sentence("Capture again with a narrower filter, a smaller snap length (-s) or a larger buffer (-B)"),
)
PARTLY_CAPTURED = _warning(
    "partly-captured",
    # missing: answers (there are only SYNs, and none comes again), packets (that must have been sent)
    ("missing", "count"),  # count: connections
    Choice(
        "missing",
        {
            "answers": Sentence(
                "Of one TCP connection there is a single SYN: the answer was not captured, or the client gave up soon",
                "Of {count} TCP connections there is a single SYN: answers were not captured, or the clients gave up "
                "soon",
                "count",
            ),
        },
        Sentence(
            "Of one TCP connection packets are missing that must have been sent: it cannot be judged",
            "Of {count} TCP connections packets are missing that must have been sent: they cannot be judged",
            "count",
        ),
    ),
    Sentence(
        "A filter on flags or on one direction does this: capture with one on addresses and ports alone, such as "
        "`host ADDRESS and port PORT`"
    ),
    from_absence=True,
)
ONE_SIDED = _warning(
    "one-sided",
    ("client", "server", "side", "count"),  # side: the only one that was captured
    Sentence(
        "Of one conversation between {client} and {server} only what {side} sent was captured",
        "Of {count} conversations between {client} and {server} only what {side} sent was captured",
        "count",
    ),
    Sentence(
        "The capture's filter or interface sees one direction only, or the answers take another way: capture on "
        "`any`, with a filter for both directions"
    ),
    from_absence=True,
)
