"""What was asked of a pod of our own, checked: labels, node selectors, names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.marks import NODE, RUN
from kubectl_netshoot.model import MANAGED_BY_LABEL
from kubectl_netshoot.request import Stay, check_copy_name, default_copy_name

_WORD = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_PREFIX = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
_KEY = re.compile(rf"(?:{_PREFIX}/)?{_WORD}")
_VALUE = re.compile(rf"(?:{_WORD})?")
MAX_PREFIX = 253


@dataclass(frozen=True)
class PodRequest(Stay):
    """One `run`, or one `debug node/NAME` (`kind` NODE). `node` pins the pod to a node, `overrides` is laid over it."""

    kind: str = RUN
    node: str = ""
    node_selector: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    host_network: bool = False
    service_account: str = ""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    pull_secrets: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """What stands in the place of a source pod in the marks."""
        return f"node/{self.node}" if self.kind == NODE else RUN

    def pod_name(self, letters: str) -> str:
        """The name asked for, else one that ends in these letters."""
        if self.name:
            return self.name
        return default_copy_name(self.node, letters) if self.kind == NODE else f"netshoot-{letters}"


def check_pod_name(name: str) -> str:
    """A name for the throwaway pod, by the rules for copies. Raises UsageError."""
    return check_copy_name(name, "NAME")


def parse_labels(texts: Sequence[str], flag: str = "--labels") -> dict[str, str]:
    """`app=web,tier=front`, in one text or several. Raises UsageError for what no label is, or is ours alone."""
    labels = _parse_pairs(texts, flag)
    if MANAGED_BY_LABEL in labels:
        raise UsageError(f"{flag}: {MANAGED_BY_LABEL} is our own mark, and every pod of ours gets it")
    return labels


def parse_node_selector(texts: Sequence[str]) -> dict[str, str]:
    """`kubernetes.io/os=linux`, in one text or several. Raises UsageError."""
    return _parse_pairs(texts, "--node-selector")


def _parse_pairs(texts: Sequence[str], flag: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in (pair for text in texts for pair in text.split(",")):
        key, equals, value = pair.partition("=")
        if not equals or not _is_key(key) or not _VALUE.fullmatch(value):
            raise UsageError(
                f"{flag}: {pair!r} is not KEY=VALUE as labels are written, e.g. app=web,tier=front"
            )
        if found.setdefault(key, value) != value:
            raise UsageError(f"{flag}: {key} is given twice, as {found[key]!r} and {value!r}")
    return found


def _is_key(key: str) -> bool:
    return bool(_KEY.fullmatch(key)) and len(key.rpartition("/")[0]) <= MAX_PREFIX
