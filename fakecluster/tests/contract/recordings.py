"""The recorded exchanges of a real API server (see ../recordings/README.md)."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "recordings"


@dataclass(frozen=True)
class Exchange:
    """One request and what the real server answered. `answer` is JSON, or a list of frames after an upgrade."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    status: int
    answer_headers: dict[str, str]
    answer: Any

    @property
    def content_type(self) -> str:
        return self.answer_headers.get("content-type", "")

    def raw_body(self) -> bytes | None:
        """The bytes that the client sent."""
        if self.body is None:
            return None
        if isinstance(self.body, dict) and set(self.body) == {"base64"}:
            return base64.b64decode(self.body["base64"])
        return json.dumps(self.body).encode()


def load(name: str) -> list[Exchange]:
    """All exchanges of one file, in order."""
    exchanges = []
    for line in (FOLDER / f"{name}.jsonl").read_text().splitlines():
        recorded = json.loads(line)
        request, response = recorded["request"], recorded["response"]
        answer = response["frames"] if "frames" in response else response.get("body")
        exchanges.append(
            Exchange(
                request["method"],
                request["path"],
                request.get("headers", {}),
                request.get("body"),
                response["status"],
                response.get("headers", {}),
                answer,
            )
        )
    return exchanges


def watched(name: str, resource: str) -> list[dict[str, Any]]:
    """The events of the recorded watch on a resource."""
    for exchange in load(name):
        if f"/{resource}?watch" in exchange.path:
            return list(exchange.answer["lines"])
    raise LookupError(f"{name} has no watch on {resource}")
