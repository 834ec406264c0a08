"""Connections to the API server, direct or through a proxy: urllib3's, with bounded answers.

A proxy that is spoken to by TLS is held to the cluster's own certificates, as Go does, and not to the system's.
"""

import base64
import socket
import ssl
from collections.abc import Callable
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube.answers import BoundResponse
from kubectl_netshoot.kube.proxies import SOCKS, Proxy

# Watches and requests come from several threads; a pool that is too small would throw connections away.
AT_ONCE = 8
# RFC 1929 has one byte for the length of each; PySocks writes what is longer than this wrongly.
SOCKS_LOGIN_BYTES = 127


def manager_for(
    proxy: Proxy | None, new_context: Callable[[], ssl.SSLContext], server_name: str
) -> PoolManager:
    """The manager for requests that go this way. `server_name` is what certificates are held to, if not the host.

    Raises NetshootError for a login that SOCKS cannot carry, and what `new_context` raises.
    """
    how: dict[str, Any] = {
        "maxsize": AT_ONCE,
        "ssl_context": new_context(),
        "server_hostname": server_name or None,
    }
    if proxy is None:
        manager = PoolManager(**how)
    elif proxy.scheme in SOCKS:
        return _socks_manager(proxy, how)
    else:
        # What Go does not know it takes for http. Its context is one of its own: urllib3 changes those it is given.
        scheme = "https" if proxy.scheme == "https" else "http"
        manager = ProxyManager(
            proxy.url.replace(proxy.scheme, scheme, 1),
            proxy_headers=_authorization(proxy.login),
            proxy_ssl_context=new_context(),
            **how,
        )
    manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
    return manager


def _authorization(login: tuple[bytes, bytes] | None) -> dict[str, str]:
    if login is None:
        return {}
    return {"Proxy-Authorization": "Basic " + base64.b64encode(b":".join(login)).decode()}


def _socks_manager(proxy: Proxy, how: dict[str, Any]) -> PoolManager:
    from kubectl_netshoot.kube.socks import BoundSocksManager

    # Go leaves names to the proxy, whichever of the two it is called.
    url = proxy.url.replace(proxy.scheme, "socks5h", 1)
    return BoundSocksManager(url, *_socks_login(proxy), **how)


def _socks_login(proxy: Proxy) -> tuple[str, str] | tuple[None, None]:
    if proxy.login is None:
        return None, None
    try:
        user, password = (part.decode() for part in proxy.login)
    except UnicodeError as error:
        raise NetshootError(f"the proxy {proxy}: its user and password are not text in UTF-8") from error
    if any(len(part) > SOCKS_LOGIN_BYTES for part in proxy.login):
        raise NetshootError(
            f"the proxy {proxy}: a user and a password of at most {SOCKS_LOGIN_BYTES} bytes each can be sent there"
        )
    # With one of them empty PySocks offers no login, which will do where none is wanted.
    return user, password


class _Http(HTTPConnection):
    response_class = BoundResponse


class _Https(HTTPSConnection):
    response_class = BoundResponse

    def _connect_tls_proxy(self, hostname: str, sock: socket.socket) -> ssl.SSLSocket:
        # Go holds the proxy, too, to `tls-server-name` where there is one.
        return super()._connect_tls_proxy(self.server_hostname or hostname, sock)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https
