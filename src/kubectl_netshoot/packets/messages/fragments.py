"""What several kinds of findings say alike."""

from kubectl_netshoot.packets.messages.kinds import Choice, Detail, Sentence, one_or_more

AT_TARGET = Detail("target", Sentence("at {target}"))
TIMES = Detail("count", Sentence("{count} times"), above=1)
ANSWERED_WITH_STATUS = Choice(
    "target",
    {
        None: one_or_more(
            "{server} answers {client} with {status}", "{server} answers {client} {count} times with {status}"
        )
    },
    one_or_more(
        "{server} answers {client} with {status} to {method} {target}",
        "{server} answers {client} {count} times with {status}, as to {method} {target}",
    ),
)
# What to try, by protocols.reader.KINDS.
SERVICE_ADVICE = Choice(
    "reason",
    {
        "login": Sentence(
            "Compare the user and the password that the client has (its Secret, and when the pod last read it) with "
            "what the server knows; or the client gives none at all"
        ),
        "access": Sentence(
            "The server lets nobody in from this address, or not this way: look at its rules (pg_hba.conf, hosts of "
            "users, bind and protected mode), and at which address it sees (a node's instead of the pod's?)"
        ),
        "missing": Sentence(
            "What the client names does not exist there: look at its configuration, at spelling, and at whether it "
            "is connected to the right server"
        ),
        "full": Sentence(
            "All connections of the server are taken: count who holds them, look for pools that are too large for "
            "the number of pods, and for connections that are never closed; then raise the limit"
        ),
        "space": Sentence(
            "The server has no memory or no disk left for this: look at its limits, its volume, and what fills it"
        ),
        "read-only": Sentence(
            "The client writes to a replica: point it to the primary; after a failover, look at what its address or "
            "Service selects"
        ),
        "starting": Sentence(
            "The server is starting: wait; if this lasts, its log says why, and its readiness probe lets clients in "
            "too early"
        ),
        "stopping": Sentence(
            "The server is being stopped: look at who restarted it (`kubectl describe pod`), and let the client "
            "connect again"
        ),
        "moved": Sentence(
            "The key is on another node of the cluster: nothing is wrong where the client follows; one that does not "
            "needs its cluster mode"
        ),
        "rights": Sentence("The user is known, but may not do this: look at what was granted to it"),
        "tls": Sentence(
            "Client and server do not agree on whether to use TLS: look at the client's TLS mode and the server's "
            "certificate"
        ),
        "unreachable": Sentence(
            "The proxy works, what is behind it does not: try the target from the proxy's host"
        ),
    },
    Sentence("Look at the server's log at that time, and at what the client sent"),
)
