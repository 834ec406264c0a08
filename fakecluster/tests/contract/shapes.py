"""Comparing JSON by shape: the same keys and types all the way down, whatever the values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

#: Maps whose keys are data.
_FREE_MAPS = ("labels", "annotations", "matchLabels", "selector", "nodeSelector", "capacity", "allocatable")
#: Path -> why the fake cluster differs on purpose. Nothing else may differ.
KNOWN_DIFFERENCES = {
    r"\.managedFields$": "nothing we test reads who owns a field",
    r"\.volumes\[\]\.projected\.sources\[\]\.configMap$": "the recorded distribution projects a config map more",
    r"\.observedGeneration$": "the recorded kubelet's status conditions, which no client here reads",
    r"\.last-applied$": "written by kubectl apply when the fixture was made",
}


def differences(recorded: Any, ours: Any, path: str = "$") -> Iterator[str]:
    """What is missing, added or of another type in `ours`, but for the known differences."""
    for said in _differences(recorded, ours, path):
        where = said.partition(" ")[0]
        if not any(re.search(known, where) for known in KNOWN_DIFFERENCES):
            yield said


def _differences(recorded: Any, ours: Any, path: str) -> Iterator[str]:
    if isinstance(recorded, dict) and isinstance(ours, dict):
        if path.rpartition(".")[2] not in _FREE_MAPS:
            yield from _keys(recorded, ours, path)
    elif isinstance(recorded, list) and isinstance(ours, list):
        if recorded and ours:
            yield from _differences(_merged(recorded), _merged(ours), f"{path}[]")
    elif _type(recorded) != _type(ours):
        yield f"{path} is {_type(ours)}, recorded is {_type(recorded)}"


def _keys(recorded: dict[str, Any], ours: dict[str, Any], path: str) -> Iterator[str]:
    for key in recorded.keys() | ours.keys():
        here = f"{path}.{key}"
        if key not in ours:
            yield f"{here} is missing"
        elif key not in recorded:
            yield f"{here} is not in the recording"
        else:
            yield from _differences(recorded[key], ours[key], here)


def _merged(items: list[Any]) -> Any:
    """One item that has everything any of them has."""
    merged = items[0]
    for item in items[1:]:
        merged = _union(merged, item)
    return merged


def _union(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        both = {key: _union(one[key], other[key]) for key in one.keys() & other.keys()}
        return {**one, **other, **both}
    if isinstance(one, list) and isinstance(other, list):
        return one + other
    return one


def _type(value: Any) -> str:
    return (
        "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__
    )
