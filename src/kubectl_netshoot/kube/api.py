"""HTTP to the API server: the official client's credentials and TLS, our own bounds, errors in our words, outages.

Above it GET and LIST in one namespace: what fails for a passing reason is asked again, lists are read in pages.
"""

import contextlib
import importlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from urllib3 import HTTPHeaderDict
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout

from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.kube.client import HINT, OversizeError, client_for, impersonation
from kubectl_netshoot.kube.credentials import Given, ask_plugin
from kubectl_netshoot.kube.failures import NOWHERE, PROXY_LOGIN, ApiRoute
from kubectl_netshoot.kube.kubeconfig import Target
from kubectl_netshoot.kube.parse import sentence, unreadable
from kubectl_netshoot.kube.proxies import Proxy
from kubectl_netshoot.model import Json

# client-go's reflector, by which kube-proxy hears of EndpointSlices, tries again after 0.8 s, then twice that and so
# on, each time up to twice as long by chance, and at last every 30 to 60 s (NewReflectorWithOptions). So after an
# outage it is away for no more than twice its length and two of the first pauses.
FIRST_SECONDS, LONGEST_SECONDS = 0.8, 60.0


@dataclass
class Outage:
    """Told of every answer, and of every request without one; `last` is when it answered last, by time.monotonic()."""

    last: float = field(default_factory=time.monotonic)
    has_answered: bool = False
    _is_out: bool = False
    _back_by: float = 0.0

    def answered(self) -> None:
        """The server has answered, be it with a refusal."""
        now = time.monotonic()
        self.has_answered = True
        if self._is_out:
            self._is_out = False
            self._back_by = now + min(LONGEST_SECONDS, 2 * (now - self.last + FIRST_SECONDS))
        self.last = now

    def failed(self) -> None:
        """No answer, or one that says that the server does not work."""
        self._is_out = True

    def seconds_left(self) -> float:
        """Until everybody should have heard from the server again; zero or less where that is so."""
        return self._back_by - time.monotonic()


# The body that we look for a server's sentence in.
MAX_FAILURE = 1024 * 1024
PIECE = 256 * 1024
CONNECT_SECONDS = 10.0
READ_SECONDS = 15.0
LONGEST_WAIT = 30.0
JSON_PATCH = "application/json-patch+json"


def connect(
    kubeconfig: Json,
    folder: Path,
    user_agent: str,
    timeout: float = READ_SECONDS,
    target: Target = NOWHERE,
) -> "Api":
    """An Api for this kubeconfig (a dict with one context). `timeout` is the seconds that one answer may take, `target`
    what messages call it.

    `folder` is private: the client writes embedded keys into files there, since OpenSSL reads nothing else.

    Raises NetshootError where the credentials cannot be had (a plugin that fails, a broken certificate).
    """
    return Api(kubeconfig, folder, user_agent, timeout, target)


