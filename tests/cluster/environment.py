"""The environment and folder of a pod's real processes: nothing of ours leaks in, stand-ins come first in
PATH.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.cluster import kinds
from tests.cluster.kinds import Object
from tests.cluster.selectors import field_value
from tests.cluster.store import Store

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ("curl", "dig", "hostname", "nc", "ss", "tcpdump")


def install_standins(directory: Path) -> Path:
    """A folder of commands that run our stand-ins with the Python that runs the cluster."""
    directory.mkdir(parents=True)
    root, python = shlex.quote(str(_ROOT)), shlex.quote(sys.executable)
    for name in COMMANDS:
        command = directory / name
        module = f"tests.cluster.standins.{name}"
        command.write_text(f'#!/bin/sh\nPYTHONPATH={root} exec {python} -s -S -m {module} "$@"\n')
        command.chmod(0o755)
    return directory


def container_environment(
    store: Store, pod: Object, spec: Object, pod_ip: str, home: Path, path: Sequence[str], held: int
) -> dict[str, str]:
    """What a process of container `spec` sees; `path` are folders of stand-ins, `held` its capabilities."""
    own = _declared(store, pod, spec, pod_ip)
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        **own,
        "HOSTNAME": pod["spec"].get("hostname") or pod["metadata"]["name"],
        "POD_IP": pod_ip,
        "POD_CAP_EFF": f"{held:x}",
        "PATH": ":".join([*path, own.get("PATH", _SYSTEM_PATH)]),
    }


def _declared(store: Store, pod: Object, spec: Object, pod_ip: str) -> dict[str, str]:
    declared: dict[str, str] = {}
    for variable in spec.get("env") or ():
        source = variable.get("valueFrom")
        value = _from_source(store, pod, source, pod_ip) if source else variable.get("value", "")
        if value is not None:
            declared[variable["name"]] = value
    return declared


def _from_source(store: Store, pod: Object, source: Mapping[str, Object], pod_ip: str) -> str | None:
    if field := source.get("fieldRef"):
        path = str(field["fieldPath"])
        return pod_ip if path == "status.podIP" else field_value(pod, path)
    if reference := source.get("configMapKeyRef"):
        found = store.find(kinds.CONFIGMAPS, pod["metadata"]["namespace"], reference["name"])
        value = ((found or {}).get("data") or {}).get(reference["key"])
        return None if value is None else str(value)
    return None
