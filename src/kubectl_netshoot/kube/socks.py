"""Connections through a SOCKS proxy: PySocks by way of urllib3, with bounded answers. Imported only for one."""

from typing import Any

from urllib3.contrib.socks import (
    SOCKSConnection,
    SOCKSHTTPConnectionPool,
    SOCKSHTTPSConnection,
    SOCKSHTTPSConnectionPool,
    SOCKSProxyManager,
)

from kubectl_netshoot.kube.client import BoundResponse


class BoundSocksManager(SOCKSProxyManager):
    """urllib3's manager for SOCKS, whose answers end."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.pool_classes_by_scheme = {"http": _SocksHttpPool, "https": _SocksHttpsPool}


class _SocksHttp(SOCKSConnection):
    response_class = BoundResponse


class _SocksHttps(SOCKSHTTPSConnection):
    response_class = BoundResponse


class _SocksHttpPool(SOCKSHTTPConnectionPool):
    ConnectionCls = _SocksHttp


class _SocksHttpsPool(SOCKSHTTPSConnectionPool):
    ConnectionCls = _SocksHttps
