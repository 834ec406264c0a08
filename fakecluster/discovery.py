"""Discovery documents, made from the kinds served: the aggregated form (v2) and the legacy one."""

from __future__ import annotations

import base64
import hashlib

from fakecluster.kinds import KINDS, Kind, Object, Subresource

AGGREGATED_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
VERSION: Object = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.1",
    "gitCommit": "0000000000000000000000000000000000000000",
    "gitTreeState": "clean",
    "buildDate": "2026-01-01T00:00:00Z",
    "goVersion": "go1.26.0",
    "compiler": "gc",
    "platform": "linux/amd64",
}


def api_versions(address: str) -> Object:
    """GET /api, legacy."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def group_list() -> Object:
    """GET /apis, legacy."""
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name) for name in _groups()]}


def group(name: str) -> Object | None:
    """GET /apis/GROUP."""
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name)} if name in _groups() else None


def resource_list(group_name: str, version: str) -> Object | None:
    """GET /api/v1 and /apis/GROUP/VERSION."""
    served = [kind for kind in KINDS.values() if (kind.group, kind.version) == (group_name, version)]
    if not served:
        return None
    resources: list[Object] = []
    for kind in sorted(served, key=lambda k: k.plural):
        resources.append(_legacy(kind))
        resources.extend(_legacy_subresource(kind, sub) for sub in kind.subresources)
    api_version = {"apiVersion": "v1"} if group_name else {}
    return {
        "kind": "APIResourceList",
        **api_version,
        "groupVersion": served[0].api_version,
        "resources": resources,
    }


def aggregated(core: bool) -> Object:
    """GET /api (core) and /apis for a client that accepts apidiscovery.k8s.io/v2."""
    names = [""] if core else _groups()
    items = [
        {
            "metadata": {"name": name} if name else {},
            "versions": [
                {"version": version, "resources": _aggregated(name, version), "freshness": "Current"}
                for version in _versions(name)
            ],
        }
        for name in names
    ]
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    }


def _groups() -> list[str]:
    return list(dict.fromkeys(kind.group for kind in KINDS.values() if kind.group))


def _versions(group_name: str) -> list[str]:
    return list(dict.fromkeys(kind.version for kind in KINDS.values() if kind.group == group_name))


def _group(name: str) -> Object:
    versions = [{"groupVersion": f"{name}/{version}", "version": version} for version in _versions(name)]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _names(kind: Kind) -> Object:
    names: Object = {"shortNames": list(kind.short_names)} if kind.short_names else {}
    return {**names, "categories": list(kind.categories)} if kind.categories else names


def _legacy(kind: Kind) -> Object:
    digest = hashlib.sha256(f"{kind.api_version}/{kind.kind}".encode()).digest()[:8]
    stored = {} if kind.verbs == ("create",) else {"storageVersionHash": base64.b64encode(digest).decode()}
    return {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(kind.verbs),
        **_names(kind),
        **stored,
    }


def _legacy_subresource(kind: Kind, sub: Subresource) -> Object:
    elsewhere = {"group": sub.group, "version": sub.version} if sub.group else {}
    return {
        "name": f"{kind.plural}/{sub.name}",
        "singularName": "",
        "namespaced": kind.namespaced,
        **elsewhere,
        "kind": sub.kind,
        "verbs": list(sub.verbs),
    }


def _aggregated(group_name: str, version: str) -> list[Object]:
    served = [kind for kind in KINDS.values() if (kind.group, kind.version) == (group_name, version)]
    return [_aggregated_resource(kind) for kind in sorted(served, key=lambda k: k.plural)]


def _aggregated_resource(kind: Kind) -> Object:
    subresources = [
        {
            "subresource": sub.name,
            "responseKind": {"group": sub.group, "version": sub.version, "kind": sub.kind},
            "verbs": list(sub.verbs),
        }
        for sub in kind.subresources
    ]
    return {
        "resource": kind.plural,
        "responseKind": {"group": "", "version": "", "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
        **_names(kind),
        **({"subresources": subresources} if subresources else {}),
    }
