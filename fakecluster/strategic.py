"""Strategic merge patch: lists whose items have a key are merged by it, as the Go types' tags say.

Also the directives kubectl writes: `$patch: delete|replace`, `$retainKeys`, `$setElementOrder/x` and
`$deleteFromPrimitiveList/x`.
"""

from __future__ import annotations

from typing import Any

#: Field -> merge key, or the candidates in order: `ports` is keyed differently in Services and containers.
_MERGE_KEYS = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "ports": ("containerPort", "port"),
    "conditions": ("type",),
    "imagePullSecrets": ("name",),
    "hostAliases": ("ip",),
    "ownerReferences": ("uid",),
    "topologySpreadConstraints": ("topologyKey",),
    "resourceClaims": ("name",),
    "addresses": ("type",),
    "podIPs": ("ip",),
    "hostIPs": ("ip",),
    "secrets": ("name",),
}
_PRIMITIVE_SETS = ("finalizers",)


def strategic_merge(original: Any, patch: Any) -> Any:
    """The merged object; `original` is changed and must be a copy."""
    if not isinstance(patch, dict):
        return patch
    if patch.get("$patch") == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    merged = original if isinstance(original, dict) else {}
    if patch.get("$patch") == "delete":
        return {}
    if "$retainKeys" in patch:
        merged = {key: value for key, value in merged.items() if key in patch["$retainKeys"]}
    for key, value in patch.items():
        if not key.startswith("$"):
            _merge_field(merged, key, value)
    _directives(merged, patch)
    return merged


def _merge_field(merged: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        merged.pop(key, None)
    elif isinstance(value, list):
        merged[key] = _merge_list(key, merged.get(key) or [], value)
    else:
        merged[key] = strategic_merge(merged.get(key), value)


def _merge_list(field: str, original: list[Any], patch: list[Any]) -> list[Any]:
    merge_key = _merge_key(field, original + patch)
    if any(isinstance(item, dict) and item.get("$patch") == "replace" for item in patch):
        return [item for item in patch if item.get("$patch") != "replace"]
    if field in _PRIMITIVE_SETS:
        return original + [item for item in patch if item not in original]
    if merge_key is None:
        return patch
    merged = list(original)
    for item in patch:
        _merge_item(merged, merge_key, item)
    return merged


def _merge_item(merged: list[Any], merge_key: str, item: dict[str, Any]) -> None:
    index = next((i for i, old in enumerate(merged) if old.get(merge_key) == item.get(merge_key)), None)
    if item.get("$patch") == "delete":
        if index is not None:
            del merged[index]
    elif index is None:
        merged.append(strategic_merge({}, item))
    else:
        merged[index] = strategic_merge(merged[index], item)


def _merge_key(field: str, items: list[Any]) -> str | None:
    for key in _MERGE_KEYS.get(field, ()):
        if items and all(isinstance(item, dict) and (key in item or "$patch" in item) for item in items):
            return key
    return None


def _directives(merged: dict[str, Any], patch: dict[str, Any]) -> None:
    for directive, value in patch.items():
        name, _, field = directive.partition("/")
        if name == "$deleteFromPrimitiveList":
            merged[field] = [item for item in merged.get(field, []) if item not in value]
        elif name == "$setElementOrder":
            merged[field] = _ordered(field, merged.get(field, []), value)


def _ordered(field: str, items: list[Any], order: list[Any]) -> list[Any]:
    key = _merge_key(field, items) if items and isinstance(items[0], dict) else None
    wanted = [entry[key] for entry in order if isinstance(entry, dict)] if key else order

    def rank(item: Any) -> int:
        value = item[key] if key else item
        return wanted.index(value) if value in wanted else len(wanted)

    return sorted(items, key=rank)
