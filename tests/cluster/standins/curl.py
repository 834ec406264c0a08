"""`curl` of a pod: GET (or -X, -I) from the pod's own address; -s -S -f -o -w -k -H -v --max-time, several
URLs.

Several URLs of one host go over one connection, as with the real one.
"""

from __future__ import annotations

import argparse
import http.client
import os
import socket
import ssl
import sys
from urllib.parse import urlsplit

COULD_NOT_RESOLVE, COULD_NOT_CONNECT, HTTP_ERROR, TIMED_OUT = 6, 7, 22, 28


def main() -> int:
    options = _options()
    connections: dict[tuple[str, str], http.client.HTTPConnection] = {}
    status = 0
    for url in options.urls:
        try:
            status = _fetch(url if "://" in url else f"http://{url}", options, connections) or status
        except TimeoutError:
            status = _complain(options, TIMED_OUT, f"Operation timed out after {options.max_time} seconds")
        except socket.gaierror:
            status = _complain(
                options, COULD_NOT_RESOLVE, f"Could not resolve host: {urlsplit(url).hostname}"
            )
        except OSError as error:
            status = _complain(options, COULD_NOT_CONNECT, f"Failed to connect to {url}: {error.strerror}")
    return status


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="curl")
    for flag in ("-s", "-S", "-f", "-k", "-I", "-v", "-L"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--silent", dest="s", action="store_true")
    parser.add_argument("-X", "--request", dest="method")
    parser.add_argument("-H", "--header", dest="headers", action="append", default=[])
    parser.add_argument("-o", "--output")
    parser.add_argument("-w", "--write-out", default="")
    parser.add_argument("-m", "--max-time", type=float)
    parser.add_argument("--connect-timeout", type=float)
    parser.add_argument("urls", nargs="+")
    return parser.parse_args()


def _fetch(
    url: str, options: argparse.Namespace, open_: dict[tuple[str, str], http.client.HTTPConnection]
) -> int:
    parts = urlsplit(url)
    key = (parts.scheme, parts.netloc)
    if key not in open_:
        open_[key] = _connection(parts.scheme, parts.netloc, options)
    method = options.method or ("HEAD" if options.I else "GET")
    headers = dict(line.split(":", 1) for line in options.headers)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    open_[key].request(method, target, headers={"User-Agent": "curl/8.0", "Accept": "*/*", **headers})
    response = open_[key].getresponse()
    body = response.read()
    if options.f and response.status >= 400:
        return _complain(options, HTTP_ERROR, f"The requested URL returned error: {response.status}")
    _write(options, str(response.headers).encode() if options.I else body)
    shown = options.write_out.replace("%{http_code}", str(response.status)).replace("\\n", "\n")
    sys.stdout.write(shown)
    sys.stdout.flush()
    return 0


def _connection(scheme: str, netloc: str, options: argparse.Namespace) -> http.client.HTTPConnection:
    source = (os.environ["POD_IP"], 0) if netloc.startswith("127.") else None
    seconds = options.connect_timeout or options.max_time
    if scheme != "https":
        return http.client.HTTPConnection(netloc, timeout=seconds, source_address=source)
    context = ssl.create_default_context()
    if options.k:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(netloc, timeout=seconds, source_address=source, context=context)


def _write(options: argparse.Namespace, data: bytes) -> None:
    if options.output and options.output != "-":
        with open(options.output, "wb") as file:
            file.write(data)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _complain(options: argparse.Namespace, status: int, message: str) -> int:
    if not options.s or options.S:
        print(f"curl: ({status}) {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
