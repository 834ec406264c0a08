"""Findings that something did not work, from the worst to the least."""

from functools import partial

from kubectl_netshoot.packets.messages.fragments import ANSWERED_WITH_STATUS, AT_TARGET, SERVICE_ADVICE, TIMES
from kubectl_netshoot.packets.messages.kinds import (
    Choice,
    Detail,
    FindingKind,
    FindingSeverity,
    Sentence,
    one_or_more,
)

_fault = partial(FindingKind, FindingSeverity.FAULT)
_AT_LONGEST = Detail("seconds", Sentence("longest wait {seconds}"))
_FAILURE = Choice(
    "failure",
    {
        "refused": Sentence("refused"),
        "unanswered": Sentence("no answer"),
        "reset": Sentence("reset"),
        "no-response": Sentence("no response"),
        "status": Sentence("status {status}"),
    },
    Sentence("failed"),
)
_FAILED = Detail("failure", _FAILURE)
_FOR_NAME = Detail("server_name", Sentence("for {server_name} (SNI)"))

CONNECTION_REFUSED = _fault(
    "connection-refused",
    ("client", "server", "attempts"),
    Sentence(
        "{server} refuses the connection of {client}: nothing listens on that port",
        "{server} refuses {attempts} connections of {client}: nothing listens on that port",
        "attempts",
    ),
    Sentence(
        "Look at what the pod listens on (ss -ltn) and compare it with the Service's targetPort; see in its log "
        "whether the application has started, and listens on all addresses, not on 127.0.0.1 alone"
    ),
)
CONNECTION_UNANSWERED = _fault(
    "connection-unanswered",
    ("client", "server", "attempts", "seconds"),
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
    from_absence=True,
)
HANDSHAKE_UNFINISHED = _fault(
    "handshake-unfinished",
    ("client", "server", "seconds"),  # SYN-ACK sent, never acknowledged
    Sentence("{server} accepted, but {client} never confirmed: the handshake stays unfinished"),
    Sentence(
        "The way back is broken, or the client is a port scan: capture at the client and see whether the SYN-ACK "
        "arrives there; look for asymmetric routes and firewalls that saw only half of it"
    ),
    (_AT_LONGEST,),
    from_absence=True,
)
PROBE_FAILING = _fault(
    "probe-failing",
    # failure: refused, unanswered, status (then status is an int), reset, no-response
    ("client", "server", "target", "failure", "status"),
    Sentence("The kubelet's probe of {server} fails"),
    Sentence(
        "The pod is restarted (liveness) or taken out of its Services (readiness): `kubectl describe pod` shows "
        "which, in its events; compare the probe's port and path with what the application serves, and its "
        "timeout with the time to first byte"
    ),
    (_FAILED, AT_TARGET),
)
CHECK_FAILING = _fault(
    "check-failing",
    ("client", "server", "target", "failure", "status"),
    Sentence("The load balancer's health check of {server} fails"),
    Sentence(
        "The load balancer will send no traffic there: compare the check's port, path and expected status with "
        "what the application serves"
    ),
    (_FAILED, AT_TARGET),
)
HTTP_SERVER_ERROR = _fault(
    "http-server-error",
    ("client", "server", "status", "method", "target", "count"),
    ANSWERED_WITH_STATUS,
    Choice(
        "status",
        {
            502: Sentence(
                "A proxy got no usable answer from its backend: look at the backend's pods and endpoints "
                "(`kubectl get endpointslices`), and at whether they restart"
            ),
            503: Sentence(
                "No backend is ready, or it is overloaded: look at the endpoints (`kubectl get endpointslices`), "
                "readiness probes and limits"
            ),
            504: Sentence(
                "A proxy waited in vain for its backend: look at the backend's response times and at the "
                "proxy's timeout"
            ),
        },
        Sentence("The application failed: its log at that time says why (`kubectl logs`)"),
    ),
)
HTTP_UNANSWERED = _fault(
    "http-unanswered",
    ("client", "server", "method", "target", "count", "seconds"),
    one_or_more(
        "{server} does not answer {method} {target} of {client}",
        "{server} does not answer {count} requests of {client}, as {method} {target}",
    ),
    Sentence(
        "The request arrived at the machine, the application is silent: look at its log, its threads, and what "
        "it waits for itself (database, DNS)"
    ),
    (_AT_LONGEST,),
    from_absence=True,
)
HTTP_RESPONSE_CUT = _fault(
    "http-response-cut",
    ("client", "server", "status", "target", "seen_bytes", "expected_bytes"),
    Sentence("The response of {server} to {client} ends too early"),
    Sentence(
        "The server or a proxy broke off: look for a crash (`kubectl describe pod`: restarts, OOMKilled), and for "
        "write timeouts of proxies"
    ),
    (
        Detail("target", Sentence("request {target}")),
        Detail("status", Sentence("status {status}")),
        Detail("seen_bytes", Sentence("{seen_bytes} seen")),
        Detail("expected_bytes", Sentence("{expected_bytes} announced")),
    ),
    from_absence=True,
)
GRPC_ERROR = _fault(
    "grpc-error",
    ("client", "server", "target", "grpc_status", "grpc_message", "count"),
    Sentence(
        "{server} ends a gRPC call of {client} with status {grpc_status}",
        "{server} ends {count} gRPC calls of {client} with status {grpc_status}",
        "count",
    ),
    Sentence(
        "See the meaning of the gRPC status: 4 is a deadline, 12 a method that is not there, 14 a server that is "
        "not available; the server's log says more"
    ),
    (
        Detail("target", Sentence("call {target}")),
        Detail("grpc_message", Sentence('"{grpc_message}"')),
    ),
)
TLS_ALERT = _fault(
    "tls-alert",
    ("client", "server", "side", "description", "server_name", "count"),
    one_or_more(
        "TLS between {client} and {server} fails: {side} says {description}",
        "TLS between {client} and {server} fails {count} times: {side} says {description}",
    ),
    Choice(
        "description",
        {
            "unknown_ca": Sentence(
                "The certificate's issuer is not known to {side}: give it the right CA, and let the peer "
                "send its whole chain"
            ),
            "certificate_expired": Sentence("The certificate is over: renew it, and see that it is loaded"),
            "bad_certificate": Sentence(
                "The certificate was not accepted: look at its names, dates and chain"
            ),
            "certificate_unknown": Sentence(
                "The certificate was not accepted: look at its names, dates and chain"
            ),
            "unrecognized_name": Sentence(
                "The server has no certificate for that name (SNI): compare the name with the Ingress's hosts"
            ),
            "protocol_version": Sentence("The two have no TLS version in common: compare what both allow"),
            "handshake_failure": Sentence(
                "The two have no cipher in common, or the server wants a client certificate: compare what both "
                "allow"
            ),
            "certificate_required": Sentence(
                "The server wants a client certificate (mTLS): give the client one"
            ),
            "no_application_protocol": Sentence(
                "The two have no protocol in common (ALPN): compare what both offer"
            ),
        },
        Sentence("Try it by hand: `openssl s_client -connect ADDRESS:PORT -servername NAME`"),
    ),
    (_FOR_NAME,),
)
TLS_HANDSHAKE_CUT = _fault(
    "tls-handshake-cut",
    ("client", "server", "side", "server_name"),  # side: who ended it
    Sentence("{side} ends the connection between {client} and {server} in the middle of the TLS handshake"),
    Sentence(
        "No alert that can be read says why: look at the log of {side}; often it is a proxy that knows no such "
        "name (SNI), or a side that does not trust the certificate"
    ),
    (_FOR_NAME,),
    from_absence=True,
)
TLS_GOT_PLAIN_TEXT = _fault(
    "tls-got-plain-text",
    ("client", "server", "side"),  # side: who spoke plain text
    Sentence("{side} speaks plain text where TLS is spoken, between {client} and {server}"),
    Sentence(
        "The schemes http and https are mixed up: look at the URL's scheme, the port, and the Service's targetPort"
    ),
)
SERVICE_REFUSED = _fault(
    "service-refused",
    # reason: of protocols.reader.KINDS; code and text: the server's own, text Guarded
    ("client", "server", "protocol", "reason", "code", "text", "count"),
    Choice(
        "code",
        {
            None: one_or_more(
                "{server} ({protocol}) refuses {client}: {text}",
                "{server} ({protocol}) refuses {client} {count} times: {text}",
            )
        },
        one_or_more(
            "{server} ({protocol}) refuses {client}: {code} {text}",
            "{server} ({protocol}) refuses {client} {count} times: {code} {text}",
        ),
    ),
    SERVICE_ADVICE,
)
SERVICE_NO_TLS = _fault(
    "service-no-tls",
    ("client", "server", "protocol", "count"),
    Sentence("{server} ({protocol}) offers no TLS, and {client} does not go on without"),
    Sentence(
        "Switch TLS on in the server (`ssl = on`, with a certificate), or let the client do without where the "
        "network may be trusted"
    ),
)
NOT_TRANSLATED = _fault(
    "not-translated",
    ("client", "server", "answering", "count"),  # answering: Endpoint, who it was
    Sentence(
        "{client} asked {server}, and {answering} answers from its own address, which {client} does not know"
    ),
    Sentence(
        "The answer bypasses the address translation on its way back: check masquerading for hairpin traffic (a "
        "pod that reaches itself through its Service), br_netfilter (`sysctl net.bridge.bridge-nf-call-iptables`), "
        "and asymmetric routes"
    ),
    (Detail("count", one_or_more("once", "{count} times")),),
)
ACCEPT_QUEUE_FULL = _fault(
    "accept-queue-full",
    ("client", "server", "count"),  # SYN-ACKs sent again after the client's ACK
    Sentence(
        "{server} sends SYN-ACK again though {client} has confirmed: its queue of accepted connections is probably "
        "full"
    ),
    Sentence(
        "The application does not accept fast enough: compare Recv-Q with Send-Q in `ss -ltn` there, and "
        "`nstat -az TcpExtListenOverflows`"
    ),
    (Detail("count", one_or_more("once", "{count} times")),),
)
CONNECTION_RESET = _fault(
    "connection-reset",
    ("client", "server", "side", "moment", "count"),  # moment: of tcp_steps.Moment
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
)
DNS_SERVER_FAILURE = _fault(
    "dns-server-failure",
    ("client", "server", "name", "code", "count"),
    Sentence("The DNS server {server} could not answer {client} about {name}: {code}"),
    Sentence(
        "The server failed, the name may be right: look at CoreDNS (`kubectl -n kube-system logs -l "
        "k8s-app=kube-dns`) and at the servers that it forwards to"
    ),
    (TIMES,),
)
DNS_UNANSWERED = _fault(
    "dns-unanswered",
    ("client", "server", "name", "count", "seconds"),
    Sentence("The DNS server {server} does not answer {client} about {name}"),
    Sentence(
        "Look whether CoreDNS runs and has endpoints (`kubectl -n kube-system get pods,endpointslices -l "
        "k8s-app=kube-dns`), and whether a NetworkPolicy lets UDP and TCP port 53 through"
    ),
    (TIMES, _AT_LONGEST),
    from_absence=True,
)
DNS_NO_SUCH_NAME = _fault(
    "dns-no-such-name",
    ("client", "server", "name", "count"),  # not by the search list
    Sentence("The name {name}, asked for by {client}, does not exist (NXDOMAIN)"),
    Sentence(
        "Look for a misspelt name or a missing namespace (SERVICE.NAMESPACE.svc.cluster.local), and whether the "
        "Service exists"
    ),
    (TIMES,),
)
ICMP_UNREACHABLE = _fault(
    "icmp-unreachable",
    ("reporter", "code", "transport", "target", "count"),  # as of the step
    Choice(
        "code",
        {
            "port": Sentence("{reporter} says that nothing listens on {target} ({transport})"),
            "prohibited": Choice(
                "transport",
                {None: Sentence("{reporter} says that a firewall forbids packets to {target}")},
                Sentence("{reporter} says that a firewall forbids packets to {target} ({transport})"),
            ),
        },
        Choice(
            "transport",
            {None: Sentence("{reporter} says that {target} cannot be reached (ICMP: {code})")},
            Sentence("{reporter} says that {target} ({transport}) cannot be reached (ICMP: {code})"),
        ),
    ),
    Choice(
        "code",
        {
            "port": Sentence(
                "Look at what listens there (ss -lun, ss -ltn), and at the Service's targetPort"
            ),
            "prohibited": Sentence("Look at firewalls and NetworkPolicies between the two"),
        },
        Sentence("Look at the routes (`ip route get ADDRESS`), and whether the node or pod is still there"),
    ),
    (TIMES,),
)
FRAGMENTATION_NEEDED = _fault(
    "fragmentation-needed",
    ("reporter", "mtu_bytes", "target", "count"),
    Sentence("{reporter} says that packets to {target} are too big: at most {mtu_bytes} fit"),
    Sentence(
        "TCP adapts by itself if this message arrives. If large transfers hang all the same: give the pods an MTU "
        "that fits the tunnel (CNI settings)"
    ),
    (TIMES,),
)
PEER_SILENT = _fault(
    "peer-silent",
    # side: who sends in vain, what had been acknowledged before
    ("client", "server", "side", "count", "seconds"),
    Choice(
        "side",
        {
            "client": Sentence(
                "{server} acknowledges nothing of {client} any more, though the connection was established"
            )
        },
        Sentence("{client} acknowledges nothing of {server} any more, though the connection was established"),
    ),
    Sentence(
        "Not even its kernel answers: look whether that pod or node is gone, and whether something between (NAT, "
        "firewall, load balancer) has forgotten the connection"
    ),
    (
        Detail("count", one_or_more("sent again once in vain", "sent again {count} times in vain")),
        Detail("seconds", Sentence("for {seconds}")),
    ),
)
MTU_BLACK_HOLE = _fault(
    "mtu-black-hole",
    ("client", "server", "side", "payload_bytes", "count"),  # side: who sends in vain
    Sentence(
        "Large packets of {side} ({payload_bytes} of data) never arrive between {client} and {server}, small ones "
        "do: an MTU black hole",
    ),
    Sentence(
        "Compare the MTU of both pods, of the nodes and of the tunnel (`ip link`, `tracepath`), and let ICMP "
        "'fragmentation needed' through firewalls; a smaller MTU or MSS clamping helps at once"
    ),
    (Detail("count", one_or_more("sent in vain once", "sent in vain {count} times")),),
    from_absence=True,
)
ROUTING_LOOP = _fault(
    "routing-loop",
    ("reporter", "target", "count"),  # time exceeded, and no traceroute
    Choice(
        "target",
        {None: Sentence("Packets run out of hops, says {reporter}")},
        Sentence("Packets to {target} run out of hops, says {reporter}"),
    ),
    Sentence("A routing loop: look at the route with `tracepath ADDRESS`, and at the routers' tables"),
    (TIMES,),
)
NEIGHBOUR_UNANSWERED = _fault(
    "neighbour-unanswered",
    ("client", "address", "attempts"),
    Sentence(
        "{client} asks who has {address}, and nobody answers",
        "{client} asks {attempts} times who has {address}, and nobody answers",
        "attempts",
    ),
    Sentence("No machine on this link has that address (any more): look whether the pod or node is gone"),
    from_absence=True,
)
ADDRESS_CONFLICT = _fault(
    "address-conflict",
    ("address", "hardware"),  # tuple of those hardware addresses that are known
    Sentence("Two machines claim {address}: {hardware}"),
    Sentence(
        "Find the second one by its hardware address (`ip neigh`), and take the address from one of them"
    ),
)
KEEP_ALIVE_UNANSWERED = _fault(
    "keep-alive-unanswered",
    ("client", "server", "side", "count"),  # side: who asked in vain
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
    from_absence=True,
)
