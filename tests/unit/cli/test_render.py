"""The plan as JSON and as text: the keys are a promise to scripts, the lines one to people."""

from dataclasses import replace

from kubectl_netshoot.cli import render
from kubectl_netshoot.model import Selector
from kubectl_netshoot.rules.rights import Review, Right
from kubectl_netshoot.session.copy_plan import CopyPlan
from kubectl_netshoot.session.throwaway import ThrowawayPlan
from tests.unit.builders import WEB, around, controller
from tests.unit.jsonshape import shape
from tests.unit.session.plans import copy_plan, throwaway_plan

PLAN_KEYS = {
    "schema": str,
    "context": str,
    "namespace": str,
    "target": str,
    "chosen": str,
    "source": {"name": str, "uid": str, "node": str},
    "copy": {"name": str, "image": str, "profile": str, "profileReason": str},
    "set": [],
    "differences": [],
    "services": [{"name": str, "readyEndpoints": int, "share": float}],
    "labels": {"app": str},
    "selecting": {"before": [], "after": [str]},
    "requests": {},
    "node": str,
    "ttlSeconds": int,
    "hazards": [{"id": str, "severity": str, "refused": bool, "what": str, "instead": str}],
    "notes": [str],
    "command": [str],
    "missingRights": [str],
    "allowed": bool,
}


def plan() -> CopyPlan:
    """A plan with all there is to say: a ReplicaSet without the hash would adopt the copy, and a right is missing."""
    return copy_plan(
        around(controllers=(controller(selector=Selector(WEB)),)),
        rights=Review((Right("patch", "pods", "to join"),)),
        command=("kubectl", "debug", "with space"),
    )


def test_the_keys_are_frozen() -> None:
    assert shape(render.plan_json(plan(), frozenset())) == PLAN_KEYS


POD_KEYS = {
    "schema": str,
    "context": str,
    "namespace": str,
    "kind": str,
    "pod": {"name": str, "image": str, "profile": str, "profileReason": str},
    **{key: PLAN_KEYS[key] for key in ("services", "labels", "selecting", "ttlSeconds", "hazards")},
    **{key: PLAN_KEYS[key] for key in ("notes", "missingRights", "allowed")},
}


def adopted_plan() -> ThrowawayPlan:
    """The same for a throwaway pod with the labels of Service web."""
    return throwaway_plan(around(controllers=(controller(selector=Selector(WEB)),)), rights=plan().rights)


def test_the_keys_of_a_throwaway_pod_are_frozen_but_for_its_manifest() -> None:
    printed = render.plan_json(adopted_plan(), frozenset({"other-service"}))
    manifest = printed.pop("manifest")
    assert shape(printed) == POD_KEYS
    assert manifest == adopted_plan().manifest
    assert [hazard["id"] for hazard in printed["hazards"] if hazard["refused"]] == ["adoption"]


def test_a_throwaway_pod_in_text() -> None:
    lines = list(render.plan_lines(adopted_plan(), frozenset({"other-service"})))
    assert "pod        throwaway pod tmp, image nicolaka/netshoot:v0.16" in lines
    assert any("the pod would take 1 of 3 new connections" in line for line in lines)
    assert [line.split(":")[0] for line in lines if line.startswith(("allowed", "refused"))] == [
        "refused    adoption",
        "allowed    other-service",
    ]


def test_a_plan_that_is_refused_says_so_in_every_form() -> None:
    printed = render.plan_json(plan(), frozenset())
    assert printed["allowed"] is False
    assert (printed["target"], printed["chosen"]) == ("deploy/web", "newest of 2 ready of deploy/web")
    assert [hazard["id"] for hazard in printed["hazards"] if hazard["refused"]] == ["adoption"]
    lines = list(render.plan_lines(plan()))
    assert "chosen     newest of 2 ready of deploy/web" in lines
    assert any(line.startswith("refused    adoption: ") for line in lines)
    assert any(line.startswith("missing    the right to patch") for line in lines)
    assert not [line for line in lines if "kubectl debug" in line]


def test_the_command_is_one_to_paste() -> None:
    words = ("kubectl", "--kubeconfig=/tmp/x/config", "debug", "--custom=/tmp/x/c.json", "with space")
    *_, line = render.plan_lines(replace(plan(), command=words), with_commands=True)
    assert line == "command    kubectl --context prod debug 'with space'"
