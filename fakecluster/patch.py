"""The three patch types, applied to an object: JSON patch, JSON merge patch, strategic merge patch."""

from __future__ import annotations

import copy
from typing import Any

import jsonpatch
import jsonpointer

from fakecluster.kinds import Object
from fakecluster.statuses import ApiError
from fakecluster.strategic import strategic_merge

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"
SUPPORTED = (JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH)


def apply(content_type: str, original: Object, patch: Any) -> Object:
    """The patched copy. Raises ApiError 400, 415, 422."""
    if content_type not in SUPPORTED:
        raise ApiError.unsupported_media_type(", ".join(SUPPORTED))
    if content_type == JSON_PATCH:
        return _json_patch(original, patch)
    if not isinstance(patch, dict):
        raise ApiError.bad_request(
            "json: cannot unmarshal array into Go value of type map[string]interface {}"
        )
    merge = merge_patch if content_type == MERGE_PATCH else strategic_merge
    merged: Object = merge(copy.deepcopy(original), patch)
    return merged


def _json_patch(original: Object, operations: Any) -> Object:
    if not isinstance(operations, list):
        raise ApiError.bad_request("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    patched = copy.deepcopy(original)
    try:
        for operation in operations:
            if not _finds_null(patched, operation):
                patched = jsonpatch.JsonPatch([operation]).apply(patched)
    except jsonpatch.InvalidJsonPatch as error:
        raise ApiError.bad_request(str(error)) from error
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
        raise ApiError.rejected_patch() from error
    return patched


def _finds_null(obj: Object, operation: Object) -> bool:
    """The API server's library (evanphx/json-patch) finds null where the last member of a path is absent."""
    if operation.get("op") != "test" or operation.get("value", ...) is not None:
        return False
    return jsonpointer.resolve_pointer(obj, operation["path"], None) is None


def merge_patch(original: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    merged = original if isinstance(original, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged
