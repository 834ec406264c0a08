"""GET and LIST in one namespace: what fails for a passing reason is asked again, lists are read in pages."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.answers import OversizeError, unreadable
from kubectl_netshoot.kube.api import Api, retry

Json = dict[str, Any]
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

    def path(self, group: str, plural: str, name: str = "") -> str:
        """The path of a kind or an object; `group` is api/v1 or apis/GROUP/VERSION.

        Raises ApiError for a name, out of an answer, that would lead to another place.
        """
        if name in (".", "..") or "/" in name or "%" in name:
            raise unreadable(f"an object called {name[:80]!r}")
        return f"/{group}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Json:
        """One object."""
        return retry(lambda: self.api.request("GET", path, query), ATTEMPTS, self._pause)

    def review(self, path: str, body: Json) -> Json:
        """The answer to a review: it is asked for by POST, and nothing is kept."""
        return retry(lambda: self.api.request("POST", path, body=body), ATTEMPTS, self._pause)

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
    """The items of one page, and what to ask for the next one with."""
    items, metadata = answer.get("items") or [], answer.get("metadata") or {}
    token = metadata.get("continue") or "" if isinstance(metadata, dict) else None
    if not isinstance(items, list) or not isinstance(token, str):
        raise unreadable("a list without items")
    if not all(isinstance(item, dict) for item in items):
        raise unreadable("an item of a list that is no object")
    return items, token
