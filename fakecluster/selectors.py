"""Label and field selectors: their query syntax, their API objects, and whether an object matches."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fakecluster.kinds import Kind, Object
from fakecluster.statuses import ApiError

_SET = re.compile(r"^\s*(\S+)\s+(in|notin)\s+\(([^)]*)\)\s*$")
_EQUALITY = re.compile(r"^\s*([^=!<>\s]+)\s*(==|=|!=)\s*(\S*)\s*$")
_EXISTS = re.compile(r"^\s*(!?)\s*([A-Za-z0-9][-A-Za-z0-9_./]*)\s*$")
_BETWEEN_TERMS = re.compile(r",(?![^(]*\))")


@dataclass(frozen=True)
class Requirement:
    """One term; `operator` is one of In, NotIn, Exists, DoesNotExist as in metav1.LabelSelector."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def holds(self, labels: Mapping[str, str]) -> bool:
        found = labels.get(self.key)
        if self.operator == "In":
            return found in self.values
        if self.operator == "NotIn":
            return found not in self.values
        return (found is not None) == (self.operator == "Exists")


@dataclass(frozen=True)
class Selector:
    """All requirements must hold; none at all matches everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str] | None) -> bool:
        return all(requirement.holds(labels or {}) for requirement in self.requirements)

    @classmethod
    def parse(cls, text: str) -> Selector:
        """A `labelSelector` query parameter. Raises ApiError 400."""
        return cls(tuple(_requirement(term, text) for term in _BETWEEN_TERMS.split(text) if text.strip()))

    @classmethod
    def of_map(cls, labels: Mapping[str, str]) -> Selector:
        """A Service's or a ReplicationController's plain map."""
        return cls(tuple(Requirement(key, "In", frozenset({value})) for key, value in labels.items()))

    @classmethod
    def of_object(cls, selector: Object) -> Selector:
        """A metav1.LabelSelector (matchLabels, matchExpressions)."""
        return cls(
            cls.of_map(selector.get("matchLabels") or {}).requirements
            + tuple(
                Requirement(e["key"], e["operator"], frozenset(e.get("values") or ()))
                for e in selector.get("matchExpressions") or ()
            )
        )


def _requirement(term: str, whole: str) -> Requirement:
    if found := _SET.match(term):
        values = frozenset(value.strip() for value in found[3].split(","))
        return Requirement(found[1], "In" if found[2] == "in" else "NotIn", values)
    if found := _EQUALITY.match(term):
        return Requirement(found[1], "NotIn" if found[2] == "!=" else "In", frozenset({found[3]}))
    if found := _EXISTS.match(term):
        return Requirement(found[2], "DoesNotExist" if found[1] else "Exists")
    raise ApiError.bad_request(f"unable to parse requirement: found '{term.strip()}' in {whole!r}")


_EVERY_KIND = frozenset({"metadata.name", "metadata.namespace"})
_FIELDS = {
    "Pod": {
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    },
    "Event": {
        *(
            f"involvedObject.{field}"
            for field in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
        ),
        "reason",
        "reportingComponent",
        "source",
        "type",
    },
    "Namespace": {"status.phase"},
    "Node": {"spec.unschedulable"},
    "Secret": {"type"},
    "Service": {"spec.clusterIP", "spec.type"},
    "Job": {"status.successful"},
    "ReplicaSet": {"status.replicas"},
    "ReplicationController": {"status.replicas"},
}


@dataclass(frozen=True)
class FieldSelector:
    """Terms of (path, wanted value, whether it must equal)."""

    terms: tuple[tuple[str, str, bool], ...] = ()

    def matches(self, obj: Object) -> bool:
        return all((field_value(obj, path) == wanted) == equal for path, wanted, equal in self.terms)

    def exact(self, path: str) -> str | None:
        """The one value that this path must have, so that a list can go straight to it."""
        return next((wanted for key, wanted, equal in self.terms if key == path and equal), None)

    @classmethod
    def parse(cls, text: str, kind: Kind) -> FieldSelector:
        """A `fieldSelector` query parameter. Raises ApiError 400 for a field this kind cannot select by."""
        return cls(tuple(_field_term(term, kind) for term in text.split(",") if term.strip()))


def _field_term(term: str, kind: Kind) -> tuple[str, str, bool]:
    found = _EQUALITY.match(term)
    if found is None:
        raise ApiError.bad_request(f"invalid selector: '{term}'; can't understand '{term}'")
    if found[1] not in _EVERY_KIND | _FIELDS.get(kind.kind, set()):
        raise ApiError.bad_request(f"field label not supported: {found[1]}")
    return found[1], found[3], found[2] != "!="


def field_value(obj: Object, path: str) -> str:
    """The text a field selector compares with; empty when the field is absent."""
    value: object = obj
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
