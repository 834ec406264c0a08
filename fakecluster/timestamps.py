"""Time as Kubernetes writes it: RFC 3339 in UTC, whole seconds or microseconds."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone


def rfc3339(moment: datetime | None = None) -> str:
    """`2026-01-31T09:00:00Z`, of now by default."""
    return (moment or datetime.now(timezone.utc)).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_micro(moment: datetime | None = None) -> str:
    """`2026-01-31T09:00:00.000000Z`, of now by default: events and leases."""
    return (moment or datetime.now(timezone.utc)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_now(seconds: float) -> str:
    return rfc3339(datetime.now(timezone.utc) + timedelta(seconds=seconds))


def parse(text: str) -> datetime:
    """The inverse of both. Raises ValueError."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def from_epoch(seconds: int) -> str:
    return rfc3339(datetime.fromtimestamp(seconds, timezone.utc))
