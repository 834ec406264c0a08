"""The official client, made ready: credentials, TLS and proxies as kubectl has them, each checked before it is used.

What is checked here would otherwise fail with the first request, as a server that cannot be reached.
"""

import contextlib
import logging
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import disable_warnings
from urllib3.exceptions import InsecureRequestWarning

from kubectl_netshoot.errors import NetshootError

Json = dict[str, Any]
PROXIES = ("http", "https")
_NOISE = re.compile(r"\[(Errno -?\d+|SSL|X509|PEM)[^]]*\] |\(_ssl\.c:\d+\)|\b\w+\(host=[^)]*\): ")
HINT = "does `kubectl get pods` work?"


def client_for(kubeconfig: Json, folder: Path) -> Any:
    """The client for a kubeconfig without a credential plugin. Raises NetshootError that names what is wrong in it."""
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
    _check_token(configuration)
    _check_certificates(configuration)
    # kubectl's rules where the client has others: the cluster's own proxy, no_proxy (which 35.0.0 reads and
    # then forgets), the system's certificates where the kubeconfig names none.
    configuration.proxy = _proxy(cluster)
    configuration.no_proxy = None
    configuration.ssl_ca_cert = configuration.ssl_ca_cert or ssl.get_default_verify_paths().cafile
    if cluster.get("insecure-skip-tls-verify"):
        # Somebody chose it; kubectl does not remark on it with every request either.
        disable_warnings(InsecureRequestWarning)
    # Watches and requests come from several threads; a pool that is too small would throw connections away.
    configuration.connection_pool_maxsize = 8
    return client.ApiClient(configuration)


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


def _check_token(configuration: Any) -> None:
    """A token ends where its file's line ends; it is never shown, not even where it is none."""
    token = str(configuration.api_key.get("authorization", "")).strip()
    if not token:
        return
    if not (token.isascii() and token.isprintable()):
        raise NetshootError(
            "no credentials for the cluster: the token has characters that no token has", HINT
        )
    configuration.api_key["authorization"] = token


def _check_certificates(configuration: Any) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if configuration.ssl_ca_cert:
        _loaded("certificate-authority", lambda: context.load_verify_locations(configuration.ssl_ca_cert))
    if configuration.cert_file:
        # Without a password OpenSSL would ask the terminal for one.
        chain = (configuration.cert_file, configuration.key_file, "")
        _loaded("pair of client-certificate and client-key", lambda: context.load_cert_chain(*chain))


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


def _proxy(cluster: Json) -> str | None:
    server = urlsplit(cluster["server"])
    if cluster.get("proxy-url"):
        where, proxy = "proxy-url", str(cluster["proxy-url"])
    elif proxy_bypass(server.hostname or ""):
        return None
    else:
        where, proxy = f"{server.scheme}_proxy", getproxies().get(server.scheme, "")
    if not proxy:
        return None
    try:
        parts = urlsplit(proxy)
        usable = parts.scheme in PROXIES and parts.hostname and (parts.port or True)
    except ValueError:
        usable = False
    if not usable:
        raise NetshootError(f"{where}: {_without_password(proxy)!r} is no http or https proxy", HINT)
    return proxy


def _without_password(address: str) -> str:
    return address.rpartition("@")[2]
