"""URLs taken apart as Go's net/url does it, since what kubectl takes for an address is an address."""

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

_URL = re.compile(
    r"""(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://
    (?:(?P<login>(?:[A-Za-z0-9._:~!$&'()*+,;=@-]|%[0-9A-Fa-f]{2})*)@)?
    (?:\[(?P<literal>[0-9A-Fa-f:.]+(?:%25[A-Za-z0-9._~-]+)?)\]
      |(?P<name>(?:[A-Za-z0-9._~!$&'()*+,;=<>"-]|[^\x00-\x7f])*))
    (?::(?P<port>[0-9]*))?
    (?P<path>/[^?#]*)?(?:\?[^#]*)?(?:\#.*)?""",
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
