"""Which proxy the way to the API server leads through: kubectl's rules, which are Go's.

`proxy-url` of the kubeconfig goes first and knows no exceptions (client-go, tools/clientcmd); else the environment is
read as golang.org/x/net/http/httpproxy reads it. What a system keeps elsewhere, as macOS does, counts for neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kubectl_netshoot import urls
from kubectl_netshoot.errors import NetshootError

from .no_proxy import is_exempt

PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
OF_KUBECONFIG = ("http", "https", "socks5")
SOCKS = ("socks5", "socks5h")
PROXY_URL = "proxy-url"
CGI = "REQUEST_METHOD"


@dataclass(frozen=True)
class Proxy:
    """A proxy without its `login`, which nothing shows; `origin` is where it is named, for messages."""

    scheme: str
    host: str
    port: int
    origin: str
    login: tuple[bytes, bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{urls.bracketed(self.host)}:{self.port}"

    def __str__(self) -> str:
        return f"{self.url} ({self.origin})"


def proxy_for(server: str, proxy_url: str, env: Mapping[str, str]) -> Proxy | None:
    """The proxy for the API server at this URL, None for a direct connection.

    Raises NetshootError for what names no proxy, and quotes it only where no password can be in it.
    """
    if proxy_url:
        return _proxy(_of_kubeconfig(proxy_url), PROXY_URL, proxy_url)
    target = urls.parse(server)
    if target is None:
        return None
    origin, value = _variable(env, f"{target.scheme}_proxy")
    refused = target.scheme == "http" and bool(env.get(CGI))
    no_proxy = _variable(env, "no_proxy")[1]
    if not value or (not refused and is_exempt(target.host, target.port or PORTS[target.scheme], no_proxy)):
        return None
    if (parsed := _of_environment(value, origin)) is None:
        return None
    if refused:
        # There the variable may be a header of somebody's request (httpoxy).
        raise NetshootError(f"{origin} is not used where {CGI} is set, as in CGI: unset one of them")
    return _proxy(parsed, origin, value)


def _variable(env: Mapping[str, str], name: str) -> tuple[str, str]:
    """The name and the value of the variable that counts: upper case before lower case, an empty one is none."""
    return next(((known, env[known]) for known in (name.upper(), name) if env.get(known)), (name.upper(), ""))


def _of_kubeconfig(value: str) -> urls.Url:
    parsed = urls.parse(value)
    if parsed is None or parsed.scheme not in OF_KUBECONFIG:
        raise _no_proxy(PROXY_URL, value, "write http://, https:// or socks5://HOST:PORT")
    return parsed


def _of_environment(value: str, origin: str) -> urls.Url | None:
    """None for what Go ignores: control characters, or no URL even with `http://` before it."""
    parsed = urls.parse(value)
    if parsed is not None and parsed.host:
        return parsed
    if "://" in value and not urls.is_unprintable(value):
        # Go would look for a host that is called like the scheme.
        raise _no_proxy(origin, value, "write HOST:PORT or http://HOST:PORT")
    return urls.parse(f"http://{value}")


def _proxy(parsed: urls.Url, origin: str, value: str) -> Proxy:
    port = PORTS.get(parsed.scheme) if parsed.port is None else parsed.port
    if port is None or not 0 < port < 65536:
        raise _no_proxy(origin, value, "its port is between 1 and 65535")
    # An empty host is this machine, and whatever is no scheme of Go's is asked as an HTTP proxy.
    return Proxy(parsed.scheme, parsed.host or "localhost", port, origin, parsed.login)


def _no_proxy(origin: str, value: str, hint: str) -> NetshootError:
    return NetshootError(f"{origin}: {urls.quotable(value)} is no proxy", hint)
