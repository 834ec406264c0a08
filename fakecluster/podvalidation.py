"""Validation of pod specs: containers on creation, and the few fields an update may change."""

from __future__ import annotations

import copy
import difflib
import json
import re
from collections.abc import Iterator

from fakecluster.kinds import Object
from fakecluster.quantities import quantity
from fakecluster.statuses import Cause

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_MUTABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_MAX_DEADLINE = 2**31 - 1


def required(spec: Object, path: str) -> Iterator[Cause]:
    """What must be there before defaults can be set."""
    if not spec.get("containers"):
        yield Cause.required(f"{path}.containers")
    for field in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(field) or ()):
            if not container.get("name"):
                yield Cause.required(f"{path}.{field}[{index}].name")


def spec_causes(spec: Object, path: str) -> Iterator[Cause]:
    """What is wrong with a complete spec."""
    yield from _container_causes(spec, path)
    if spec["restartPolicy"] not in _RESTART_POLICIES:
        yield Cause.unsupported(f"{path}.restartPolicy", spec["restartPolicy"], _RESTART_POLICIES)
    yield from _deadline_causes(spec, path)
    for field in ("hostname", "subdomain"):
        if (value := spec.get(field)) and not (_LABEL.fullmatch(value) and len(value) <= 63):
            yield Cause.invalid(f"{path}.{field}", value, _LABEL_RULE)


def _container_causes(spec: Object, path: str) -> Iterator[Cause]:
    seen: set[str] = set()
    volumes = {volume["name"] for volume in spec.get("volumes") or ()}
    for field in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(field) or ()):
            here, name = f"{path}.{field}[{index}]", container["name"]
            if name in seen:
                yield Cause.duplicate(f"{here}.name", name)
            seen.add(name)
            if not (_LABEL.fullmatch(name) and len(name) <= 63):
                yield Cause.invalid(f"{here}.name", name, _LABEL_RULE)
            if not container.get("image"):
                yield Cause.required(f"{here}.image")
            yield from _resource_causes(container, here)
            for number, mount in enumerate(container.get("volumeMounts") or ()):
                if path == "spec" and mount["name"] not in volumes:
                    reason = "FieldValueNotFound"
                    yield Cause(
                        f"{here}.volumeMounts[{number}].name", f'Not found: "{mount["name"]}"', reason
                    )


def _resource_causes(container: Object, path: str) -> Iterator[Cause]:
    resources = container.get("resources") or {}
    limits = resources.get("limits") or {}
    for name, value in (resources.get("requests") or {}).items():
        if name in limits and quantity(value) > quantity(limits[name]):
            why = f"must be less than or equal to {name} limit of {limits[name]}"
            yield Cause.invalid(f"{path}.resources.requests", str(value), why)


def _deadline_causes(spec: Object, path: str) -> Iterator[Cause]:
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= _MAX_DEADLINE:
        why = f"must be between 1 and {_MAX_DEADLINE}, inclusive"
        yield Cause.invalid(f"{path}.activeDeadlineSeconds", deadline, why)


def update_causes(new: Object, old: Object) -> Iterator[Cause]:
    """What is wrong with a change of a pod's spec."""
    field = "spec.activeDeadlineSeconds"
    deadline, before = new.get("activeDeadlineSeconds"), old.get("activeDeadlineSeconds")
    yield from _deadline_causes(new, "spec")
    if before is not None and deadline is None:
        yield Cause.invalid(field, deadline, "must not update from a positive integer to nil value")
    elif before is not None and deadline > before:
        yield Cause.invalid(field, deadline, "must be less than or equal to previous value")
    if [c["name"] for c in new["containers"]] != [c["name"] for c in old["containers"]]:
        yield Cause.forbidden("spec.containers", "pod updates may not add or remove containers")
        return
    if not _only_added(new.get("tolerations") or [], old.get("tolerations") or []):
        yield Cause.forbidden(
            "spec.tolerations", "existing toleration can not be modified except its tolerationSeconds"
        )
    fixed_new, fixed_old = _fixed_part(new), _fixed_part(old)
    if fixed_new != fixed_old:
        yield Cause.forbidden("spec", f"{_MUTABLE}\n{_difference(fixed_old, fixed_new)}")


def _only_added(new: list[Object], old: list[Object]) -> bool:
    def identity(toleration: Object) -> Object:
        return {key: value for key, value in toleration.items() if key != "tolerationSeconds"}

    return all(identity(toleration) in map(identity, new) for toleration in old)


def _fixed_part(spec: Object) -> Object:
    """The spec without what an update may change."""
    fixed = copy.deepcopy(
        {k: v for k, v in spec.items() if k not in ("activeDeadlineSeconds", "tolerations")}
    )
    for field in ("containers", "initContainers"):
        for container in fixed.get(field) or ():
            container.pop("image", None)
    if old_grace := fixed.get("terminationGracePeriodSeconds"):
        fixed["terminationGracePeriodSeconds"] = max(old_grace, 1)
    return fixed


def _difference(old: Object, new: Object) -> str:
    texts = [json.dumps(spec, indent=1, sort_keys=True).splitlines(keepends=True) for spec in (old, new)]
    lines = list(difflib.unified_diff(texts[0], texts[1]))
    return "".join(lines[2:])
