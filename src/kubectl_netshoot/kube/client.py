"""The official client, made ready as kubectl has it: credentials, TLS as Go's crypto/tls and crypto/x509, and proxies.

Connections are urllib3's, and every answer ends. A proxy that is spoken to by TLS is held to the cluster's own
certificates, as Go does, and not to the system's.
"""

import base64
import contextlib
import http.client
import io
import logging
import os
import re
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager, disable_warnings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import InsecureRequestWarning

from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.kube.proxies import SOCKS, Proxy, proxy_for
from kubectl_netshoot.model import Json

# crypto/x509/root_linux.go: the first of these files, and all of these folders.
ROOT_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
ROOT_FOLDERS = ("/etc/ssl/certs", "/etc/pki/tls/certs")
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----")


def new_context(insecure: bool) -> ssl.SSLContext:
    """A context that trusts nobody yet; `insecure`: it asks nobody for a certificate that is right."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.verify_flags = (context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN) & ~ssl.VERIFY_X509_STRICT
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def trust(context: ssl.SSLContext, bundle: bytes) -> bool:
    """Trust every certificate in this PEM text that can be read, as Go does; whether there was one."""
    found = list(dict.fromkeys(_PEM.findall(bundle)))
    try:
        context.load_verify_locations(cadata=b"\n".join(found).decode("ascii"))
    except (ssl.SSLError, ValueError):
        # One that is broken takes none of the others with it.
        return sum(_trusted(context, pem) for pem in found) > 0
    return True


def _trusted(context: ssl.SSLContext, pem: bytes) -> bool:
    try:
        context.load_verify_locations(cadata=pem.decode("ascii"))
    except (ssl.SSLError, ValueError):
        return False
    return True


def trust_system(context: ssl.SSLContext, env: Mapping[str, str] = os.environ) -> None:
    """Trust whom the system trusts: SSL_CERT_FILE and SSL_CERT_DIR, else the usual files and folders, as Go on Unix.

    Python cannot read macOS's keychain, which Go asks there: OpenSSL's own files stand in for it, or certifi's.
    """
    files = [env["SSL_CERT_FILE"]] if env.get("SSL_CERT_FILE") else ROOT_FILES
    folders = env["SSL_CERT_DIR"].split(":") if env.get("SSL_CERT_DIR") else ROOT_FOLDERS
    bundle = b"\n".join([*_first(files), *_inside(folders)])
    if not trust(context, bundle) and sys.platform in ("darwin", "win32"):
        context.load_default_certs()
        if not context.get_ca_certs():
            import certifi

            context.load_verify_locations(certifi.where())


def _first(files: Iterable[str]) -> Iterator[bytes]:
    for file in files:
        try:
            yield Path(file).read_bytes()
        except OSError:
            continue
        return


def _inside(folders: Iterable[str]) -> Iterator[bytes]:
    """The files of these folders, but for links from one name to another in the same folder."""
    for folder in map(Path, folders):
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            continue
        for entry in entries:
            try:
                if entry.is_file() and not (entry.is_symlink() and "/" not in os.readlink(entry)):
                    yield entry.read_bytes()
            except OSError:
                continue


MAX_ANSWER = 16 * 1024 * 1024
# An answer may come in pieces; all of them together may take so many times what one silence may.
PATIENCE = 4
SILENCE_SECONDS = 15.0


class OversizeError(ApiError):
    """The answer is longer than we read. The same request would get the same answer, a smaller page may not."""

    def __init__(self) -> None:
        super().__init__(f"the API server's answer is larger than {MAX_ANSWER // 1024 // 1024} MB")

    @property
    def transient(self) -> bool:
        return False


class _Counted(io.RawIOBase):
    """The bytes of one answer, out of a socket whose timeout is the longest silence."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        super().__init__()
        self._raw, self._sock = raw, sock
        self._silence = sock.gettimeout() or SILENCE_SECONDS
        self._end = time.monotonic() + PATIENCE * self._silence
        self._left = MAX_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError(f"no whole answer in {PATIENCE * self._silence:.0f} seconds")
        self._sock.settimeout(min(self._silence, seconds))
        count: int | None = self._raw.readinto(buffer)
        self._left -= count or 0
        if self._left < 0:
            raise OversizeError
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class BoundResponse(http.client.HTTPResponse):
    """An answer that ends. Reads raise OversizeError or TimeoutError."""

    def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp = io.BufferedReader(_Counted(self.fp.detach(), sock))


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
    # PySocks, for the few who have such a proxy.
    from urllib3.contrib import socks

    class Http(socks.SOCKSConnection):
        response_class = BoundResponse

    class Https(socks.SOCKSHTTPSConnection):
        response_class = BoundResponse

    class HttpPool(socks.SOCKSHTTPConnectionPool):
        ConnectionCls = Http

    class HttpsPool(socks.SOCKSHTTPSConnectionPool):
        ConnectionCls = Https

    # Go leaves names to the proxy, whichever of the two it is called.
    url = proxy.url.replace(proxy.scheme, "socks5h", 1)
    manager = socks.SOCKSProxyManager(url, *_socks_login(proxy), **how)
    manager.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}
    return manager


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


_NOISE = re.compile(r"\[(Errno -?\d+|SSL|X509|PEM)[^]]*\] |\(_ssl\.c:\d+\)|\b\w+\(host=[^)]*\): ")
HINT = "try: kubectl get pods"


