"""The environment and folder of a pod's real processes: nothing of ours leaks in, stand-ins come first in
PATH.
"""

from __future__ import annotations

import shlex
import sys
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fakecluster import kinds
from fakecluster.kinds import Kind, Object
from fakecluster.selectors import field_value
from fakecluster.store import Store

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ROOT = Path(__file__).resolve().parents[1]
COMMANDS = (
    "curl",
    "dig",
    "hostname",
    "ip",
    "nc",
    "openssl",
    "ping",
    "ss",
    "tcpdump",
    "tcptraceroute",
    "tracepath",
)
# Where variables are from, by the names that env and envFrom have for it.
_KEPT = {
    kinds.CONFIGMAPS: ("configMapKeyRef", "configMapRef"),
    kinds.SECRETS: ("secretKeyRef", "secretRef"),
}
# A shell's own work: cat is called often.
_CAT = """\
#!/bin/sh
case "$*" in
    /etc/resolv.conf) ;;
    /etc/hosts) printf '127.0.0.1\tlocalhost\n::1\tlocalhost\n%s\t%s\n%s' "$POD_IP" "$HOSTNAME" "$POD_HOSTS"; exit ;;
    "/proc/net/snmp /proc/net/netstat") exec PYTHON fakecluster.standins.counters ;;
    "/proc/net/snmp /proc/net/dev") exec /bin/cat "$HOME/.proc-net-snmp" ;;
    *) exec /bin/cat "$@" ;;
esac
printf 'search %s.svc.cluster.local svc.cluster.local cluster.local\\n' "$POD_NAMESPACE"
printf 'nameserver 10.96.0.10\\noptions ndots:5\\n'
"""


def install_standins(directory: Path) -> Path:
    """A folder of commands that run our stand-ins with the Python that runs the cluster."""
    directory.mkdir(parents=True)
    python = f"env PYTHONPATH={shlex.quote(str(_ROOT))} {shlex.quote(sys.executable)} -s -S -m"
    for name in COMMANDS:
        command = directory / name
        command.write_text(f'#!/bin/sh\nexec {python} fakecluster.standins.{name} "$@"\n')
        command.chmod(0o755)
    cat = directory / "cat"
    cat.write_text(_CAT.replace("PYTHON", python))
    cat.chmod(0o755)
    return directory


@dataclass(frozen=True)
class Place:
    """What a pod's processes find: their address, home and folders of stand-ins, who answers for Services, and the
    folder in which packets are written down.
    """

    address: str
    home: Path
    path: Sequence[str]
    services: str
    wires: Path


def container_environment(store: Store, pod: Object, spec: Object, place: Place, held: int) -> dict[str, str]:
    """What a process of container `spec` sees; `held` are its capabilities."""
    own = _declared(store, pod, spec, place.address)
    return {
        "HOME": str(place.home),
        "LANG": "C.UTF-8",
        **own,
        "HOSTNAME": pod["spec"].get("hostname") or pod["metadata"]["name"],
        "POD_IP": place.address,
        "POD_HOSTS": "".join(
            f"{alias['ip']}\t{' '.join(alias.get('hostnames') or ())}\n"
            for alias in pod["spec"].get("hostAliases") or ()
        ),
        "POD_NAMESPACE": pod["metadata"]["namespace"],
        "POD_CLUSTER": place.services,
        "POD_WIRES": str(place.wires),
        "POD_CAP_EFF": f"{held:x}",
        "PATH": ":".join([*place.path, own.get("PATH", _SYSTEM_PATH)]),
    }


def misconfigured(store: Store, pod: Object, spec: Object) -> str:
    """Why the kubelet cannot make the environment of container `spec`; empty where it can."""
    namespace = pod["metadata"]["namespace"]
    sources = [*(spec.get("envFrom") or ()), *(v.get("valueFrom") or {} for v in spec.get("env") or ())]
    for source in sources:
        for kind, reference in _references(source):
            if reference.get("optional"):
                continue
            found = _content(store, kind, namespace, reference)
            if found is None:
                return f'{kind.kind.lower()} "{reference["name"]}" not found'
            if "key" in reference and reference["key"] not in found:
                return f"couldn't find key {reference['key']} in {kind.kind} {namespace}/{reference['name']}"
    return ""


def _references(source: Mapping[str, Object]) -> Iterator[tuple[Kind, Object]]:
    for kind, names in _KEPT.items():
        yield from ((kind, source[name]) for name in names if name in source)


def _content(store: Store, kind: Kind, namespace: str, reference: Object) -> dict[str, str] | None:
    """What a ConfigMap or Secret holds; None where it is not there."""
    found = store.find(kind, namespace, reference["name"])
    if found is None:
        return None
    data = {key: str(value) for key, value in (found.get("data") or {}).items()}
    if kind is kinds.SECRETS:
        data = {key: b64decode(value).decode(errors="replace") for key, value in data.items()}
    return {**data, **(found.get("stringData") or {})}


def _declared(store: Store, pod: Object, spec: Object, pod_ip: str) -> dict[str, str]:
    declared: dict[str, str] = {}
    for entry in spec.get("envFrom") or ():
        for kind, reference in _references(entry):
            found = _content(store, kind, pod["metadata"]["namespace"], reference) or {}
            declared |= {entry.get("prefix", "") + key: value for key, value in found.items()}
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
    for kind, reference in _references(source):
        found = _content(store, kind, pod["metadata"]["namespace"], reference) or {}
        return found.get(reference["key"])
    return None
