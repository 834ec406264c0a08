"""The API server's address as client-go reads it: with a scheme, or just host:port."""

import ipaddress
import re
from urllib.parse import urlsplit

from kubectl_netshoot.errors import UsageError

from .connection import Json

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?|[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?")
# Whatever of this is there, an address without a scheme means https.
SECURE = ("certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify")
SECURE_USER = ("client-certificate", "client-certificate-data")


def server_url(cluster: Json, user: Json, where: str) -> str:
    """The `server` of this cluster as a URL. Raises UsageError, naming `where` it was given, for what is none."""
    server = str(cluster["server"])
    tls = any(cluster.get(key) for key in SECURE) or any(user.get(key) for key in SECURE_USER)
    url = server if "://" in server else f"{'https' if tls else 'http'}://{server}"
    if not _is_url(url) or (url != server and urlsplit(url).path.strip("/")):
        raise UsageError(f"{where}: {server!r} is no address of an API server: write https://HOST[:PORT]")
    return url


def keeps_secrets(url: str) -> bool:
    """Whether a credential may be sent there: by TLS, or without leaving this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _is_url(url: str) -> bool:
    if not (url.isascii() and url.isprintable()) or " " in url:
        return False
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or parts.username)
    return parts.scheme in ("http", "https") and bool(_HOST.fullmatch(host)) and port != 0 and plain
