"""`nc` of a pod: `nc HOST PORT`, `nc -l -p PORT`; -w SECONDS, -z, -v. From and on the pod's own address."""

from __future__ import annotations

import argparse
import os
import selectors
import socket
import sys

from fakecluster.standins import network


def main() -> int:
    parser = argparse.ArgumentParser(prog="nc", add_help=False)
    parser.add_argument("-l", dest="listen", action="store_true")
    parser.add_argument("-p", dest="local_port", type=int, default=0)
    parser.add_argument("-w", dest="seconds", type=float)
    parser.add_argument("-z", dest="scan", action="store_true")
    parser.add_argument("-v", dest="verbose", action="store_true")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    try:
        if options.listen:
            _converse(_accept(options), options.seconds)
            return 0
        connection = _connect(options)
    except socket.gaierror as error:
        host, port = options.words
        print(f'nc: getaddrinfo for host "{host}" port {port}: {error.strerror}', file=sys.stderr)
        return 1
    except OSError as error:
        print(f"nc: {_failed(options, error)}", file=sys.stderr)
        return 1
    if not options.scan:
        _converse(connection.socket, options.seconds)
    connection.close()
    return 0


def _accept(options: argparse.Namespace) -> socket.socket:
    port = options.local_port or int(options.words[-1])
    with socket.create_server((os.environ["POD_IP"], port)) as listener:
        if options.verbose:
            print(f"listening on [{os.environ['POD_IP']}] {port} ...", file=sys.stderr)
        return listener.accept()[0]


def _connect(options: argparse.Namespace) -> network.Connected:
    host, port = options.words[0], int(options.words[1])
    connection = network.connect(host, port, options.seconds, options.local_port)
    if options.verbose:
        print(f"Connection to {host} {port} port [tcp/*] succeeded!", file=sys.stderr)
    return connection


def _failed(options: argparse.Namespace, error: OSError) -> str:
    if options.listen:
        return error.strerror or str(error)
    host, port = options.words
    if isinstance(error, TimeoutError):
        return f"connect to {host} port {port} (tcp) timed out: Operation now in progress"
    return f"connect to {host} port {port} (tcp) failed: {error.strerror or error}"


def _converse(connection: socket.socket, seconds: float | None) -> None:
    """Both ways, until the other side closes; the end of stdin is passed on."""
    connection.setblocking(True)
    # epoll takes neither files nor /dev/null.
    with selectors.PollSelector() as ready:
        ready.register(connection, selectors.EVENT_READ)
        ready.register(sys.stdin, selectors.EVENT_READ)
        while events := ready.select(seconds):
            for key, _ in events:
                if key.fileobj is connection:
                    data = connection.recv(65536)
                    if not data:
                        return
                    os.write(1, data)
                elif data := os.read(0, 65536):
                    connection.sendall(data)
                else:
                    ready.unregister(sys.stdin)
                    connection.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    sys.exit(main())
