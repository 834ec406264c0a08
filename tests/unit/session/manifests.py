"""A manifest as it would be sent, read back as the API's answer would be."""

from dataclasses import replace
from typing import Any

from kubectl_netshoot.kube import parse
from kubectl_netshoot.kube.kubeconfig import Target
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.hazards.hazard import Surroundings
from kubectl_netshoot.rules.hazards.join import plan_labels
from kubectl_netshoot.rules.manifest import PodRequest, build, profiles_for
from kubectl_netshoot.rules.marks import RUN, Mark, read_mark
from kubectl_netshoot.rules.profiles import Choice
from kubectl_netshoot.rules.rights import Review
from kubectl_netshoot.session.throwaway import ThrowawayPlan
from tests.unit.builders import SESSION, WEB, mark, pod

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


def throwaway_plan(surroundings: Surroundings, **changes: Any) -> ThrowawayPlan:
    """The plan of a throwaway pod with the labels of Service web, made long ago."""
    request = PodRequest(labels=WEB)
    join = plan_labels(pod(NAME, labels={}), surroundings, WEB)
    carried = mark(kind=RUN, services=tuple(service.name for service in join.services))
    choice = Choice("baseline", "the most")
    made = ThrowawayPlan(
        target=Target("prod", "cluster", "alice", "shop", "https://api"),
        rights=Review(),
        notes=("a note",),
        name=NAME,
        where=f"throwaway pod {NAME}",
        join=join,
        mark=carried,
        profile=choice,
        made=0.0,
        request=request,
        manifest=build(request, carried, choice, NAME, "shop"),
    )
    return replace(made, **changes)
