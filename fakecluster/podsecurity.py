"""PodSecurity admission: the levels baseline and restricted, enforced by the namespace's label."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fakecluster import kinds
from fakecluster.kinds import Object
from fakecluster.statuses import ApiError
from fakecluster.store import Store

_ENFORCE = "pod-security.kubernetes.io/enforce"
_BASELINE_CAPABILITIES = frozenset(
    [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ]
)
_RESTRICTED_VOLUMES = frozenset(
    [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ]
)

Check = Callable[[Object], str]


def check(store: Store, pod: Object) -> None:
    """Raises ApiError 403 with every violation of the level that the pod's namespace enforces."""
    namespace = store.find(kinds.NAMESPACES, *[pod["metadata"]["namespace"]] * 2)
    labels = (namespace or {"metadata": {}})["metadata"].get("labels") or {}
    level = labels.get(_ENFORCE, "privileged")
    violations = [said for one in _LEVELS.get(level, ()) if (said := one(pod["spec"]))]
    if violations:
        version = labels.get(f"{_ENFORCE}-version", "latest")
        why = f'violates PodSecurity "{level}:{version}": {", ".join(violations)}'
        raise ApiError.forbidden(kinds.PODS, pod["metadata"]["name"], why)


def _containers(spec: Object) -> Iterator[Object]:
    for field in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(field) or ()


def _context(container: Object) -> Object:
    return container.get("securityContext") or {}


def _named(names: list[str], noun: str = "container") -> str:
    return f"{noun}{'s' if len(names) > 1 else ''} {', '.join(chr(34) + name + chr(34) for name in names)}"


def _which(spec: Object, wrong: Callable[[Object], bool]) -> list[str]:
    return [container["name"] for container in _containers(spec) if wrong(container)]


def _host_namespaces(spec: Object) -> str:
    used = [f"{field}=true" for field in ("hostNetwork", "hostPID", "hostIPC") if spec.get(field)]
    return f"host namespaces ({', '.join(used)})" if used else ""


def _privileged(spec: Object) -> str:
    names = _which(spec, lambda c: bool(_context(c).get("privileged")))
    return f"privileged ({_named(names)} must not set securityContext.privileged=true)" if names else ""


def _host_path(spec: Object) -> str:
    names = [volume["name"] for volume in spec.get("volumes") or () if "hostPath" in volume]
    return f"hostPath volumes ({_named(names, 'volume')})" if names else ""


def _host_ports(spec: Object) -> str:
    ports = [
        (container["name"], port["hostPort"])
        for container in _containers(spec)
        for port in container.get("ports") or ()
        if port.get("hostPort")
    ]
    if not ports:
        return ""
    numbers = ", ".join(str(port) for _, port in ports)
    return f"hostPort ({_named([ports[0][0]])} uses hostPort{'s' if len(ports) > 1 else ''} {numbers})"


def _added(container: Object) -> list[str]:
    return list((_context(container).get("capabilities") or {}).get("add") or ())


def _quoted(values: list[str]) -> str:
    return ", ".join(f'"{value}"' for value in sorted(set(values)))


def _baseline_capabilities(spec: Object) -> str:
    wrong = {c["name"]: [x for x in _added(c) if x not in _BASELINE_CAPABILITIES] for c in _containers(spec)}
    names = [name for name, added in wrong.items() if added]
    added = _quoted([capability for name in names for capability in wrong[name]])
    shown = f"{_named(names)} must not include {added} in securityContext.capabilities.add"
    return f"non-default capabilities ({shown})" if names else ""


def _escalation(spec: Object) -> str:
    names = _which(spec, lambda c: _context(c).get("allowPrivilegeEscalation") is not False)
    must = "must set securityContext.allowPrivilegeEscalation=false"
    return f"allowPrivilegeEscalation != false ({_named(names)} {must})" if names else ""


def _restricted_capabilities(spec: Object) -> str:
    undropped = _which(
        spec, lambda c: "ALL" not in ((_context(c).get("capabilities") or {}).get("drop") or ())
    )
    wrong = {c["name"]: [x for x in _added(c) if x != "NET_BIND_SERVICE"] for c in _containers(spec)}
    adding = [name for name, added in wrong.items() if added]
    said = []
    if undropped:
        said.append(f'{_named(undropped)} must set securityContext.capabilities.drop=["ALL"]')
    if adding:
        added = _quoted([capability for name in adding for capability in wrong[name]])
        said.append(f"{_named(adding)} must not include {added} in securityContext.capabilities.add")
    return f"unrestricted capabilities ({'; '.join(said)})" if said else ""


def _restricted_volumes(spec: Object) -> str:
    wrong = {
        volume["name"]: sorted(set(volume) - {"name"} - _RESTRICTED_VOLUMES)
        for volume in spec.get("volumes") or ()
    }
    names = [name for name, types in wrong.items() if types]
    types = _quoted([type_ for name in names for type_ in wrong[name]])
    return (
        f"restricted volume types ({_named(names, 'volume')} uses restricted volume type {types})"
        if names
        else ""
    )


def _non_root(spec: Object) -> str:
    default = _context(spec).get("runAsNonRoot")
    names = _which(spec, lambda c: not _context(c).get("runAsNonRoot", default))
    must = "must set securityContext.runAsNonRoot=true"
    return f"runAsNonRoot != true (pod or {_named(names)} {must})" if names else ""


def _root_user(spec: Object) -> str:
    names = _which(spec, lambda c: _context(c).get("runAsUser") == 0)
    if _context(spec).get("runAsUser") == 0:
        return "runAsUser=0 (pod must not set runAsUser=0)"
    return f"runAsUser=0 ({_named(names)} must not set runAsUser=0)" if names else ""


def _seccomp(spec: Object) -> str:
    def fine(context: Object) -> bool:
        return (context.get("seccompProfile") or {}).get("type") in ("RuntimeDefault", "Localhost")

    names = _which(
        spec, lambda c: not fine(_context(c) if "seccompProfile" in _context(c) else _context(spec))
    )
    must = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return f"seccompProfile (pod or {_named(names)} {must})" if names else ""


_BASELINE: tuple[Check, ...] = (
    _host_namespaces,
    _baseline_capabilities,
    _host_path,
    _host_ports,
    _privileged,
)
_RESTRICTED: tuple[Check, ...] = (
    _host_namespaces,
    _host_path,
    _host_ports,
    _privileged,
    _escalation,
    _restricted_capabilities,
    _restricted_volumes,
    _non_root,
    _root_user,
    _seccomp,
)
_LEVELS = {"baseline": _BASELINE, "restricted": _RESTRICTED}
