"""Hides where names of addresses come from: lines as in a hosts file, or what kubectl prints with -o json.

`kubectl get pods,services,nodes -o json` is what people have at hand in front of a cluster, and can send along with
a capture; `ADDRESS NAME` is what they write themselves.
"""

import ipaddress
import json
from collections.abc import Iterator, Mapping
from typing import Any

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.terminal import one_line

_SHORT = {"Pod": "pod", "Service": "svc", "Node": "node"}
_ENDED = ("Succeeded", "Failed")


def read_names(text: str) -> dict[str, str]:
    """Address to name. Raises UsageError, which names the line, where the text is neither form."""
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
        return dict(_lines(text))
    try:
        objects = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--names: neither `ADDRESS NAME` lines nor JSON: {one_line(str(error))}") from None
    return dict(_objects(objects))


def canonical(address: str) -> str:
    """The one spelling of an address. ValueError where it is none."""
    return str(ipaddress.ip_address(address))


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            yield canonical(words[0]), words[1]
        except (ValueError, IndexError):
            hint = "each line is an address and a name, as in /etc/hosts"
            raise UsageError(
                f"--names: line {number} is not `ADDRESS NAME`: {one_line(line)[:60]}", hint
            ) from None


def _objects(found: Any) -> Iterator[tuple[str, str]]:
    """The named addresses of one object, of a List, or of an array; whatever else stands there has none."""
    if isinstance(found, Mapping) and "items" in found:
        found = found["items"]
    items = [item for item in (found if isinstance(found, list) else [found]) if _kind(item)]
    namespaces = {_text(item, "metadata", "namespace") for item in items if _kind(item) != "Node"}
    for item in items:
        name, namespace = _text(item, "metadata", "name"), _text(item, "metadata", "namespace")
        full = f"{name}.{namespace}" if namespace and len(namespaces) > 1 else name
        for address in _addresses(item):
            try:
                yield canonical(address), f"{_SHORT[_kind(item)]}/{full}"
            except ValueError:
                continue  # None for a headless Service, a host name for a load balancer


def _kind(item: Any) -> str:
    kind = item.get("kind") if isinstance(item, Mapping) else None
    return kind if isinstance(kind, str) and kind in _SHORT else ""


def _addresses(item: Any) -> Iterator[str]:
    if _kind(item) == "Pod":
        # A pod of the node's network has the node's address, and one that has ended may have lent its own to another.
        on_node = bool(_at(item, "spec", "hostNetwork"))
        if not on_node and _text(item, "status", "phase") not in _ENDED:
            yield from [_text(item, "status", "podIP"), *_texts(item, "ip", "status", "podIPs")]
    elif _kind(item) == "Service":
        yield _text(item, "spec", "clusterIP")
        for key in ("clusterIPs", "externalIPs"):
            yield from (address for address in _rows(item, "spec", key) if isinstance(address, str))
        yield from _texts(item, "ip", "status", "loadBalancer", "ingress")
    else:
        yield from _texts(item, "address", "status", "addresses")


def _at(item: Any, *path: str) -> Any:
    for key in path:
        item = item.get(key) if isinstance(item, Mapping) else None
    return item


def _text(item: Any, *path: str) -> str:
    value = _at(item, *path)
    return value if isinstance(value, str) else ""


def _rows(item: Any, *path: str) -> list[Any]:
    value = _at(item, *path)
    return value if isinstance(value, list) else []


def _texts(item: Any, key: str, *path: str) -> Iterator[str]:
    yield from (_text(row, key) for row in _rows(item, *path))
