"""The TCP port: bound before anything is served, so that its number is known, and closed for a while on request."""

from __future__ import annotations

import asyncio
import socket
import ssl

from aiohttp import web


class Listener:
    """Serves one application on 127.0.0.1."""

    def __init__(self, port: int, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._socket = _bound(port)
        self._port: int = self._socket.getsockname()[1]
        self._runner: web.AppRunner | None = None
        self._site: web.SockSite | None = None
        self._reopening: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    async def start(self, app: web.Application) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await self._open()

    async def close_for(self, seconds: float) -> None:
        """New connections are refused (ECONNREFUSED) for that time; those that are open stay so."""
        if self._site is not None:
            await self._site.stop()
        self._reopening = asyncio.create_task(self._reopen_after(seconds))

    async def stop(self) -> None:
        if self._reopening is not None:
            self._reopening.cancel()
        if self._runner is not None:
            await self._runner.cleanup()
        self._socket.close()

    async def _open(self) -> None:
        assert self._runner is not None
        self._site = web.SockSite(self._runner, self._socket, ssl_context=self._tls)
        await self._site.start()

    async def _reopen_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._socket = _bound(self._port)
        await self._open()


def _bound(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    return sock
