"""`python -m fakecluster --dir DIR [--port N] [--settings JSON]`: serves a fake cluster.

Writes DIR/admin.conf and then prints `ready`. TERM and INT end it, with --parent-pipe the end of standard input
too, so that it never outlives a parent that was killed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import ssl
import sys
from pathlib import Path

import trustme
from aiohttp import web

from fakecluster import admission, bootstrap, kubeconfig
from fakecluster.accounting import AccountingController
from fakecluster.cluster import Cluster
from fakecluster.faultpoints import StreamCut
from fakecluster.listener import Listener
from fakecluster.namespaces import NamespaceController
from fakecluster.runtime import Runtime
from fakecluster.server import application
from fakecluster.settings import Settings
from fakecluster.store import Store
from fakecluster.users import MASTERS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m fakecluster")
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--parent-pipe", action="store_true")
    parser.add_argument("--settings", type=json.loads, default={}, help="a JSON object of settings")
    asyncio.run(serve(parser.parse_args()))


async def serve(arguments: argparse.Namespace) -> None:
    """The whole life of the process."""
    ended = _until_told(arguments.parent_pipe)
    authority = trustme.CA()
    listener = Listener(arguments.port, _tls(authority))
    settings, store = Settings(), Store()
    cluster = Cluster(listener, store, Runtime(store, settings), settings)
    cluster.change_settings(arguments.settings)
    cluster.runtime.stream_cut = lambda request: _cut(cluster, request)
    admission.install(store, lambda: cluster.settings.policies)
    controllers: list[NamespaceController | AccountingController] = [
        NamespaceController(store),
        AccountingController(store),
    ]
    bootstrap.populate(store)
    await cluster.runtime.start()
    for controller in controllers:
        await controller.start()
    await listener.start(application(cluster))
    token = cluster.users.add("admin", (MASTERS,))
    pem = authority.cert_pem.bytes()
    kubeconfig.write(arguments.dir / "admin.conf", listener.address, pem, "admin", token)
    print("ready", flush=True)
    try:
        await ended.wait()
    finally:
        await listener.stop()
        for controller in controllers:
            await controller.stop()
        await cluster.runtime.stop()


def _until_told(parent_pipe: bool) -> asyncio.Event:
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if parent_pipe:

        def readable() -> None:
            if not os.read(sys.stdin.fileno(), 4096):
                loop.remove_reader(sys.stdin.fileno())
                ended.set()

        loop.add_reader(sys.stdin.fileno(), readable)
    return ended


def _tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _cut(cluster: Cluster, request: web.BaseRequest) -> StreamCut | None:
    fault = cluster.faults.take(request, "", "cut-stream")
    return StreamCut(fault.bytes) if fault else None


if __name__ == "__main__":
    main()
