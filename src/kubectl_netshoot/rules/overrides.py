"""--overrides: JSON that is laid over the pod as a merge patch (RFC 7386), as `kubectl run` does it.

With one exception: containers are merged by their name, since a list that replaces ours would be another pod. What a
session depends on cannot be overridden, and each such field is refused with what to use instead.
"""

import json
from collections.abc import Mapping
from typing import Any

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.model import CONTAINER, ENV_MARK, Json
from kubectl_netshoot.rules.marks import PREFIX

FLAG = "--overrides"
# Also how deep they can be nested.
MOST_PARTS = 500
TOP = {"apiVersion": "v1", "kind": "Pod"}
OF_METADATA = {"name": "use NAME", "namespace": "use --namespace", "labels": "use --labels"}
OF_SPEC = {
    "activeDeadlineSeconds": "use --ttl",
    "restartPolicy": "a pod that is started again would not end with its session",
}
OF_CONTAINER = {
    "image": "use --image",
    "command": "use -- COMMAND",
    "args": "use -- COMMAND",
}


def parse_overrides(text: str) -> Json:
    """The JSON object, checked. Raises UsageError for what is none, and for a field that it must not touch."""
    if text.count("{") + text.count("[") > MOST_PARTS:
        raise UsageError(f"{FLAG}: more than {MOST_PARTS} objects and lists: no pod has that many")
    try:
        found = json.loads(text, parse_constant=_no_number) if text else {}
    except ValueError as error:
        raise UsageError(f"{FLAG}: not valid JSON: {error}") from error
    root = _object(found, "the value")
    for key, value in root.items():
        if key not in ("metadata", "spec") and TOP.get(key) != value:
            raise UsageError(f"{FLAG}: {key} cannot be {json.dumps(value)} in a Pod of v1")
    _check_metadata(_object(root.get("metadata", {}), "metadata"))
    _check_spec(_object(root.get("spec", {}), "spec"))
    return root


def laid_over(pod: Json, overrides: Mapping[str, Any]) -> Json:
    """The pod with checked overrides over it; neither is changed."""
    spec = dict(overrides.get("spec", {}))
    by_name = {container["name"]: container for container in spec.pop("containers", [])}
    merged: Json = merge(pod, {**overrides, "spec": spec})
    ours = [
        _with(container, by_name.pop(container["name"], {})) for container in merged["spec"]["containers"]
    ]
    return {**merged, "spec": {**merged["spec"], "containers": [*ours, *by_name.values()]}}


def merge(target: Any, patch: Any) -> Any:
    """RFC 7386: objects are merged, null removes, everything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def _with(container: Json, patch: Json) -> Json:
    """The container with the patch laid over it; variables are added to ours, which are a mark."""
    env = [*container["env"], *patch.get("env", [])]
    return {**merge(container, patch), "env": env}


def _check_metadata(metadata: Json) -> None:
    for key in metadata:
        if key != "annotations":
            _refuse(f"metadata.{key}", OF_METADATA.get(key, ""))
    for key in _object(metadata.get("annotations", {}), "metadata.annotations"):
        if key.startswith(PREFIX):
            _refuse(f"the annotation {key}", "it is our own mark")


def _check_spec(spec: Json) -> None:
    for key in OF_SPEC.keys() & spec.keys():
        _refuse(f"spec.{key}", OF_SPEC[key])
    containers = spec.get("containers", [])
    if not isinstance(containers, list) or not all(_is_named(container) for container in containers):
        raise UsageError(f"{FLAG}: spec.containers is not a list of containers with names")
    names = [container["name"] for container in containers]
    if len(set(names)) < len(names):
        raise UsageError(f"{FLAG}: spec.containers has a name twice")
    for container in containers:
        if container["name"] == CONTAINER:
            _check_container(container)


def _check_container(container: Json) -> None:
    for key in OF_CONTAINER.keys() & container.keys():
        _refuse(f"{key} of container {CONTAINER}", OF_CONTAINER[key])
    env = container.get("env", [])
    if not isinstance(env, list) or not all(_is_named(entry) for entry in env):
        raise UsageError(f"{FLAG}: env of container {CONTAINER} is not a list of variables with names")
    if any(entry["name"] == ENV_MARK for entry in env):
        _refuse(f"the variable {ENV_MARK}", "it is our own mark")


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is a number of JavaScript's")


def _is_named(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("name"), str)


def _object(value: object, what: str) -> Json:
    if not isinstance(value, dict):
        raise UsageError(f"{FLAG}: {what} is not a JSON object")
    return value


def _refuse(what: str, why: str) -> None:
    raise UsageError(f"{FLAG}: {what} cannot be overridden{f'; {why}' if why else ''}")
