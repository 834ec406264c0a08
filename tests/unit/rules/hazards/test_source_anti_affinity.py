"""Required podAntiAffinity: whose place a copy takes, and where it takes nobody's."""

from typing import Any

import pytest

from kubectl_netshoot.kube import parse
from kubectl_netshoot.rules.hazards.hazard import Severity
from kubectl_netshoot.rules.hazards.join import plan_join
from tests.unit.builders import around, pod, service

HOST, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"


def term(key: str = HOST, **more: Any) -> dict[str, Any]:
    return {"topologyKey": key, "labelSelector": {"matchLabels": {"app": "web"}}, **more}


def parsed(*required: dict[str, Any], **affinity: Any) -> tuple[str, ...]:
    spec = {
        "affinity": {
            "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [*required], **affinity}
        }
    }
    return parse.pod({"metadata": {"name": "web"}, "spec": spec}).anti_affinity


@pytest.mark.parametrize("joining", [False, True])
def test_a_copy_keeps_others_from_where_it_runs(joining: bool) -> None:
    (found,) = plan_join(pod(anti_affinity=(HOST, ZONE)), around(), joining).hazards
    assert (found.id, found.severity) == ("anti-affinity", Severity.WARN)
    assert f"({HOST}, {ZONE}): where it runs, no pod is scheduled" in found.what
    assert "--same-node" in found.instead


@pytest.mark.parametrize("joining", [False, True])
def test_beside_the_pod_it_takes_nobodys_place(joining: bool) -> None:
    made = pod(anti_affinity=(HOST,))
    assert plan_join(made, around(), joining, beside=made).hazards == ()


def test_where_clients_stay_near_it_is_beside_the_pod_without_being_told() -> None:
    found = plan_join(pod(anti_affinity=(HOST,)), around(services=(service(internal_local=True),)), True)
    assert "anti-affinity" not in [hazard.id for hazard in found.hazards]


def test_what_the_scheduler_must_obey() -> None:
    assert parsed(term()) == (HOST,)
    assert parsed(term(), term(ZONE), term(), term(namespaceSelector={})) == (HOST, ZONE)
    assert parsed({"topologyKey": HOST, "labelSelector": {}}) == (HOST,)


def test_what_is_against_nobody_or_only_preferred() -> None:
    wish = {"weight": 1, "podAffinityTerm": term()}
    assert parsed(preferredDuringSchedulingIgnoredDuringExecution=[wish]) == ()
    assert parsed({"topologyKey": HOST}) == ()
    spec = {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term()]}}}
    assert parse.pod({"metadata": {"name": "web"}, "spec": spec}).anti_affinity == ()
    assert plan_join(pod(), around(), True).hazards == ()


@pytest.mark.parametrize("affinity", [{}, None, {"podAntiAffinity": None}, {"podAntiAffinity": {}}])
def test_a_pod_that_says_nothing(affinity: dict[str, Any] | None) -> None:
    assert parse.pod({"metadata": {"name": "web"}, "spec": {"affinity": affinity}}).anti_affinity == ()
