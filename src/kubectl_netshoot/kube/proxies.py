"""Which proxy the way to the API server leads through: kubectl's rules, which are Go's, for URLs and NO_PROXY too.

After Go's net/url and golang.org/x/net/http/httpproxy.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from kubectl_netshoot.errors import NetshootError

_URL = re.compile(
    r"""(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://
    (?:(?P<login>(?:[A-Za-z0-9._:~!$&'()*+,;=@-]|%[0-9A-Fa-f]{2})*)@)?
    (?:\[(?P<literal>[0-9A-Fa-f:.]+(?:%25[A-Za-z0-9._~-]+)?)\]
      |(?P<name>(?:[A-Za-z0-9._~!$&'()*+,;=<>"-]|[^\x00-\x7f])*))
    (?::(?P<port>[0-9]*))?
    (?P<path>/(?:[^?#%]|%[0-9A-Fa-f]{2})*)?(?:\?[^#]*)?(?:\#(?:[^%]|%[0-9A-Fa-f]{2})*)?""",
    re.VERBOSE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Url:
    """`host` is in ASCII, lower case or not, without brackets, and may be empty; `port` is None where none is given.

    `login` is user and password, decoded; the password is empty where none is given. Query and fragment are dropped.
    """

    scheme: str
    host: str
    port: int | None
    path: str
    login: tuple[bytes, bytes] | None = field(default=None, repr=False)

    @property
    def is_reachable(self) -> bool:
        """Whether it names a host, and a port that there is."""
        return bool(self.host) and (self.port is None or 0 < self.port < 65536)


def parse(text: str) -> Url | None:
    """The URL, or None for what Go does not parse and for what has neither scheme nor `//`."""
    if is_unprintable(text) or not (match := _URL.fullmatch(text)):
        return None
    host = match["literal"].replace("%25", "%") if match["literal"] else ascii_name(match["name"])
    return Url(
        match["scheme"].lower(), host, _port(match["port"]), match["path"] or "", _login(match["login"])
    )


def is_unprintable(text: str) -> bool:
    """Whether it holds a control character, as from a file with CR LF: Go takes none of it then."""
    return bool(_CONTROL.search(text))


def quotable(text: str) -> str:
    """The text in quotation marks, but for one that may hold a password."""
    return "what it says" if "@" in text else repr(text)


def bracketed(host: str) -> str:
    """The host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def is_address(host: str) -> bool:
    """Whether it is an IP address, and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def ascii_name(name: str) -> str:
    """A host name as DNS has it; what cannot be written so stays as it is."""
    if name.isascii():
        return name
    import idna

    try:
        return idna.encode(name, uts46=True).decode()
    except UnicodeError:
        return name


def _port(digits: str | None) -> int | None:
    # No more digits than show that it is too large: Python refuses to read thousands of them.
    return int(digits.lstrip("0")[:6] or "0") if digits else None


def _login(userinfo: str | None) -> tuple[bytes, bytes] | None:
    if userinfo is None:
        return None
    user, _, password = userinfo.partition(":")
    return unquote_to_bytes(user), unquote_to_bytes(password)


Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NETWORK = re.compile(r"([0-9A-Fa-f:.]+)/([0-9]{1,5})")
_PLACE = re.compile(r"(?:\[([^\[\]]*)\]|([^:\[\]]*)):([^:\[\]]*)")


def is_exempt(host: str, port: int, no_proxy: str) -> bool:
    """Whether a proxy of the environment is left out for this host, which is in ASCII and without brackets."""
    address = _address(host)
    if host == "localhost" or (address and address.is_loopback):
        return True
    name = host.strip().lower()
    return any(_matches(entry.strip().lower(), name, address, port) for entry in no_proxy.split(","))


def _matches(entry: str, name: str, address: Address | None, port: int) -> bool:
    if entry == "*":
        return True
    if network := _network(entry):
        return address is not None and address in network
    wanted, wanted_port = _place(entry)
    if not wanted or wanted_port not in ("", str(port)):
        return False
    if "%" not in wanted and (other := _address(wanted)):
        return other == address
    return address is None and _is_below(name, wanted)


def _is_below(name: str, domain: str) -> bool:
    """`example.com` is itself and all below it, `.example.com` and `*.example.com` only what is below it."""
    domain = domain.removeprefix("*") if domain.startswith("*.") else domain
    if domain.startswith("."):
        return name.endswith(f".{ascii_name(domain[1:])}")
    domain = ascii_name(domain)
    return name == domain or name.endswith(f".{domain}")


def _place(entry: str) -> tuple[str, str]:
    match = _PLACE.fullmatch(entry)
    return (match[1] or match[2] or "", match[3]) if match else (entry, "")


def _address(text: str) -> Address | None:
    """An IP address, without its zone; IPv4 in IPv6's clothes is IPv4."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    match = _NETWORK.fullmatch(entry)
    if not match:
        return None
    try:
        network = ipaddress.ip_network((match[1], int(match[2])), strict=False)
    except ValueError:
        return None
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    return ipaddress.ip_network((mapped, max(0, network.prefixlen - 96)), strict=False) if mapped else network


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
        return f"{self.scheme}://{bracketed(self.host)}:{self.port}"

    def __str__(self) -> str:
        return f"{self.url} ({self.origin})"


def proxy_for(server: str, proxy_url: str, env: Mapping[str, str]) -> Proxy | None:
    """The proxy for the API server at this URL, None for a direct connection.

    Raises NetshootError for what names no proxy, and quotes it only where no password can be in it.
    """
    if proxy_url:
        return _proxy(_of_kubeconfig(proxy_url), PROXY_URL, proxy_url)
    target = parse(server)
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


def _of_kubeconfig(value: str) -> Url:
    parsed = parse(value)
    if parsed is None or parsed.scheme not in OF_KUBECONFIG:
        raise _no_proxy(PROXY_URL, value, "write http://, https:// or socks5://HOST:PORT")
    return parsed


def _of_environment(value: str, origin: str) -> Url | None:
    """None for what Go ignores: control characters, or no URL even with `http://` before it."""
    parsed = parse(value)
    if parsed is not None and parsed.host:
        return parsed
    if "://" in value and not is_unprintable(value):
        # Go would look for a host that is called like the scheme.
        raise _no_proxy(origin, value, "write HOST:PORT or http://HOST:PORT")
    return parse(f"http://{value}")


def _proxy(parsed: Url, origin: str, value: str) -> Proxy:
    port = PORTS.get(parsed.scheme) if parsed.port is None else parsed.port
    if port is None or not 0 < port < 65536:
        raise _no_proxy(origin, value, "its port is between 1 and 65535")
    # An empty host is this machine, and whatever is no scheme of Go's is asked as an HTTP proxy.
    return Proxy(parsed.scheme, parsed.host or "localhost", port, origin, parsed.login)


def _no_proxy(origin: str, value: str, hint: str) -> NetshootError:
    step = "kubectl config view --minify" if origin == PROXY_URL else f"unset {origin}"
    return NetshootError(f"{origin}: {quotable(value)} is not a proxy URL", f"{hint}\ntry: {step}")
