"""Which form of an object a client accepts: itself, a Table of it, or its metadata only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from fakecluster.statuses import ApiError


class Form(Enum):
    OBJECT = "object"
    TABLE = "Table"
    METADATA = "PartialObjectMetadata"
    METADATA_LIST = "PartialObjectMetadataList"
    DISCOVERY = "APIGroupDiscoveryList"


@dataclass(frozen=True)
class _Range:
    media_type: str
    parameters: dict[str, str]


def _ranges(accept: str) -> list[_Range]:
    ranges = []
    for part in accept.split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        pairs = (parameter.partition("=") for parameter in parameters)
        ranges.append(_Range(media_type, {key: value for key, _, value in pairs}))
    return ranges


def form(accept: str, *, discovery: bool = False) -> Form:
    """The first form in an Accept header that is served. Raises ApiError 406."""
    for wanted in _ranges(accept or "*/*"):
        if wanted.media_type not in ("application/json", "application/*", "*/*", ""):
            continue
        found = _form_of(wanted.parameters, discovery)
        if found is not None:
            return found
    message = "only the following media types are accepted: application/json"
    raise ApiError(406, "NotAcceptable", message)


def _form_of(parameters: dict[str, str], discovery: bool) -> Form | None:
    name = parameters.get("as")
    if name is None:
        return Form.OBJECT
    asked = (name, parameters.get("g"), parameters.get("v"))
    if asked == (Form.DISCOVERY.value, "apidiscovery.k8s.io", "v2"):
        return Form.DISCOVERY if discovery else None
    if not discovery and asked[1:] == ("meta.k8s.io", "v1") and name != Form.DISCOVERY.value:
        return next((f for f in Form if f.value == name), None)
    return None
