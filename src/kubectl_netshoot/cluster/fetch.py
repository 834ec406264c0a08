"""GET and LIST in one namespace: what fails for a passing reason is asked again, lists are read in pages."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kubectl_netshoot.cluster.api import Api, retry
from kubectl_netshoot.errors import ApiError

Json = dict[str, Any]
PAGE = 500
ATTEMPTS = 3


class Fetch:
    """Raw objects of one namespace. Raises ApiError where the server does not answer, or says no."""

    def __init__(self, api: Api, namespace: str, pause: Callable[[float], None] = time.sleep) -> None:
        self.api = api
        self.namespace = namespace
        self._pause = pause

    def path(self, group: str, plural: str, name: str = "") -> str:
        """The path of a kind or an object; `group` is api/v1 or apis/GROUP/VERSION."""
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
        """The items of a list, page by page: at most one page is in memory where they are taken one at a time."""
        token = ""
        while True:
            page = self.get(path, {**(query or {}), "limit": PAGE, "continue": token})
            yield from page.get("items") or []
            token = (page.get("metadata") or {}).get("continue") or ""
            if not token:
                return
