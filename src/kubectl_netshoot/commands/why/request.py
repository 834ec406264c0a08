"""What was asked for on the command line of `why`, checked: SERVER as an application writes it, and the limits."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.kube import proxies
from kubectl_netshoot.rules.request import DEFAULT_IMAGE, check_path, parse_duration
from kubectl_netshoot.rules.targets import KINDS, SERVICE, AnyTarget, TargetName, check_name, is_kind

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?")
_PORT = re.compile(r"[0-9]{1,5}")
_BEHIND_HOST = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*([^#]*)")
HTTP, HTTPS = "http", "https"
DEFAULT_PORTS = {HTTP: 80, HTTPS: 443}
MAX_COUNT, MAX_PODS = 20, 20
SHORTEST, LONGEST = timedelta(seconds=1), timedelta(seconds=8)
HOW = "write it as the application does, e.g. db, db.shop:5432, https://api/health or 10.0.0.7:6379; or svc/NAME"


@dataclass(frozen=True)
class Destination:
    """SERVER: `text` as it was given, without a password. It is a `host`, by name or address, or an `object` of
    `namespace` (empty: the client's). `port` is 0 where it was left out; `scheme` is http, https or empty, and
    `path` what a URL asks for.
    """

    text: str
    host: str = ""
    port: int = 0
    scheme: str = ""
    path: str = ""
    object: TargetName | None = None
    namespace: str = ""

    @property
    def is_address(self) -> bool:
        """Whether the host is no name."""
        return bool(self.host) and proxies.is_address(self.host)

    def services(self, namespace: str) -> tuple[tuple[str, str], ...]:
        """The Services (namespace, name) that it may mean to a client in `namespace`; empty for what is none."""
        if self.object is not None:
            is_service = self.object.kind == SERVICE
            return ((self.namespace or namespace, self.object.name),) if is_service else ()
        return () if self.is_address else tuple(_services(self.host, namespace))


@dataclass(frozen=True)
class WhyRequest:
    """One `kubectl netshoot why`. Without a `client` it is asked from a throwaway pod; `stand_in`: from one that has
    the client's labels. `count` connections are made, each is given `timeout`; `captures` is the folder for what was
    captured, None where it is not kept.
    """

    server: Destination
    client: AnyTarget | None = None
    pick: bool = False
    client_only: bool = False
    stand_in: bool = False
    count: int = 5
    timeout: timedelta = timedelta(seconds=3)
    max_pods: int = 5
    path: str = ""
    captures: Path | None = None
    image: str = DEFAULT_IMAGE
    pull_policy: str = ""
    profile: str = "auto"
    start_timeout: timedelta = timedelta(seconds=120)
    dry_run: bool = field(default=False)

    @property
    def wants_page(self) -> bool:
        """Whether the person asks for a page, and not only for connections."""
        return bool(self.server.scheme or self.path)


def parse_server(text: str, namespace: str = "") -> Destination:
    """SERVER; `namespace` is that of --server-namespace. Raises UsageError for what names nothing to connect to."""
    if not text:
        raise UsageError("SERVER is missing", HOW)
    server = _url(text) if "://" in text else _object(text) if "/" in text else _plain(text)
    if not namespace:
        return server
    if server.object is None:
        raise UsageError(
            "--server-namespace applies to svc/, deploy/ and pod/NAME only",
            f"as the application writes it, the namespace is in the name: {server.host}.{namespace}",
        )
    return Destination(server.text, port=server.port, object=server.object, namespace=namespace)


def check_together(request: WhyRequest) -> None:
    """Raise UsageError for flags that do not go together."""
    if request.stand_in and request.client is None:
        raise UsageError("--stand-in needs CLIENT")
    if request.path and request.server.path:
        raise UsageError(f"--path: SERVER already has a path, {request.server.path}")
    if (
        request.client == request.server.object
        and request.client is not None
        and not request.server.namespace
    ):
        raise UsageError(f"CLIENT and SERVER are both {request.client}")
    if request.server.host in ("localhost", "127.0.0.1", "::1"):
        raise UsageError(f"SERVER {request.server.host} is the client itself", HOW)


def parse_timeout(text: str) -> timedelta:
    """The patience for one connection. Raises UsageError."""
    found = parse_duration(text, "--timeout")
    if not SHORTEST <= found <= LONGEST:
        raise UsageError(f"--timeout: {text} is not between 1s and 8s")
    return found


def _url(text: str) -> Destination:
    url, behind = proxies.parse(text), _BEHIND_HOST.match(text)
    if url is None or behind is None or not url.is_reachable or not _is_host(url.host):
        shown = "it" if "@" in text else repr(text)
        raise UsageError(f"SERVER: {shown} is not a URL with a host", HOW)
    scheme = url.scheme if url.scheme in DEFAULT_PORTS else ""
    path = behind[1] if behind[1].startswith("/") else f"/{behind[1]}"
    if scheme:
        check_path(path)
    port = url.port or DEFAULT_PORTS.get(scheme, 0)
    shown = f"{url.scheme}://{proxies.bracketed(url.host)}" + (f":{url.port}" if url.port else "")
    return Destination(
        shown + (path if scheme and behind[1] else ""), url.host, port, scheme, path if scheme else ""
    )


def _object(text: str) -> Destination:
    kind, _, rest = text.partition("/")
    name, colon, port = rest.partition(":")
    if not is_kind(kind):
        known = ", ".join(KINDS)
        raise UsageError(f"SERVER {text!r}: {kind!r} is not one of {known}, nor the scheme of a URL", HOW)
    word = next(word for word, known in KINDS.items() if known.is_called(kind))
    found = TargetName(word, check_name(name, "SERVER"))
    return Destination(text, port=_port(port, text) if colon else 0, object=found)


def _plain(text: str) -> Destination:
    if proxies.is_address(text):
        return Destination(text, text)
    host, colon, port = text.rpartition(":")
    if not colon:
        host, port = text, ""
    bracketed = host.startswith("[") and host.endswith("]")
    plain = host[1:-1] if bracketed else host
    if not (proxies.is_address(plain) if bracketed or ":" in plain else _is_host(plain)):
        raise UsageError(f"SERVER: {text!r} is not HOST or HOST:PORT", HOW)
    return Destination(text, plain, _port(port, text) if colon else 0)


def _is_host(text: str) -> bool:
    return proxies.is_address(text) or bool(_HOST.fullmatch(text))


def _port(text: str, whole: str) -> int:
    if not _PORT.fullmatch(text) or not 0 < int(text) < 65536:
        raise UsageError(f"SERVER: {text!r} in {whole!r} is not a port", "a port is a number from 1 to 65535")
    return int(text)


def _services(host: str, namespace: str) -> Iterator[tuple[str, str]]:
    """db, db.shop, db.shop.svc and what follows that."""
    labels = host.lower().rstrip(".").split(".")
    if len(labels) == 1:
        yield namespace, labels[0]
    elif len(labels) == 2 or labels[2] == "svc":
        yield labels[1], labels[0]


def server_namespace(server: Destination, namespace: str) -> str:
    """The namespace that SERVER is looked for in first, for a client in `namespace`."""
    if server.namespace:
        return server.namespace
    return next((place for place, _ in server.services(namespace)), namespace)
