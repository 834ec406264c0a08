"""Findings that are good to know and no fault."""

from functools import partial

from kubectl_netshoot.packets.messages.fragments import AT_TARGET
from kubectl_netshoot.packets.messages.kinds import (
    Choice,
    Detail,
    FindingKind,
    FindingSeverity,
    Sentence,
    one_or_more,
)

_note = partial(FindingKind, FindingSeverity.NOTE)

CAPTURE_SNAPPED = _note(
    "capture-snapped",
    ("count",),
    Sentence(
        "One packet was longer than what was kept of it (snap length)",
        "{count} packets were longer than what was kept of them (snap length)",
        "count",
    ),
    Sentence("Where contents matter, capture again with whole packets (-s 0)"),
)
CLOCK_JUMPS = _note(
    "clock-jumps",
    ("count", "seconds"),  # the longest
    Sentence(
        "The time of the packets jumps once, by {seconds}: what waits there is not counted",
        "The time of the packets jumps {count} times, by up to {seconds}: what waits there is not counted",
        "count",
    ),
    Sentence(
        "Nothing to do where the file was put together from several captures, or nothing came for hours; what "
        "happened between is not known"
    ),
)
NOT_UNDERSTOOD = _note(
    "not-understood",
    ("count", "link_types"),
    Sentence(
        "One packet is of a kind that is not explained here",
        "{count} packets are of a kind that is not explained here",
        "count",
    ),
    Sentence("Look at it with Wireshark or `tcpdump -r FILE`"),
)
SEEN_TWICE = _note(
    "seen-twice",
    ("count",),  # packets that came again from another interface, and were left out
    Sentence(
        "One packet was seen twice, at two interfaces, and is counted once",
        "{count} packets were seen twice, at two interfaces, and are counted once",
        "count",
    ),
    Sentence("Nothing to do; to capture each packet once, name an interface (`-i eth0`, not `-i any`)"),
)
COMMENT = _note(
    "comment",
    ("text", "count"),  # of a packet, or of the whole file
    Sentence('Somebody wrote into the capture: "{text}"'),
    Sentence("Nothing to do; it is a comment of whoever made or edited the file"),
)
CONVERSATIONS_FOLDED = _note(
    "conversations-folded",
    ("count", "kept"),
    Sentence(
        "One conversation is only counted, {kept} are told: memory is bounded",
        "{count} conversations are only counted, {kept} are told: memory is bounded",
        "count",
    ),
    Sentence("A larger --max-flows, or a narrower filter when capturing, shows more of them"),
)
LOST_IN_CAPTURE = _note(
    "lost-in-capture",
    ("client", "server", "side", "bytes"),  # acknowledged, but not in the capture
    Sentence(
        "{bytes} that {side} sent between {client} and {server} are not in the capture, though they arrived"
    ),
    Sentence("The capture lost packets, not the network: a narrower filter or a larger buffer (-B) helps"),
    from_absence=True,
)
OUT_OF_ORDER = _note(
    "out-of-order",
    ("client", "server", "side", "count"),
    Sentence(
        "One packet of {side} arrived out of order between {client} and {server}",
        "{count} packets of {side} arrived out of order between {client} and {server}",
        "count",
    ),
    Sentence(
        "A few are normal. Many slow TCP down: look for several paths to the same place (ECMP, bonding)"
    ),
    from_absence=True,
)
DNS_NO_REVERSE_NAME = _note(
    "dns-no-reverse-name",
    ("client", "server", "example", "count"),  # NXDOMAIN for an address
    Sentence(
        "{client} asks for the name of an address that has none: {example} (NXDOMAIN)",
        "{client} asks {count} times for names of addresses that have none, as {example} (NXDOMAIN)",
        "count",
    ),
    Sentence(
        "Nothing to do: pods have none, and who asks (a logger, sshd, tcpdump without -n) can do without"
    ),
)
ANSWER_TOO_LATE = _note(
    "answer-too-late",
    ("client", "server", "count"),  # ICMP from the client: its port is closed by now
    Sentence(
        "An answer of {server} reached {client} when it no longer waited for it",
        "{count} answers of {server} reached {client} when it no longer waited for them",
        "count",
    ),
    Sentence("The client had given up, or had its answer from another server: look at why this one was slow"),
)
UDP_UNANSWERED = _note(
    "udp-unanswered",
    ("client", "server", "count"),
    Sentence(
        "{client} sends one datagram to {server}, and nothing comes back",
        "{client} sends {count} datagrams to {server}, and nothing comes back",
        "count",
    ),
    Sentence(
        "That can be right (logs, metrics). Where an answer is due: is the server there, and may it answer?"
    ),
    from_absence=True,
)
HALF_CLOSED_LONG = _note(
    "half-closed-long",
    ("client", "server", "side", "seconds"),  # side: who still held it open
    Sentence("{side} kept a half-closed connection between {client} and {server} open for {seconds}"),
    Sentence(
        "Some applications forget to close: look for connections in CLOSE-WAIT there (ss -tn state close-wait); "
        "many of them are a leak"
    ),
    from_absence=True,
)
STARTED_MIDWAY = _note(
    "started-midway",
    ("count",),  # conversations
    Sentence(
        "One connection was open already when the capture began: who opened it is a guess",
        "{count} connections were open already when the capture began: who opened them is a guess",
        "count",
    ),
    Sentence("Nothing to do; to see the set-up, begin the capture before the client connects"),
)
CHECKSUM_OFFLOAD = _note(
    "checksum-offload",
    ("endpoint", "count"),
    Sentence(
        "One packet that {endpoint} sent shows a wrong checksum ('cksum incorrect'); it is right on the wire",
        "{count} packets that {endpoint} sent show a wrong checksum ('cksum incorrect'); they are right on the "
        "wire",
        "count",
    ),
    Sentence(
        "Nothing to do: the capture was made before the network card filled the checksum in (checksum offloading)"
    ),
)
CHECKSUMS_REWRITTEN = _note(
    "checksums-rewritten",
    ("count",),  # wrong, and accepted all the same
    Sentence(
        "The checksum of one packet is wrong in this file, and yet what was sent was accepted",
        "The checksums of {count} packets are wrong in this file, and yet what was sent was accepted",
        "count",
    ),
    Sentence(
        "Nothing to do: addresses or contents of the file were probably rewritten, so that its checksums say "
        "nothing"
    ),
)
SOURCE_NAT = _note(
    "source-nat",
    ("client", "server", "count"),
    Sentence(
        "{client} is probably a node that stands for other clients (source NAT): one connection to {server}",
        "{client} is probably a node that stands for other clients (source NAT): {count} connections to {server}",
        "count",
    ),
    Sentence(
        "The real client's address is lost on the node: `externalTrafficPolicy: Local` on the Service keeps it, "
        "or look for it in X-Forwarded-For"
    ),
)
PROXY_PROTOCOL = _note(
    "proxy-protocol",
    # example: Endpoint, one of those whom client speaks for; None where it speaks for itself
    ("client", "server", "example", "count"),
    Choice(
        "example",
        {None: Sentence("{client} connects to {server} as a proxy (PROXY protocol), for itself")},
        one_or_more(
            "{client} connects to {server} as a proxy (PROXY protocol): the client behind it is {example}",
            "{client} connects to {server} as a proxy (PROXY protocol) {count} times: a client behind it is "
            "{example}",
        ),
    ),
    Sentence("Nothing to do; the server must be configured to expect the PROXY protocol"),
)
TRACEROUTE = _note(
    "traceroute",
    ("source", "target", "routers", "reached"),  # routers: how many; reached: bool
    Choice(
        "reached",
        {True: Sentence("{source} traces the route to {target} (traceroute), which answers")},
        Choice(
            "target",
            {None: Sentence("{source} traces a route (traceroute)")},
            Sentence("{source} traces the route to {target} (traceroute), which does not answer"),
        ),
    ),
    Sentence("That routers say `time exceeded` is how it works; some never answer"),
    (
        Detail(
            "routers",
            Sentence("one router on the way answers", "{routers} routers on the way answer", "routers"),
        ),
    ),
)
KUBE_PROBE = _note(
    "kube-probe",
    ("client", "server", "target", "count"),  # target None: a TCP probe
    Sentence(
        "One of the connections to {server} is the kubelet's probe, no client",
        "{count} of the connections to {server} are the kubelet's probes, no clients",
        "count",
    ),
    Sentence("Nothing to do; leave it out of what you count as traffic"),
    (AT_TARGET,),
)
LOAD_BALANCER_CHECK = _note(
    "load-balancer-check",
    ("client", "server", "agent", "count"),  # agent None: connect and close
    one_or_more(
        "One of the connections to {server} is a load balancer's health check, no client",
        "{count} of the connections to {server} are a load balancer's health checks, no clients",
    ),
    Sentence("Nothing to do; leave it out of what you count as traffic"),
    (Detail("agent", Sentence("User-Agent: {agent}")),),
    from_absence=True,
)
KEEP_ALIVE = _note(
    "keep-alive",
    ("client", "server", "side", "count"),
    Sentence(
        "{side} checks once whether an idle connection between {client} and {server} still stands (keep-alive)",
        "{side} checks {count} times whether idle connections between {client} and {server} still stand "
        "(keep-alive)",
        "count",
    ),
    Sentence("Nothing to do: this is how idle connections are kept open"),
)
IDLE_RESET = _note(
    "idle-reset",
    ("client", "server", "side", "count"),
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
)
