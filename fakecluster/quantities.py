"""Resource quantities (`250m`, `64Mi`) as numbers, and the quality of service that follows from them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from fakecluster.kinds import Object

_QUANTITY = re.compile(r"^([+-]?[0-9.]+)([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i|)$")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


def quantity(text: object) -> Fraction:
    """The exact value. Raises ValueError."""
    found = _QUANTITY.match(str(text))
    if found is None:
        raise ValueError(f"quantities must match the regular expression: {text!r}")
    return Fraction(found[1]) * _factor(found[2])


def _factor(suffix: str) -> Fraction:
    if suffix in _BINARY:
        return Fraction(1024 ** _BINARY[suffix])
    exponent = _DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:])
    return Fraction(10**exponent) if exponent >= 0 else Fraction(1, 10**-exponent)


def shown(value: Fraction) -> str:
    """A plain number or thousandths, as quota messages show CPU and counts."""
    return str(value) if value.denominator == 1 else f"{round(value * 1000)}m"


def qos_class(spec: Object) -> str:
    """Guaranteed, Burstable or BestEffort."""
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    resources = [container.get("resources") or {} for container in containers]
    if not any(r.get("requests") or r.get("limits") for r in resources):
        return "BestEffort"
    return "Guaranteed" if all(map(_guaranteed, resources)) else "Burstable"


def _guaranteed(resources: Object) -> bool:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    return all(
        name in limits and quantity(requests.get(name, limits[name])) == quantity(limits[name])
        for name in ("cpu", "memory")
    )


def total(containers: Iterable[Object], field: str, resource: str) -> Fraction:
    """The sum over containers of resources.FIELD.RESOURCE (field: requests or limits)."""
    found = ((c.get("resources") or {}).get(field, {}).get(resource, 0) for c in containers)
    return sum((quantity(value) for value in found), Fraction(0))
