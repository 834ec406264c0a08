"""The steps of TLS, and of databases, brokers, mail, directories and proxies."""

from kubectl_netshoot.packets.messages.kinds import Choice, Detail, Sentence, StepKind, one_or_more

_LATER = Detail("seconds", Sentence("{seconds} later"))
_ALPN = Detail("alpn", Sentence("ALPN {alpn}"))
_TEXT = Detail("text", Sentence('"{text}"'))

TLS_CLIENT_HELLO = StepKind(
    "tls-client-hello",
    ("version", "server_name", "alpn"),  # highest offered; alpn: tuple
    Sentence("{who} begins TLS (ClientHello)"),
    (
        Detail("server_name", Sentence("for {server_name} (SNI)")),
        Detail("version", Sentence("offers up to {version}")),
        _ALPN,
    ),
    label=Choice("server_name", {None: Sentence("ClientHello")}, Sentence("ClientHello {server_name}")),
)
TLS_SERVER_HELLO = StepKind(
    "tls-server-hello",
    ("version", "cipher", "alpn", "retry", "seconds"),  # retry: bool, a HelloRetryRequest
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
    label=Choice("retry", {True: Sentence("HelloRetryRequest")}, Sentence("ServerHello {version}")),
)
TLS_ALERT = StepKind(
    "tls-alert",
    ("fatal", "description"),  # bool; as RFC 8446 writes it: bad_certificate ...
    Choice(
        "description",
        {"close_notify": Sentence("{who} ends TLS in good order (close_notify)")},
        Sentence("{who} sends a TLS alert: {description}"),
    ),
    (Detail("fatal", Sentence("fatal: this ends the connection")),),
    label=Sentence("alert {description}"),
)
TLS_ENCRYPTED_ALERT = StepKind(
    "tls-encrypted-alert",
    (),
    Sentence("{who} sends an encrypted alert, as at the end of TLS"),
    label=Sentence("alert, encrypted"),
)
TLS_APPLICATION_DATA = StepKind(
    "tls-application-data",
    ("bytes",),  # encrypted; handshake and alerts of TLS 1.3 included
    one_or_more("{who} sends {bytes}, encrypted", "{who} sends {bytes} in {count} packets, encrypted"),
    label=Sentence("{bytes}, encrypted"),
)
SERVICE_GREETING = StepKind(
    "service-greeting",
    ("protocol", "text"),  # PostgreSQL, SMTP ..; what the server calls itself
    Sentence("{who} greets ({protocol})"),
    (_TEXT,),
    label=Choice("text", {None: Sentence("{protocol}")}, Sentence("{protocol} {text}")),
)
SERVICE_TLS_ASKED = StepKind(
    "service-tls-asked",
    ("protocol",),
    Sentence("{who} asks to go on with TLS ({protocol})"),
    label=Sentence("TLS?"),
)
SERVICE_TLS_AGREED = StepKind(
    "service-tls-agreed",
    ("protocol",),
    Sentence("{who} agrees to TLS ({protocol})"),
    label=Sentence("TLS: yes"),
)
SERVICE_TLS_REFUSED = StepKind(
    "service-tls-refused",
    ("protocol",),
    Sentence("{who} offers no TLS ({protocol})"),
    label=Sentence("TLS: no"),
)
SERVICE_LOGIN = StepKind(
    "service-login",
    ("protocol", "user", "database"),  # user: Guarded; a password is never kept
    Sentence("{who} logs in ({protocol})"),
    (
        Detail("user", Sentence("as {user}")),
        Detail("database", Sentence("database {database}")),
    ),
    label=Choice("user", {None: Sentence("login")}, Sentence("login {user}")),
)
SERVICE_LOGGED_IN = StepKind(
    "service-logged-in",
    ("protocol",),
    Sentence("{who} accepts the login ({protocol})"),
    label=Sentence("logged in"),
)
SERVICE_ERROR = StepKind(
    "service-error",
    ("protocol", "code", "text"),  # the server's own; text: Guarded
    Choice(
        "code",
        {None: Sentence("{who} answers with an error ({protocol}): {text}")},
        Sentence("{who} answers with an error ({protocol}): {code} {text}"),
    ),
    label=Choice("code", {None: Sentence("{text}")}, Sentence("{code} {text}")),
)
SERVICE_TUNNEL_ASKED = StepKind(
    "service-tunnel-asked",
    ("protocol", "target"),  # target: host:port
    Sentence("{who} asks the proxy ({protocol}) for {target}"),
    label=Sentence("connect to {target}"),
)
SERVICE_TUNNEL_OPENED = StepKind(
    "service-tunnel-opened",
    ("protocol",),
    Sentence("The proxy ({protocol}) has opened the connection"),
    label=Sentence("connected"),
)
PROXIED = StepKind(
    "proxied",
    ("source", "target", "version"),  # Endpoints: the client behind the proxy, and whom it called
    Choice(
        "source",
        {None: Sentence("{who} is a proxy that speaks for itself (PROXY protocol v{version})")},
        Sentence("{who} is a proxy and speaks for {source} (PROXY protocol v{version})"),
    ),
    (Detail("target", Sentence("which called {target}")),),
    label=Choice("source", {None: Sentence("PROXY")}, Sentence("PROXY for {source}")),
)
