"""Admission policies and webhooks, as a test sets them: what they write into, and refuse of, others' requests.

They act on clients' requests, dry runs included, and on everything that is created by whomever; not on subresources.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from fakecluster.kinds import Kind, Object
from fakecluster.statuses import ApiError, details_of

_EFFECTS = ("set", "strip", "undo", "keep", "refuse")
_MAPS = ("labels", "annotations")
#: ValidatingAdmissionPolicy's `reason`, and the status code that goes with it.
_CODES = {"Invalid": 422, "Forbidden": 403, "Unauthorized": 401, "RequestEntityTooLarge": 413}


@dataclass(frozen=True)
class Policy:
    """One policy with a binding of the same name.

    `effect` is one of
    set: `labels` and `annotations` are written, and into containers of a name the fields in `containers`;
    strip: those whose key `keys` (a pattern) finds are taken out;
    undo: those are, in an update, as they were;
    keep: a request that takes one of those off is refused;
    refuse: a request that adds, changes or takes off one of those is refused, and every deletion.
    A refusal has `reason`; `webhook` makes it that of a webhook, which is always 403.
    `namespace` empty means all; `selects` is the objectSelector, of which the object must have all labels, as it was or
    as it is to be.
    """

    name: str
    effect: str
    resource: str = "pods"
    namespace: str = ""
    operations: list[str] = field(default_factory=lambda: ["CREATE", "UPDATE"])
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    containers: dict[str, Object] = field(default_factory=dict)
    selects: dict[str, str] = field(default_factory=dict)
    keys: str = ""
    message: str = "not allowed here"
    reason: str = "Invalid"
    webhook: bool = False

    @classmethod
    def of(cls, obj: Object) -> Policy:
        """As a test names it. Raises ValueError."""
        if unknown := sorted(obj.keys() - {f.name for f in fields(cls)}):
            raise ValueError(f"a policy has no {', '.join(unknown)}")
        policy = cls(**obj)
        if policy.effect not in _EFFECTS or policy.reason not in _CODES:
            raise ValueError(f"policy {policy.name}: effects are {_EFFECTS}, reasons are {tuple(_CODES)}")
        re.compile(policy.keys)
        return policy

    def concerns(self, kind: Kind, operation: str, new: Object, old: Object | None) -> bool:
        there = self.namespace in ("", _namespace(new))
        selected = any(self.selects.items() <= _map(obj, "labels").items() for obj in (new, old))
        return there and kind.plural == self.resource and operation in self.operations and selected

    def covers(self, key: str) -> bool:
        return re.search(self.keys, key) is not None


def mutate(policies: Iterable[Policy], kind: Kind, operation: str, new: Object, old: Object | None) -> None:
    """Changes the object that is about to be stored, in place."""
    for policy in policies:
        if policy.concerns(kind, operation, new, old):
            for name in _MAPS:
                before, now = _map(old, name), _map(new, name)
                _write(new, name, _mutated(policy, getattr(policy, name), now, before))
            for container in (new.get("spec") or {}).get("containers") or ():
                container.update(policy.containers.get(container["name"], {}))


def check(policies: Iterable[Policy], kind: Kind, operation: str, new: Object, old: Object | None) -> None:
    """`new` is what would be stored, of a deletion what would go. Raises ApiError."""
    for policy in policies:
        if policy.concerns(kind, operation, new, old) and _is_refused(policy, operation, new, old):
            raise _refusal(policy, kind, new["metadata"]["name"])


def _mutated(
    policy: Policy, written: dict[str, str], now: dict[str, str], before: dict[str, str]
) -> dict[str, str]:
    if policy.effect == "set":
        return {**now, **written}
    others = {key: value for key, value in now.items() if not policy.covers(key)}
    if policy.effect == "strip":
        return others
    if policy.effect == "undo":
        return {**others, **{key: value for key, value in before.items() if policy.covers(key)}}
    return now


def _is_refused(policy: Policy, operation: str, new: Object, old: Object | None) -> bool:
    if operation == "DELETE":
        return policy.effect == "refuse"
    return any(
        policy.covers(key)
        for name in _MAPS
        for key in _changed(policy.effect, _map(new, name), _map(old, name))
    )


def _changed(effect: str, now: dict[str, str], before: dict[str, str]) -> Iterator[str]:
    """The keys that a policy of that effect looks at."""
    if effect in ("keep", "refuse"):
        yield from before.keys() - now.keys()
    if effect == "refuse":
        yield from (key for key in now if now[key] != before.get(key))


def _refusal(policy: Policy, kind: Kind, name: str) -> ApiError:
    if policy.webhook:
        return ApiError(
            403, "Forbidden", f'admission webhook "{policy.name}" denied the request: {policy.message}'
        )
    who = f"ValidatingAdmissionPolicy '{policy.name}' with binding '{policy.name}'"
    why = f"{who} denied request: {policy.message}"
    details = {**details_of(kind, name), "causes": [{"message": why}]}
    message = f'{kind.qualified} "{name}" is forbidden: {why}'
    return ApiError(_CODES[policy.reason], policy.reason, message, details)


def _namespace(obj: Object) -> str:
    return str(obj["metadata"].get("namespace", ""))


def _map(obj: Object | None, name: str) -> dict[str, str]:
    found: dict[str, Any] = (obj["metadata"].get(name) or {}) if obj else {}
    return found


def _write(obj: Object, name: str, value: dict[str, str]) -> None:
    if value:
        obj["metadata"][name] = value
    else:
        obj["metadata"].pop(name, None)
