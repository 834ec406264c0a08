"""Manifests of throwaway pods as they would be sent, read back as the API's answer would be."""

from typing import Any

from kubectl_netshoot.kube import parse
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.manifest import PodRequest, build, profiles_for
from kubectl_netshoot.rules.marks import Mark, read_mark
from tests.unit.builders import SESSION

Json = dict[str, Any]
NAME = "tmp"


def built(request: PodRequest, level: str = "", at: int = 0) -> Json:
    """With the profile that would be tried as number `at` in a namespace of this level."""
    choice = profiles_for(request, level)[at]
    carried = Mark(SESSION, kind=request.kind, source=request.source, labels=request.labels, ttl=request.ttl)
    return build(request, carried, choice, NAME, "shop")


def container(manifest: Json, name: str = "netshoot") -> Json:
    (found,) = [c for c in manifest["spec"]["containers"] if c["name"] == name]
    return dict(found)


def read(manifest: Json) -> tuple[Pod, Mark]:
    """The pod, and what its marks say. AssertionError for one that is not ours."""
    found = parse.pod(manifest)
    carried = read_mark(found)
    assert carried is not None
    return found, carried
