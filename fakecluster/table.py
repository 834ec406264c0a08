"""The Table form: the columns `kubectl get` prints, filled as the API server's printers fill them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fakecluster import columns
from fakecluster.columns import Column
from fakecluster.kinds import Kind, Object

_NAME = (
    "Name must be unique within a namespace. Is required when creating resources, although some resources may "
    "allow a client to request the generation of an appropriate name automatically. Name is primarily intended "
    "for creation idempotence and configuration definition. Cannot be updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)


def table(kind: Kind, objects: Sequence[Object], metadata: Object, include: str = "") -> Object:
    """meta.k8s.io/v1 Table; `include` is None, Metadata (default) or Object."""
    wanted = columns.COLUMNS.get(kind.kind, columns.DEFAULT)
    definitions = [_definition(column) for column in wanted]
    embed = _EMBEDDED.get(include, _metadata)
    rows = [{"cells": [c.value(obj) for c in wanted], **embed(obj)} for obj in objects]
    head = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
    return {**head, "columnDefinitions": definitions, "rows": rows}


def _definition(column: Column) -> Object:
    is_name = column.name == "Name"
    return {
        "name": column.name,
        "type": column.type,
        "format": "name" if is_name else "",
        "description": _NAME if is_name else column.name,
        "priority": column.priority,
    }


def _metadata(obj: Object) -> Object:
    head = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
    return {"object": {**head, "metadata": obj["metadata"]}}


_EMBEDDED: dict[str, Callable[[Object], Object]] = {
    "Object": lambda obj: {"object": obj},
    "None": lambda _: {"object": None},
}
