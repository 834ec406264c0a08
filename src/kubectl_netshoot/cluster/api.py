"""HTTP to the API server: the official client's credentials and TLS, our own bounds, and errors in our words.

The generated API classes are not used: their models cost 5 ms a pod and half a second to import, and they hide
what a request really asked for. What the client is good at (kubeconfig, certificates, credential plugins, OIDC,
proxies) stays its own.
"""

import contextlib
import importlib
import json
import logging
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import HTTPHeaderDict, disable_warnings
from urllib3.exceptions import HTTPError, InsecureRequestWarning, MaxRetryError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout

from kubectl_netshoot.errors import ApiError, NetshootError

Json = dict[str, Any]
MAX_BODY = 64 * 1024 * 1024
CONNECT_SECONDS = 10.0
READ_SECONDS = 15.0
LONGEST_WAIT = 30.0
JSON_PATCH = "application/json-patch+json"


def connect(kubeconfig: Json, folder: Path, user_agent: str, timeout: float = READ_SECONDS) -> "Api":
    """An Api for this kubeconfig (a dict with one context). `timeout` is the seconds that one answer may take.

    `folder` is private: the client writes embedded keys into files there, since OpenSSL reads nothing else.

    Raises NetshootError where the credentials cannot be had (a plugin that fails, a broken certificate).
    """
    return Api(kubeconfig, folder, user_agent, timeout)


@dataclass
class Api:
    """Requests to one API server as one user; safe to use from several threads."""

    kubeconfig: Json = field(repr=False)
    folder: Path
    user_agent: str
    timeout: float
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _client: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._client = _authenticate(self.kubeconfig, self.folder)

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        body: object = None,
        content_type: str = "application/json",
    ) -> Json:
        """One request and its JSON answer. Raises ApiError; `code` 0 stands for no answer at all."""
        with self.open(method, path, query, body, content_type) as response:
            answer = json.loads(_read(response))
        # Neither is a proxy's empty answer the word that there is no such pod.
        if not isinstance(answer, dict) or not answer:
            raise ApiError("the API server's answer is not an object")
        return answer

    @contextlib.contextmanager
    def open(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        body: object = None,
        content_type: str = "application/json",
        timeout: float | None = None,
    ) -> Iterator[BaseHTTPResponse]:
        """The response of a successful request, unread; for watches and logs."""
        with _translated():
            response = self._send(method, path, query, body, content_type, timeout or self.timeout)
            if response.status == 401:
                # An expired credential: the plugin is asked again, once.
                response.drain_conn()
                self._authenticate_again()
                response = self._send(method, path, query, body, content_type, timeout or self.timeout)
            try:
                _check(response)
                yield response
            finally:
                response.close()

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None,
        body: object,
        content_type: str,
        timeout: float,
    ) -> BaseHTTPResponse:
        api_client = self._client
        headers: dict[str, str] = {}
        pairs: list[tuple[str, str]] = [
            (key, str(value)) for key, value in (query or {}).items() if value != ""
        ]
        api_client.update_params_for_auth(headers, pairs, ["BearerToken"])
        sent = HTTPHeaderDict({"Accept": "application/json", "User-Agent": self.user_agent, **headers})
        for name, value in _impersonation(self.kubeconfig):
            sent.add(name, value)
        if body is not None:
            sent["Content-Type"] = content_type
        url = (
            api_client.configuration.host.rstrip("/") + quote(path) + (f"?{_encode(pairs)}" if pairs else "")
        )
        return cast(
            BaseHTTPResponse,
            api_client.rest_client.pool_manager.request(
                method,
                url,
                body=None if body is None else json.dumps(body).encode(),
                headers=sent,
                preload_content=False,
                # An answer that never comes is decided above us, and a redirect could take the token elsewhere.
                retries=False,
                redirect=False,
                timeout=Timeout(connect=min(timeout, CONNECT_SECONDS), read=timeout),
            ),
        )

    def _authenticate_again(self) -> None:
        with self._lock:
            try:
                self._client = _authenticate(self.kubeconfig, self.folder)
            except NetshootError as error:
                # In the middle of a session this is a request that fails: the way out has to hear of it as one.
                raise ApiError(error.message, 401) from error


def preload() -> None:
    """Import the Kubernetes client in the background: a quarter of a second that kubectl's answers hide."""
    threading.Thread(
        target=importlib.import_module, args=("kubernetes.config.kube_config",), daemon=True
    ).start()


def _authenticate(kubeconfig: Json, folder: Path) -> Any:
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
        cluster = kubeconfig["clusters"][0]["cluster"]
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
    except (ConfigException, OSError, ValueError, KeyError, TypeError) as error:
        raise NetshootError(
            f"no credentials for the cluster: {error}", "does `kubectl get pods` work?"
        ) from error


@contextlib.contextmanager
def _logged_errors() -> Iterator[list[str]]:
    """What is logged as an error meanwhile: the client goes on without a credential whose plugin failed."""
    errors: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: errors.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        yield errors
    finally:
        logging.getLogger().removeHandler(handler)


def _proxy(cluster: Json) -> str | None:
    if cluster.get("proxy-url"):
        return str(cluster["proxy-url"])
    server = urlsplit(cluster["server"])
    if proxy_bypass(server.hostname or ""):
        return None
    return getproxies().get(server.scheme)


def _impersonation(kubeconfig: Json) -> Iterator[tuple[str, str]]:
    """The client knows nothing of `as` in a kubeconfig; groups are a header each."""
    user = kubeconfig["users"][0]["user"]
    if user.get("as"):
        yield "Impersonate-User", user["as"]
    if user.get("as-uid"):
        yield "Impersonate-Uid", user["as-uid"]
    for group in user.get("as-groups") or []:
        yield "Impersonate-Group", group
    for key, values in (user.get("as-user-extra") or {}).items():
        for value in values:
            yield f"Impersonate-Extra-{quote(key, safe='')}", value


def _encode(pairs: Sequence[tuple[str, str]]) -> str:
    return "&".join(f"{quote(key)}={quote(value, safe='')}" for key, value in pairs)


def _read(response: BaseHTTPResponse) -> bytes:
    body = response.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise ApiError("the API server's answer is larger than 64 MB")
    return body


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except MaxRetryError as error:
        raise ApiError(f"the API server cannot be reached: {error.reason}") from error
    except (HTTPError, OSError) as error:
        raise ApiError(f"the API server cannot be reached: {error}") from error
    except (ValueError, RecursionError) as error:
        raise ApiError(f"the API server's answer cannot be read: {error}") from error


def _check(response: BaseHTTPResponse) -> None:
    if 200 <= response.status < 300:
        return
    body = response.read(MAX_BODY)
    try:
        status = json.loads(body)
        message, reason = str(status["message"]), str(status.get("reason", ""))
    except (ValueError, KeyError, TypeError):
        message, reason = f"the API server answered {response.status}", ""
    raise ApiError(message, response.status, reason, _retry_after(response.headers.get("Retry-After", "")))


def _retry_after(header: str) -> float:
    # A proxy may ask for an hour, or for a date: a copy that is in service cannot wait that long.
    return min(float(header), LONGEST_WAIT) if header.isascii() and header.isdecimal() else 0.0


def retry(action: Callable[[], Json], attempts: int, pause: Callable[[float], None]) -> Json:
    """Repeat a read that failed for a passing reason; `pause` waits between, for as long as the server asked."""
    for attempt in range(attempts - 1):
        try:
            return action()
        except ApiError as error:
            if not error.transient:
                raise
            pause(max(error.retry_after, 0.2 * 2**attempt))
    return action()
