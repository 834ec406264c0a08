"""Where faults that a test asks for enter the streams."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StreamCut:
    """Break an exec, attach or log stream by a TCP reset, after that many bytes to the client."""

    after_bytes: int = 0
