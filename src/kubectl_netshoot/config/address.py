"""The API server's address as client-go reads it: a URL, or just host:port, which means http."""

import ipaddress
import re

from kubectl_netshoot import urls
from kubectl_netshoot.errors import UsageError

_LABEL = r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?")
_PATH = re.compile(r"[!-~]*")


def server_url(server: str, where: str) -> str:
    """The `server` of a cluster as a URL, its name in ASCII and without a query, as kubectl uses it.

    Without a scheme it is http whatever certificates stand beside it (client-go asks before it looks at them).
    Raises UsageError, naming `where` it was given, for what is none.
    """
    url = urls.parse(server)
    if url is None or not url.host:
        url = urls.parse(f"http://{server}")
        if url is not None and url.path not in ("", "/"):
            url = None
    if url is None or not _is_server(url) or "#" in server:
        quoted = urls.quotable(server)
        raise UsageError(f"{where}: {quoted} is no address of an API server: write https://HOST[:PORT]")
    host = urls.bracketed(url.host.replace("%", "%25"))
    return f"{url.scheme}://{host}{'' if url.port is None else f':{url.port}'}{url.path}"


def keeps_secrets(url: str, proxied: bool) -> bool:
    """Whether a credential may be sent there: by TLS, or without leaving this machine, as what is `proxied` does."""
    parsed = urls.parse(url)
    if parsed is None or parsed.scheme == "https" or proxied:
        return parsed is not None and parsed.scheme == "https"
    try:
        return parsed.host == "localhost" or ipaddress.ip_address(parsed.host).is_loopback
    except ValueError:
        return False


def _is_server(url: urls.Url) -> bool:
    plain = url.login is None and _PATH.fullmatch(url.path)
    return bool(url.scheme in ("http", "https") and url.is_reachable and plain and _HOST.fullmatch(url.host))
