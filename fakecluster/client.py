"""A bare HTTPS client of the fake cluster: what is sent is exactly what a test says."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """`body` is JSON (a list of them when there was one a line, as in a watch), or text."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Api:
    """One user of the cluster, as a kubeconfig says."""

    def __init__(self, kubeconfig: Path) -> None:
        config = json.loads(kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        self.server: str = cluster["server"]
        self.token: str = config["users"][0]["user"]["token"]
        self.ca: str = b64decode(cluster["certificate-authority-data"]).decode()
        self.tls = ssl.create_default_context(cadata=self.ca)

    def raw(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30,
    ) -> Answer:
        """One request on a connection of its own. Raises OSError, http.client.HTTPException."""
        connection = http.client.HTTPSConnection(
            urlsplit(self.server).netloc, context=self.tls, timeout=timeout
        )
        try:
            authorization = {"Authorization": f"Bearer {self.token}"}
            connection.request(method, path, body, {**authorization, **(headers or {})})
            response = connection.getresponse()
            said = {key.lower(): value for key, value in response.getheaders()}
            return Answer(response.status, said, _parsed(response.read(), said.get("content-type", "")))
        finally:
            connection.close()

    def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        content_type: str = "application/json",
        **headers: str,
    ) -> Answer:
        """One request with a JSON body; header names have `_` for `-`."""
        data = None if body is None else json.dumps(body).encode()
        sent = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.raw(method, path, data, {"Content-Type": content_type, **sent})

    def get(self, path: str) -> Any:
        """The body of a GET that must succeed."""
        answer = self("GET", path)
        assert answer.status == 200, answer.body
        return answer.body

    def create(self, path: str, body: object) -> Any:
        """The body of a POST that must succeed."""
        answer = self("POST", path, body)
        assert answer.status == 201, answer.body
        return answer.body


def _parsed(data: bytes, content_type: str) -> Any:
    if not content_type.startswith("application/json"):
        return data.decode(errors="replace")
    lines = [json.loads(line) for line in data.splitlines() if line.strip()]
    return lines[0] if len(lines) == 1 and "type" not in lines[0] else lines


def eventually(check: Callable[[], Any], seconds: float = 20) -> Any:
    """The first true value of `check`; its last value when time is up."""
    end = time.monotonic() + seconds
    while not (value := check()) and time.monotonic() < end:
        time.sleep(0.02)
    return value
