"""Objects as text: alone, in lists (paged), as Tables and as metadata only."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence

from fakecluster.kinds import Kind, Object
from fakecluster.negotiation import Form
from fakecluster.statuses import ApiError
from fakecluster.store import Entry, dumps
from fakecluster.table import table


def one(entry: Entry, kind: Kind, form: Form, include: str = "") -> str:
    """A single object in the form asked for; `include` is the Table's includeObject."""
    if form is Form.TABLE:
        version = entry.obj["metadata"].get("resourceVersion", "")
        return dumps(table(kind, [entry.obj], {"resourceVersion": version}, include))
    if form in (Form.METADATA, Form.METADATA_LIST):
        return dumps(metadata_only(entry.obj))
    return entry.json


def many(entries: Sequence[Entry], kind: Kind, metadata: Object, form: Form, include: str = "") -> str:
    """A list in the form asked for; `metadata` is the list's own."""
    if form is Form.TABLE:
        return dumps(table(kind, [entry.obj for entry in entries], metadata, include))
    if form in (Form.METADATA, Form.METADATA_LIST):
        items = [metadata_only(entry.obj) for entry in entries]
        head: Object = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
        return dumps({**head, "metadata": metadata, "items": items})
    head = {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": metadata}
    # Items of a list carry neither kind nor apiVersion: these lead the stored text, so they are cut off.
    prefix = len(dumps({"kind": kind.kind, "apiVersion": kind.api_version})) - 1
    joined = ",".join("{" + entry.json[prefix + 1 :] for entry in entries)
    return f'{dumps(head)[:-1]},"items":[{joined}]}}'


def metadata_only(obj: Object) -> Object:
    head = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
    return {**head, "metadata": obj["metadata"]}


def page(
    entries: list[Entry], query: Mapping[str, str], resource_version: int, compacted: int
) -> tuple[list[Entry], Object]:
    """The part of a list that `limit` and `continue` ask for, and the list's metadata. Raises ApiError 400, 410."""
    metadata: Object = {"resourceVersion": str(resource_version)}
    if token := query.get("continue"):
        version, start = _read_token(token)
        if version < compacted:
            raise ApiError(410, "Expired", _TOO_OLD)
        metadata["resourceVersion"] = str(version)
        entries = [entry for entry in entries if _key(entry) > start]
    limit = int(query.get("limit") or 0)
    if limit <= 0 or len(entries) <= limit:
        return entries, metadata
    state = {
        "v": "meta.k8s.io/v1",
        "rv": int(metadata["resourceVersion"]),
        "start": _key(entries[limit - 1]) + "\0",
    }
    metadata["continue"] = base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")
    if not (query.get("labelSelector") or query.get("fieldSelector")):
        metadata["remainingItemCount"] = len(entries) - limit
    return entries[:limit], metadata


_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list "
    "without the continue parameter, or use the continue token in this response to retrieve the remainder of "
    "the results. Continuing with the provided token results in an inconsistent list - objects that were "
    "created, modified, or deleted between the time the first chunk was returned and now may show up in the list."
)


def _key(entry: Entry) -> str:
    metadata = entry.obj["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"


def _read_token(token: str) -> tuple[int, str]:
    try:
        state = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return int(state["rv"]), str(state["start"]).rstrip("\0")
    except (ValueError, KeyError, TypeError):
        raise ApiError.bad_request("continue key is not valid") from None