def client_for(kubeconfig: Json, folder: Path) -> tuple[Any, Proxy | None]:
    """The client for a kubeconfig without a credential plugin, and the proxy that it goes through.

    Raises NetshootError that names what is wrong in it.
    """
    from kubernetes import client
    from kubernetes.config import kube_config
    from kubernetes.config.config_exception import ConfigException

    configuration = client.Configuration()
    try:
        with _logged_errors() as errors:
            kube_config.load_kube_config_from_dict(
                kubeconfig,
                client_configuration=configuration,
                persist_config=False,
                temp_file_path=str(folder),
            )
        if errors:
            raise ValueError("; ".join(errors))
    except UnicodeError as error:
        raise NetshootError("no credentials for the cluster: the token file is not text", HINT) from error
    except (ConfigException, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NetshootError(f"no credentials for the cluster: {plain(error)}", HINT) from error
    cluster = kubeconfig["clusters"][0]["cluster"]
    # At every request it would put the token back as its file has it, with the end of its line.
    configuration.refresh_api_key_hook = None
    _check_token(configuration, str(kubeconfig["users"][0]["user"].get("tokenFile") or ""))
    insecure = bool(cluster.get("insecure-skip-tls-verify"))
    if insecure:
        # Somebody chose it; kubectl does not remark on it with every request either.
        disable_warnings(InsecureRequestWarning)
    proxy = proxy_for(cluster["server"], str(cluster.get("proxy-url") or ""), os.environ)
    # The client's own ideas of proxies, exceptions and trust are not kubectl's.
    configuration.proxy = configuration.no_proxy = None
    api_client = client.ApiClient(configuration)
    name = str(cluster.get("tls-server-name") or "")
    api_client.rest_client.pool_manager = manager_for(
        proxy, lambda: _context(configuration, insecure), _server_name(name)
    )
    return api_client, proxy


def impersonation(kubeconfig: Json) -> Sequence[tuple[str, str]]:
    """The headers for `as` and its kin, of which the client knows nothing. Raises NetshootError for no names."""
    found = tuple(_impersonation(kubeconfig["users"][0]["user"]))
    for name, value in found:
        if not value.isprintable():
            raise NetshootError(f"{name}: {value!r} is not a name: it has control characters")
    # Python writes headers as Latin-1; kubectl writes UTF-8.
    return tuple((name, value.encode().decode("latin-1")) for name, value in found)


def _impersonation(user: Json) -> Iterator[tuple[str, str]]:
    if user.get("as"):
        yield "Impersonate-User", user["as"]
    if user.get("as-uid"):
        yield "Impersonate-Uid", user["as-uid"]
    for group in user.get("as-groups") or []:
        yield "Impersonate-Group", group
    for key, values in (user.get("as-user-extra") or {}).items():
        for value in values:
            yield f"Impersonate-Extra-{quote(key, safe='')}", value


@contextlib.contextmanager
def _logged_errors() -> Iterator[list[str]]:
    """What is logged as an error meanwhile: the client goes on without a credential that it could not get."""
    errors: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: errors.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        yield errors
    finally:
        logging.getLogger().removeHandler(handler)


def _check_token(configuration: Any, file: str) -> None:
    """A token ends where its file's line ends; it is never shown, not even where it is none."""
    token = str(configuration.api_key.get("authorization", "")).strip()
    if token in ("", "Bearer"):
        if file:
            raise NetshootError(f"no credentials for the cluster: the token file {file} is empty", HINT)
        return
    if not (token.isascii() and token.isprintable()):
        raise NetshootError(
            "no credentials for the cluster: the token has characters that are not allowed in a token", HINT
        )
    configuration.api_key["authorization"] = token


def _context(configuration: Any, insecure: bool) -> ssl.SSLContext:
    context = new_context(insecure)
    authority = configuration.ssl_ca_cert
    if authority:
        _loaded("certificate-authority", lambda: _trust_only(context, Path(authority)))
    elif not insecure:
        trust_system(context)
    if configuration.cert_file:
        # Without a password OpenSSL would ask the terminal for one.
        chain = (configuration.cert_file, configuration.key_file, "")
        _loaded("pair of client-certificate and client-key", lambda: context.load_cert_chain(*chain))
    return context


def _trust_only(context: ssl.SSLContext, authority: Path) -> None:
    if not trust(context, authority.read_bytes()):
        raise ValueError("there is no certificate in it")


def _server_name(name: str) -> str:
    """What `tls-server-name` stands for in a certificate: Go takes brackets off an address, and a dot off a name."""
    return name.strip("[]").removesuffix(".")


def _loaded(what: str, load: Callable[[], None]) -> None:
    try:
        load()
    except (OSError, ValueError) as error:
        # "PEM lib" is all that OpenSSL says then.
        why = plain(error).replace("PEM lib", "it is not PEM, not whole, or locked with a password")
        raise NetshootError(f"the {what} cannot be used: {why}", HINT) from error


def plain(error: BaseException) -> str:
    """What an error of Python's network libraries says, without the names and numbers that only they know."""
    inner = next((arg for arg in reversed(error.args) if isinstance(arg, BaseException)), error)
    if isinstance(inner, OSError) and inner.filename:
        return f"{inner.filename}: {inner.strerror}"
    return _NOISE.sub("", str(inner)).strip()
