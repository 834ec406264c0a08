"""Kubernetes' protobuf encoding, as far as kubectl sends it: an envelope, and messages read by their schema."""

from __future__ import annotations

from typing import Any

from tests.cluster.statuses import ApiError

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"


def decode(data: bytes) -> Any:
    raise ApiError.unsupported_media_type("application/json")
