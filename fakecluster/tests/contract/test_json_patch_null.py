"""`test` against null, as the real API server answered our own mark on a pod without labels."""

import pytest

from fakecluster import patch
from fakecluster.statuses import ApiError

ADD_LABEL = [
    {"op": "test", "path": "/metadata/labels", "value": None},
    {"op": "add", "path": "/metadata/labels", "value": {}},
    {"op": "add", "path": "/metadata/labels/app", "value": "web"},
]


def test_an_absent_member_is_null() -> None:
    patched = patch.apply(patch.JSON_PATCH, {"metadata": {"name": "a"}}, ADD_LABEL)
    assert patched["metadata"] == {"name": "a", "labels": {"app": "web"}}


def test_a_present_member_is_not() -> None:
    with pytest.raises(ApiError):
        patch.apply(patch.JSON_PATCH, {"metadata": {"labels": {"tier": "front"}}}, ADD_LABEL)
