"""Databases, brokers, mail, directories and proxies: what is said first, and what is refused."""

from kubectl_netshoot.packets.finding_ids import FindingId as F
from kubectl_netshoot.packets.step_ids import StepId as S
from kubectl_netshoot.packets.words.sentence import (
    Advised,
    Choice,
    Detail,
    Sentence,
    Told,
    Wording,
    one_or_more,
)

_TEXT = Detail("text", Sentence('"{text}"'))

STEPS: dict[S, Told] = {
    S.SERVICE_GREETING: Told(Sentence("{who} greets ({protocol})"), (_TEXT,)),
    S.SERVICE_TLS_ASKED: Told(Sentence("{who} asks to go on with TLS ({protocol})")),
    S.SERVICE_TLS_AGREED: Told(Sentence("{who} agrees to TLS ({protocol})")),
    S.SERVICE_TLS_REFUSED: Told(Sentence("{who} offers no TLS ({protocol})")),
    S.SERVICE_LOGIN: Told(
        Sentence("{who} logs in ({protocol})"),
        (
            Detail("user", Sentence("as {user}")),
            Detail("database", Sentence("database {database}")),
        ),
    ),
    S.SERVICE_LOGGED_IN: Told(Sentence("{who} accepts the login ({protocol})")),
    S.SERVICE_ERROR: Told(
        Choice(
            "code",
            {None: Sentence("{who} answers with an error ({protocol}): {text}")},
            Sentence("{who} answers with an error ({protocol}): {code} {text}"),
        )
    ),
    S.SERVICE_TUNNEL_ASKED: Told(Sentence("{who} asks the proxy ({protocol}) for {target}")),
    S.SERVICE_TUNNEL_OPENED: Told(Sentence("The proxy ({protocol}) has opened the connection")),
    S.PROXIED: Told(
        Choice(
            "source",
            {None: Sentence("{who} is a proxy that speaks for itself (PROXY protocol v{version})")},
            Sentence("{who} is a proxy and speaks for {source} (PROXY protocol v{version})"),
        ),
        (Detail("target", Sentence("which called {target}")),),
    ),
}

LABELS: dict[S, Wording] = {
    S.SERVICE_GREETING: Choice("text", {None: Sentence("{protocol}")}, Sentence("{protocol} {text}")),
    S.SERVICE_TLS_ASKED: Sentence("TLS?"),
    S.SERVICE_TLS_AGREED: Sentence("TLS: yes"),
    S.SERVICE_TLS_REFUSED: Sentence("TLS: no"),
    S.SERVICE_LOGIN: Choice("user", {None: Sentence("login")}, Sentence("login {user}")),
    S.SERVICE_LOGGED_IN: Sentence("logged in"),
    S.SERVICE_ERROR: Choice("code", {None: Sentence("{text}")}, Sentence("{code} {text}")),
    S.SERVICE_TUNNEL_ASKED: Sentence("connect to {target}"),
    S.SERVICE_TUNNEL_OPENED: Sentence("connected"),
    S.PROXIED: Choice("source", {None: Sentence("PROXY")}, Sentence("PROXY for {source}")),
}

# What to try, by services.errors.KINDS.
_NEXT = Choice(
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

FINDINGS: dict[F, Advised] = {
    F.SERVICE_REFUSED: Advised(
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
        _NEXT,
    ),
    F.SERVICE_ERROR: Advised(
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
        _NEXT,
    ),
    F.SERVICE_NO_TLS: Advised(
        Sentence("{server} ({protocol}) offers no TLS, and {client} does not go on without"),
        Sentence(
            "Switch TLS on in the server (`ssl = on`, with a certificate), or let the client do without where the "
            "network may be trusted"
        ),
    ),
    F.PROXY_PROTOCOL: Advised(
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
    ),
}
