"""Plans of a copy and of a throwaway pod."""

from dataclasses import replace
from typing import Any

from kubectl_netshoot.kube.kubeconfig import Target
from kubectl_netshoot.model import Birth
from kubectl_netshoot.rules.hazards.hazard import Surroundings
from kubectl_netshoot.rules.hazards.join import plan_join, plan_labels
from kubectl_netshoot.rules.hazards.not_as_planned import Expected
from kubectl_netshoot.rules.manifest import PodRequest, build
from kubectl_netshoot.rules.marks import RUN
from kubectl_netshoot.rules.pods import Copy
from kubectl_netshoot.rules.profiles import ProfileChoice
from kubectl_netshoot.rules.rights import Review
from kubectl_netshoot.rules.targets import TargetName
from kubectl_netshoot.session.choice import Chosen
from kubectl_netshoot.session.copy_plan import CopyPlan
from kubectl_netshoot.session.throwaway import ThrowawayPlan
from tests.unit.builders import COPY_NAME, SESSION, WEB, bare_copy, mark, pod
from tests.unit.rules.manifests import NAME


def throwaway_plan(surroundings: Surroundings, **changes: Any) -> ThrowawayPlan:
    """The plan of a throwaway pod with the labels of Service web, made long ago."""
    request = PodRequest(labels=WEB)
    join = plan_labels(pod(NAME, labels={}), surroundings, WEB)
    carried = mark(kind=RUN, services=tuple(service.name for service in join.services))
    choice = ProfileChoice("baseline", "the most")
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


def copy_plan(surroundings: Surroundings, **changes: Any) -> CopyPlan:
    """The plan of a copy of a pod of Service web, made long ago."""
    source = pod(labels=WEB)
    made = CopyPlan(
        target=Target("prod", "cluster", "alice", "shop", "https://api"),
        rights=Review(),
        notes=("a note",),
        name=COPY_NAME,
        where="pod web",
        join=plan_join(source, surroundings, joining=True),
        mark=mark(),
        profile=ProfileChoice("netadmin", "the namespace enforces nothing"),
        made=0.0,
        chosen=Chosen(source, {}, TargetName("deploy", "web"), "newest of 2 ready of deploy/web"),
        copy=Copy(source.name, COPY_NAME, "nicolaka/netshoot:v0.16", "netadmin", Birth(SESSION)),
        expected=Expected(source, bare_copy(), SESSION),
    )
    return replace(made, **changes)
