"""Findings about connections: refused, unanswered, reset, slow, lost on the way; each with the next thing to try."""

from kubectl_netshoot.packets.finding_ids import FindingId as F
from kubectl_netshoot.packets.words.sentence import Advised, Choice, Detail, Sentence, one_or_more

_AT_LONGEST = Detail("seconds", Sentence("longest wait {seconds}"))

FINDINGS: dict[F, Advised] = {
    F.CONNECTION_REFUSED: Advised(
        Sentence(
            "{server} refuses the connection of {client}: nothing listens on that port",
            "{server} refuses {attempts} connections of {client}: nothing listens on that port",
            "attempts",
        ),
        Sentence(
            "Look at what the pod listens on (ss -ltn) and compare it with the Service's targetPort; see in its log "
            "whether the application has started, and listens on all addresses, not on 127.0.0.1 alone"
        ),
    ),
    F.CONNECTION_UNANSWERED: Advised(
        Sentence(
            "{server} does not answer the SYN of {client}: neither yes nor no",
            "{server} does not answer {attempts} SYNs of {client}: neither yes nor no",
            "attempts",
        ),
        Sentence(
            "Something drops the packets: look at NetworkPolicies and firewalls, at whether the address is still that "
            "of a running pod, and capture on the other side: did the SYN arrive there?"
        ),
        (_AT_LONGEST,),
    ),
    F.HANDSHAKE_UNFINISHED: Advised(
        Sentence("{server} accepted, but {client} never confirmed: the handshake stays unfinished"),
        Sentence(
            "The way back is broken, or the client is a port scan: capture at the client and see whether the SYN-ACK "
            "arrives there; look for asymmetric routes and firewalls that saw only half of it"
        ),
        (_AT_LONGEST,),
    ),
    F.CONNECTION_RESET: Advised(
        Choice(
            "moment",
            {
                "handshake": Sentence(
                    "{side} resets the connection between {client} and {server} right after the handshake",
                    "{side} resets {count} connections between {client} and {server} right after the handshake",
                    "count",
                ),
                "request-unanswered": Sentence(
                    "{side} resets the connection between {client} and {server} while a request has no answer",
                    "{side} resets {count} connections between {client} and {server} while a request has no answer",
                    "count",
                ),
                "response-cut": Sentence(
                    "{side} resets the connection between {client} and {server} in the middle of a response",
                    "{side} resets {count} connections between {client} and {server} in the middle of a response",
                    "count",
                ),
                "tls-handshake": Sentence(
                    "{side} resets the connection between {client} and {server} during the TLS handshake",
                    "{side} resets {count} connections between {client} and {server} during the TLS handshake",
                    "count",
                ),
            },
            Sentence(
                "{side} resets the connection between {client} and {server}",
                "{side} resets {count} connections between {client} and {server}",
                "count",
            ),
        ),
        Choice(
            "side",
            {
                "client": Sentence(
                    "The client gave up: look at its timeout, and at why the server took so long; a proxy or load "
                    "balancer between them may have done it in the client's name"
                ),
                "server": Sentence(
                    "Look at the server's log at that time: a crash, a restart, a full backlog or a limit of "
                    "connections; `kubectl describe pod` shows restarts and OOMKilled"
                ),
            },
            Sentence("Look at the logs of both sides at that time, and at proxies between them"),
        ),
    ),
    F.IDLE_RESET: Advised(
        Sentence(
            "{side} ends an idle connection between {client} and {server} by a reset: everything had been answered",
            "{side} ends {count} idle connections between {client} and {server} by a reset: everything had been "
            "answered",
            "count",
        ),
        Sentence(
            "Harmless by itself. Where clients see errors now and then: the client's idle timeout should be shorter "
            "than the server's"
        ),
    ),
    F.ZERO_WINDOW: Advised(
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
    ),
    F.SLOW_HANDSHAKE: Advised(
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
    ),
    F.RETRANSMISSIONS: Advised(
        Sentence(
            "{side} had to send one packet again between {client} and {server}: {percent}% of its data packets",
            "{side} had to send {count} packets again between {client} and {server}: {percent}% of its data packets",
            "count",
        ),
        Sentence(
            "Packets are lost on the way: look at errors and drops of the interfaces (`ip -s link`), at the node's "
            "load and, in clouds, at the instance's network limits; capture on both sides to see where they vanish"
        ),
    ),
    F.OUT_OF_ORDER: Advised(
        Sentence(
            "One packet of {side} arrived out of order between {client} and {server}",
            "{count} packets of {side} arrived out of order between {client} and {server}",
            "count",
        ),
        Sentence(
            "A few are normal. Many slow TCP down: look for several paths to the same place (ECMP, bonding)"
        ),
    ),
    F.KEEP_ALIVE: Advised(
        Sentence(
            "{side} checks once whether an idle connection between {client} and {server} still stands (keep-alive)",
            "{side} checks {count} times whether idle connections between {client} and {server} still stand "
            "(keep-alive)",
            "count",
        ),
        Sentence("Nothing to do: this is how idle connections are kept open"),
    ),
    F.KEEP_ALIVE_UNANSWERED: Advised(
        Sentence(
            "{side} asks whether {server} and {client} still hold the connection, and nobody answers (keep-alive)",
            "{side} asks {count} times whether {server} and {client} still hold the connection, and nobody answers "
            "(keep-alive)",
            "count",
        ),
        Sentence(
            "The other side, or something between (NAT, firewall, load balancer), has forgotten the connection: look "
            "whether that pod was replaced, and at idle timeouts on the way"
        ),
    ),
    F.PEER_SILENT: Advised(
        Choice(
            "side",
            {
                "client": Sentence(
                    "{server} acknowledges nothing of {client} any more, though the connection was established"
                ),
            },
            Sentence(
                "{client} acknowledges nothing of {server} any more, though the connection was established"
            ),
        ),
        Sentence(
            "Not even its kernel answers: look whether that pod or node is gone, and whether something between (NAT, "
            "firewall, load balancer) has forgotten the connection"
        ),
        (
            Detail("count", one_or_more("sent again once in vain", "sent again {count} times in vain")),
            Detail("seconds", Sentence("for {seconds}")),
        ),
    ),
    F.NOT_TRANSLATED: Advised(
        Sentence(
            "{client} asked {server}, and {answering} answers from its own address, which {client} does not know"
        ),
        Sentence(
            "The answer bypasses the address translation on its way back: check masquerading for hairpin traffic (a "
            "pod that reaches itself through its Service), br_netfilter (`sysctl net.bridge.bridge-nf-call-iptables`), "
            "and asymmetric routes"
        ),
        (Detail("count", one_or_more("once", "{count} times")),),
    ),
    F.ACCEPT_QUEUE_FULL: Advised(
        Sentence(
            "{server} sends SYN-ACK again though {client} has confirmed: its queue of accepted connections is probably "
            "full"
        ),
        Sentence(
            "The application does not accept fast enough: compare Recv-Q with Send-Q in `ss -ltn` there, and "
            "`nstat -az TcpExtListenOverflows`"
        ),
        (Detail("count", one_or_more("once", "{count} times")),),
    ),
    F.HALF_CLOSED_LONG: Advised(
        Sentence("{side} kept a half-closed connection between {client} and {server} open for {seconds}"),
        Sentence(
            "Some applications forget to close: look for connections in CLOSE-WAIT there (ss -tn state close-wait); "
            "many of them are a leak"
        ),
    ),
    F.MTU_BLACK_HOLE: Advised(
        Sentence(
            "Large packets of {side} ({payload_bytes} of data) never arrive between {client} and {server}, small ones "
            "do: an MTU black hole",
        ),
        Sentence(
            "Compare the MTU of both pods, of the nodes and of the tunnel (`ip link`, `tracepath`), and let ICMP "
            "'fragmentation needed' through firewalls; a smaller MTU or MSS clamping helps at once"
        ),
        (Detail("count", one_or_more("sent in vain once", "sent in vain {count} times")),),
    ),
    F.BAD_CHECKSUM: Advised(
        Sentence(
            "One packet of {side} between {client} and {server} arrived with a wrong checksum",
            "{count} packets of {side} between {client} and {server} arrived with a wrong checksum",
            "count",
        ),
        Sentence(
            "Packets are damaged on the way: try without offloading (`ethtool -K`), suspect the tunnel's or the "
            "virtual card's driver"
        ),
    ),
    F.CHECKSUM_OFFLOAD: Advised(
        Sentence(
            "One packet that {endpoint} sent shows a wrong checksum ('cksum incorrect'); it is right on the wire",
            "{count} packets that {endpoint} sent show a wrong checksum ('cksum incorrect'); they are right on the "
            "wire",
            "count",
        ),
        Sentence(
            "Nothing to do: the capture was made before the network card filled the checksum in (checksum offloading)"
        ),
    ),
    F.CHECKSUMS_REWRITTEN: Advised(
        Sentence(
            "The checksum of one packet is wrong in this file, and yet what was sent was accepted",
            "The checksums of {count} packets are wrong in this file, and yet what was sent was accepted",
            "count",
        ),
        Sentence(
            "Nothing to do: addresses or contents of the file were probably rewritten, so that its checksums say "
            "nothing"
        ),
    ),
}
