"""`curl` of a pod: GET (or -X, -I) from the pod's own address, over HTTP or HTTPS; several URLs.

Understands -s -S -f -g -o -w -k -H -v -m --connect-timeout --noproxy --resolve --local-port. Several URLs of one host
go over one connection, as with the real one.
"""

from __future__ import annotations

import argparse
import http.client
import re
import socket
import ssl
import sys
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from fakecluster.standins import network
from fakecluster.standins.wire import MTU

UNSUPPORTED, COULD_NOT_RESOLVE, COULD_NOT_CONNECT, HTTP_ERROR, TIMED_OUT = 1, 6, 7, 22, 28
# What passes where a rule drops large packets.
LARGEST = 1000
TLS_FAILED, EMPTY, BAD_CERTIFICATE, RECEIVING = 35, 52, 60, 56


@dataclass
class Connected:
    """A connection, and the seconds that it took to come about."""

    http: http.client.HTTPConnection
    connect: float
    opened: network.Connected

    def close(self) -> None:
        self.http.close()
        self.opened.close()


def main() -> int:
    options = _options()
    connections: dict[tuple[str, str], Connected] = {}
    status = 0
    for url in options.urls:
        status = _one(url if "://" in url else f"http://{url}", options, connections) or status
    for connected in connections.values():
        connected.close()
    return status


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="curl")
    for flag in ("-s", "-S", "-f", "-g", "-k", "-I", "-v", "-L"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--silent", dest="s", action="store_true")
    parser.add_argument("-X", "--request", dest="method")
    parser.add_argument("-H", "--header", dest="headers", action="append", default=[])
    parser.add_argument("-o", "--output")
    parser.add_argument("-w", "--write-out", default="")
    parser.add_argument("-m", "--max-time", type=float)
    parser.add_argument("--connect-timeout", type=float)
    parser.add_argument("--noproxy")
    parser.add_argument("--resolve", default="")
    parser.add_argument("--local-port", type=int, default=0)
    parser.add_argument("urls", nargs="+")
    return parser.parse_args()


def _one(url: str, options: argparse.Namespace, open_: dict[tuple[str, str], Connected]) -> int:
    parts, begun = urlsplit(url), time.monotonic()
    key, code, status = (parts.scheme, parts.netloc), 0, 0
    try:
        if key not in open_:
            open_[key] = _connect(parts, options)
            if parts.scheme == "https":
                open_[key].http.sock = _by_tls(open_[key].opened.socket, str(parts.hostname), options)
        code = _fetch(parts, options, open_[key])
    except OSError as error:
        status, said = _failure(parts, error, key in open_, begun)
        _complain(options, status, said)
    except http.client.HTTPException:
        status = UNSUPPORTED
        _complain(options, status, "Received HTTP/0.9 when not allowed")
    if options.f and code >= 400:
        status = HTTP_ERROR
        _complain(options, status, f"The requested URL returned error: {code}")
    _write_out(options, code, begun, open_[key].connect if key in open_ else 0.0)
    return status


def _connect(parts: SplitResult, options: argparse.Namespace) -> Connected:
    begun = time.monotonic()
    host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
    resolved = re.fullmatch(rf"{re.escape(host)}:{port}:\[?([^\]]+)\]?", options.resolve)
    seconds = options.connect_timeout or options.max_time
    opened = network.connect(resolved[1] if resolved else host, port, seconds, options.local_port)
    took = time.monotonic() - begun
    opened.socket.settimeout(options.max_time)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.sock = opened.socket
    return Connected(connection, took, opened)


def _by_tls(raw: socket.socket, host: str, options: argparse.Namespace) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    if options.k:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(raw, server_hostname=host)


def _fetch(parts: SplitResult, options: argparse.Namespace, connected: Connected) -> int:
    method = options.method or ("HEAD" if options.I else "GET")
    headers = dict(line.split(":", 1) for line in options.headers)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    wire, effect = connected.opened.wire, connected.opened.effect
    wire.request(len(target) + 80)
    if effect == "no-response":
        _time_out(options)
    if effect == "close":
        wire.fin_by_server()
        raise http.client.RemoteDisconnected("closed")
    connected.http.request(method, target, headers={"User-Agent": "curl/8.0", "Accept": "*/*", **headers})
    response = connected.http.getresponse()
    body = response.read()
    answer = len(str(response.headers)) + len(body)
    wire.answer(answer, largest=LARGEST if effect == "large-drop" else MTU)
    if effect == "large-drop" and answer > LARGEST:
        _time_out(options)
    if not (options.f and response.status >= 400):
        _write(options, str(response.headers).encode() if options.I else body)
    return response.status


def _time_out(options: argparse.Namespace) -> None:
    time.sleep(options.max_time or network.GIVES_UP_SECONDS)
    raise TimeoutError


def _failure(parts: SplitResult, error: OSError, connected: bool, begun: float) -> tuple[int, str]:
    """The real one's number and words."""
    took = round((time.monotonic() - begun) * 1000)
    where = f"{parts.hostname} port {parts.port or 80} after {took} ms"
    if isinstance(error, http.client.RemoteDisconnected):
        return EMPTY, "Empty reply from server"
    if isinstance(error, socket.gaierror):
        return COULD_NOT_RESOLVE, f"Could not resolve host: {parts.hostname}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return BAD_CERTIFICATE, f"SSL certificate problem: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return TLS_FAILED, f"OpenSSL/3.0: error: {error.reason}"
    if isinstance(error, TimeoutError):
        said = f"Operation timed out after {took} milliseconds with 0 bytes received"
        return TIMED_OUT, said if connected else f"Failed to connect to {where}: Timeout was reached"
    if connected:
        return RECEIVING, f"Recv failure: {error.strerror}"
    return COULD_NOT_CONNECT, f"Failed to connect to {where}: Couldn't connect to server"


def _write(options: argparse.Namespace, data: bytes) -> None:
    if options.output and options.output != "-":
        with open(options.output, "wb") as file:
            file.write(data)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _write_out(options: argparse.Namespace, code: int, begun: float, connect: float) -> None:
    told = {
        "http_code": f"{code:03}",
        "time_connect": f"{connect:.6f}",
        "time_total": f"{time.monotonic() - begun:.6f}",
    }
    text = re.sub(r"%\{(\w+)\}", lambda found: told.get(found[1], ""), options.write_out)
    sys.stdout.write(text.replace("\\n", "\n"))
    sys.stdout.flush()


def _complain(options: argparse.Namespace, status: int, message: str) -> None:
    if not options.s or options.S:
        print(f"curl: ({status}) {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