@dataclass
class Api:
    """Requests to one API server as one user; safe to use from several threads."""

    kubeconfig: Json = field(repr=False)
    folder: Path
    user_agent: str
    timeout: float
    target: Target = NOWHERE
    outage: Outage = field(default_factory=Outage, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _client: Any = field(default=None, repr=False)
    _proxy: Proxy | None = None
    _given: Given | None = field(default=None, repr=False)
    _impersonation: Sequence[tuple[str, str]] = field(default=(), repr=False)
    _dated: tuple[datetime, float] | None = field(default=None, repr=False)
    # When each thread has sent what is not answered yet.
    _sent: dict[int, float] = field(default_factory=dict, repr=False)
    _never_reached: ApiError | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._authenticate()

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
            answer = json.loads(read_whole(response))
        # Neither is a proxy's empty answer the word that there is no such pod.
        if not isinstance(answer, dict) or not answer:
            raise ApiError("the API server's answer is not an object")
        return answer

    def unanswered(self) -> float:
        """For how many seconds a request has waited for its answer; 0.0 where none does."""
        sent = list(self._sent.values())
        return time.monotonic() - min(sent) if sent else 0.0

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
        seconds = timeout or self.timeout
        way = ApiRoute(
            self._client.configuration.host,
            self.target,
            self._proxy,
            min(seconds, CONNECT_SECONDS),
            seconds,
        )
        with self._asked_once(), _translated(way), self._noting_outage():
            given = self._given
            if given and given.is_over:
                # As client-go does: where TLS ends before the API server, an expired certificate gets no 401.
                self._authenticate_again(given)
                given = self._given
            response = self._send(method, path, query, body, content_type, seconds)
            if response.status == 401:
                # An expired credential: the plugin is asked again, once.
                response.drain_conn()
                self._authenticate_again(given)
                response = self._send(method, path, query, body, content_type, seconds)
            try:
                _check(response, self._given.staleness if self._given else "", way)
                self.outage.answered()
                yield response
            finally:
                response.close()

    @contextlib.contextmanager
    def _asked_once(self) -> Iterator[None]:
        """What has never answered is waited for once, however many questions there are."""
        if self._never_reached and not self.outage.has_answered:
            raise copy(self._never_reached)
        try:
            yield
        except ApiError as error:
            if error.lasting and not self.outage.has_answered:
                self._never_reached = error
            raise

    @contextlib.contextmanager
    def _noting_outage(self) -> Iterator[None]:
        try:
            yield
        except (HTTPError, OSError):
            self.outage.failed()
            raise
        except ApiError as error:
            self.outage.failed() if error.code >= 500 else self.outage.answered()
            raise

    def server_time(self) -> datetime | None:
        """The time by the API server's own clock, from the Date of its last answer; None where none had one."""
        if self._dated is None:
            return None
        date, at = self._dated
        return date + timedelta(seconds=time.monotonic() - at)

    def _note_date(self, header: str) -> None:
        with contextlib.suppress(ValueError, TypeError):
            date = parsedate_to_datetime(header)
            self._dated = (date if date.tzinfo else date.replace(tzinfo=timezone.utc)), time.monotonic()

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
        for name, value in self._impersonation:
            sent.add(name, value)
        if body is not None:
            sent["Content-Type"] = content_type
        url = (
            api_client.configuration.host.rstrip("/") + quote(path) + (f"?{_encode(pairs)}" if pairs else "")
        )
        with self._waited_for():
            response = cast(
                BaseHTTPResponse,
                api_client.rest_client.pool_manager.request(
                    method,
                    url,
                    body=None if body is None else json.dumps(body).encode(),
                    headers=sent,
                    preload_content=False,
                    # No encoding was asked for: what comes in one is not unpacked, to whatever size.
                    decode_content=False,
                    # An answer that never comes is decided above us, and a redirect could take the token elsewhere.
                    retries=False,
                    redirect=False,
                    timeout=Timeout(connect=min(timeout, CONNECT_SECONDS), read=timeout),
                ),
            )
        self._note_date(response.headers.get("Date", ""))
        return response

    @contextlib.contextmanager
    def _waited_for(self) -> Iterator[None]:
        thread = threading.get_ident()
        self._sent[thread] = time.monotonic()
        try:
            yield
        finally:
            self._sent.pop(thread, None)

    def _authenticate(self) -> None:
        try:
            self._take_credentials()
        except NetshootError as error:
            if error.hint == HINT:
                error.hint = f"{HINT} {self.target.flags}".rstrip()
            raise

    def _take_credentials(self) -> None:
        kubeconfig, self._given = self.kubeconfig, None
        user, cluster = kubeconfig["users"][0], kubeconfig["clusters"][0]["cluster"]
        if user["user"].get("exec"):
            self._given = ask_plugin(user["user"], cluster)
            kubeconfig = {**kubeconfig, "users": [{**user, "user": self._given.user}]}
        self._client, self._proxy = client_for(kubeconfig, self.folder)
        self._impersonation = impersonation(kubeconfig)

    def _authenticate_again(self, stale: Given | None) -> None:
        """Take credentials anew; another thread may have done that for what a plugin gave."""
        with self._lock:
            if stale is not self._given:
                return
            try:
                self._authenticate()
            except NetshootError as error:
                # In the middle of a session this is a request that fails: the way out has to hear of it as one.
                raise ApiError(error.message, 401) from error


def preload() -> None:
    """Import the Kubernetes client in the background: a quarter of a second that kubectl's answers hide."""
    threading.Thread(
        target=importlib.import_module, args=("kubernetes.config.kube_config",), daemon=True
    ).start()


def _encode(pairs: Sequence[tuple[str, str]]) -> str:
    return "&".join(f"{quote(key)}={quote(value, safe='')}" for key, value in pairs)


def read_whole(response: BaseHTTPResponse) -> bytes:
    """The body. Raises what reading raises."""
    # In pieces: for all at once http.client would make room for as much as the server says is coming.
    return b"".join(iter(lambda: response.read(PIECE), b""))


@contextlib.contextmanager
def _translated(way: ApiRoute) -> Iterator[None]:
    try:
        yield
    except (HTTPError, OSError) as error:
        raise way.unreached(error) from error
    except (ValueError, RecursionError) as error:
        raise way.unreadable(error) from error


def _check(response: BaseHTTPResponse, staleness: str, way: ApiRoute) -> None:
    if 200 <= response.status < 300:
        return
    if response.status == PROXY_LOGIN and way.proxy is not None:
        raise way.wants_login()
    body = response.read(MAX_FAILURE)
    try:
        status = json.loads(body)
        message, reason = (sentence(str(status.get(key) or "")) for key in ("message", "reason"))
    except (ValueError, AttributeError, RecursionError):
        message, reason = "", ""
    if response.status == 401:
        raise way.not_logged_in(message, staleness)
    raise way.refused(response.status, message, reason, _retry_after(response.headers.get("Retry-After", "")))


def _retry_after(header: str) -> float:
    # A proxy may ask for an hour, or for a date: a copy that is in service cannot wait that long.
    return min(float(header), LONGEST_WAIT) if header.isascii() and header.isdecimal() else 0.0


def retry(
    action: Callable[[], Json], attempts: int, pause: Callable[[float], None], anew: bool = False
) -> Json:
    """Repeat a read that failed for a passing reason; `pause` waits between, for as long as the server asked. `anew`:
    no answer has come from there before.
    """
    for attempt in range(attempts - 1):
        try:
            return action()
        except ApiError as error:
            if not error.transient or (anew and error.lasting):
                raise
            pause(max(error.retry_after, 0.2 * 2**attempt))
    return action()


PAGE = 500
# Of a page that is too large for us, an eighth is asked for, down to single objects.
SMALLER = 8
# Half a million objects: no list of a real cluster is longer.
MAX_PAGES = 1000
ATTEMPTS = 3


class Fetch:
    """Raw objects of one namespace. Raises ApiError where the server does not answer, or says no."""

    def __init__(self, api: Api, namespace: str, pause: Callable[[float], None] = time.sleep) -> None:
        self.api = api
        self.namespace = namespace
        self._pause = pause

    @property
    def flags(self) -> str:
        """kubectl's flags that lead to this cluster, for messages."""
        return self.api.target.flags

    def elsewhere(self, namespace: str) -> "Fetch":
        """The same for another namespace."""
        same = namespace == self.namespace
        return self if same else Fetch(self.api, namespace, self._pause)

    def path(self, group: str, plural: str, name: str = "") -> str:
        """The path of a kind or an object; `group` is api/v1 or apis/GROUP/VERSION.

        Raises ApiError for a name, out of an answer, that would lead to another place.
        """
        if name in (".", "..") or "/" in name or "%" in name:
            raise unreadable(f"an object called {name[:80]!r}")
        return f"/{group}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Json:
        """One object."""
        return self._retry(lambda: self.api.request("GET", path, query))

    def review(self, path: str, body: Json) -> Json:
        """The answer to a review: it is asked for by POST, and nothing is kept."""
        return self._retry(lambda: self.api.request("POST", path, body=body))

    def _retry(self, action: Callable[[], Json]) -> Json:
        return retry(action, ATTEMPTS, self._pause, not self.api.outage.has_answered)

    def find(self, path: str) -> Json | None:
        """One object, or None only when the server says that there is none."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.not_found:
                return None
            raise

    def items(self, path: str, query: Mapping[str, object] | None = None) -> Iterator[Json]:
        """The items of a list, page by page: at most one page is in memory where they are taken one at a time.

        Raises ApiError for a list that does not end, or whose single object is larger than we read.
        """
        token, size = "", PAGE
        for _ in range(MAX_PAGES):
            try:
                page = self.get(path, {**(query or {}), "limit": size, "continue": token})
            except OversizeError:
                if size == 1:
                    raise
                size = max(1, size // SMALLER)
                continue
            items, token = _page(page)
            yield from items
            if not token:
                return
        raise unreadable(f"a list that does not end after {MAX_PAGES} pages")


def _page(answer: Json) -> tuple[list[Json], str]:
    """The items of one page, and what to ask for the next one with. Also an empty list says `items`."""
    if "items" not in answer:
        raise unreadable("a list without items")
    items, metadata = answer["items"] or [], answer.get("metadata") or {}
    token = metadata.get("continue") or "" if isinstance(metadata, dict) else None
    if not isinstance(items, list) or not isinstance(token, str):
        raise unreadable("a list without items")
    if not all(isinstance(item, dict) for item in items):
        raise unreadable("an item of a list that is no object")
    return items, token
