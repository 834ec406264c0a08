"""The query of `GET pods/NAME/log`, and which of a container's logs it means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from fakecluster.containerrunner import ContainerRunner
from fakecluster.logs import ContainerLog, LogOptions
from fakecluster.statuses import ApiError
from fakecluster.timestamps import parse as parse_time

_TRUE = ("1", "t", "T", "true", "TRUE", "True")


def parse(query: Mapping[str, str]) -> LogOptions:
    """Raises ApiError 400."""
    try:
        return LogOptions(
            follow=query.get("follow", "") in _TRUE,
            tail_lines=_number(query, "tailLines"),
            since=_since(query),
            timestamps=query.get("timestamps", "") in _TRUE,
            limit_bytes=_number(query, "limitBytes"),
        )
    except ValueError as error:
        raise ApiError.bad_request(str(error)) from error


def _number(query: Mapping[str, str], name: str) -> int | None:
    return int(query[name]) if name in query else None


def _since(query: Mapping[str, str]) -> datetime | None:
    if "sinceTime" in query:
        return parse_time(query["sinceTime"])
    seconds = _number(query, "sinceSeconds")
    return None if seconds is None else datetime.now(timezone.utc) - timedelta(seconds=seconds)


def log_of(runner: ContainerRunner, pod_name: str, *, previous: bool) -> ContainerLog:
    """Raises ApiError 400 when there is none (yet)."""
    name = runner.record.name
    if previous:
        if runner.previous_log is None:
            raise ApiError.bad_request(
                f'previous terminated container "{name}" in pod "{pod_name}" not found'
            )
        return runner.previous_log
    if runner.log is None:
        reason = runner.record.state.get("waiting", {}).get("reason", "")
        why = "trying and failing to pull image" if reason in ("ErrImagePull", "ImagePullBackOff") else reason
        raise ApiError.bad_request(f'container "{name}" in pod "{pod_name}" is waiting to start: {why}')
    return runner.log
