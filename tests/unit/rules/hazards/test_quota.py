"""Quotas: what a pod is charged, which of them count it, and when too little is left beside it."""

from fractions import Fraction
from typing import Any

import pytest

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.quotas import demand
from kubectl_netshoot.kube.quotas import quota as read_quota
from kubectl_netshoot.model import Quota, Requirement
from kubectl_netshoot.rules.container import amount, shown
from kubectl_netshoot.rules.hazards.hazard import Severity
from kubectl_netshoot.rules.hazards.quota import Demand, quota

GI = 1024**3
HALF = Demand({"pods": Fraction(1), "count/pods": Fraction(1), "requests.cpu": Fraction(1, 2)})


def said(hard: dict[str, str], used: dict[str, str], asked: Demand = HALF, *scopes: Requirement) -> str:
    found = quota(asked, [Quota("compute", hard, used, scopes)])
    assert {(h.id, h.severity) for h in found} <= {("quota", Severity.WARN)}
    return "".join(h.what for h in found)


def test_the_figures_are_told() -> None:
    assert said({"requests.cpu": "4"}, {"requests.cpu": "3500m"}) == (
        "quota compute: requests.cpu 3.5 of 4 used, the copy takes 0.5: nothing is left for a roll-out"
    )


@pytest.mark.parametrize(
    ("hard", "used", "left"),
    [
        ("4", "3", ""),
        ("4", "3001m", "0.499 is left"),
        ("4", "3400m", "0.1 is left"),
        ("4", "3500m", "nothing is left"),
        ("4", "0", ""),
        ("4", "4", "nothing is left"),
    ],
)
def test_less_than_another_such_pod_needs(hard: str, used: str, left: str) -> None:
    what = said({"requests.cpu": hard}, {"requests.cpu": used})
    assert left in what
    assert bool(what) is bool(left)


def test_what_is_no_pod_takes_nothing_that_could_be_said() -> None:
    with pytest.raises(ApiError):
        demand({})


@pytest.mark.parametrize(("used", "tight"), [("8", False), ("9", True)])
@pytest.mark.parametrize("resource", ["pods", "count/pods"])
def test_the_last_pod(resource: str, used: str, tight: bool) -> None:
    assert bool(said({resource: "10"}, {resource: used})) is tight


def test_what_the_copy_does_not_take_and_what_is_not_counted_yet() -> None:
    assert (
        said({"requests.memory": "1Gi", "services": "1"}, {"requests.memory": "1Gi", "services": "1"}) == ""
    )
    assert said({"requests.memory": "1Gi"}, {"requests.memory": "2Gi"}) == ""
    assert said({"requests.cpu": "1"}, {}) == ""


def test_each_resource_that_is_tight_is_told_once_a_quota() -> None:
    what = said({"pods": "2", "requests.cpu": "4"}, {"pods": "1", "requests.cpu": "3900m"})
    assert what.count("quota compute") == 1
    assert "; requests.cpu 3.9 of 4 used" in what


@pytest.mark.parametrize(
    ("scopes", "traits", "counts"),
    [
        ([("Terminating", "Exists")], {}, True),
        ([("NotTerminating", "Exists")], {}, True),
        ([("NotTerminating", "Exists")], {"ends": True}, False),
        ([("BestEffort", "Exists")], {}, False),
        ([("BestEffort", "Exists")], {"best_effort": True}, True),
        ([("NotBestEffort", "Exists")], {}, True),
        ([("NotBestEffort", "Exists"), ("BestEffort", "Exists")], {}, False),
        ([("PriorityClass", "Exists")], {}, False),
        ([("PriorityClass", "Exists")], {"priority_class": "high"}, True),
        ([("PriorityClass", "In", ("high",))], {"priority_class": "high"}, True),
        ([("PriorityClass", "In", ("high",))], {"priority_class": "low"}, False),
        ([("PriorityClass", "NotIn", ("high",))], {}, True),
        ([("PriorityClass", "DoesNotExist")], {}, True),
        ([("CrossNamespacePodAffinity", "Exists")], {}, False),
        ([("CrossNamespacePodAffinity", "Exists")], {"crosses_namespaces": True}, True),
        ([("SomethingNew", "Exists")], {}, False),
    ],
)
def test_scopes(scopes: list[Any], traits: dict[str, Any], counts: bool) -> None:
    asked = Demand(HALF.amounts, **traits)
    what = said({"pods": "1"}, {"pods": "1"}, asked, *(Requirement(*scope) for scope in scopes))
    assert bool(what) is counts


def container(
    requests: dict[str, str] | None = None, limits: dict[str, str] | None = None, **more: Any
) -> Any:
    return {"name": "c", "resources": {"requests": requests or {}, "limits": limits or {}}, **more}


def of(*containers: Any, **spec: Any) -> Demand:
    return demand({"spec": {"containers": list(containers), **spec}})


def test_requests_and_limits_add_up_under_every_name_that_a_quota_may_use() -> None:
    made = of(
        container({"cpu": "500m", "memory": "1Gi"}, {"cpu": "1", "memory": "2Gi", "ephemeral-storage": "1G"}),
        container({"cpu": "0.25", "example.com/gpu": "2", "hugepages-2Mi": "4Mi"}, {"cpu": "1"}),
    )
    assert made.amounts == {
        "pods": 1,
        "count/pods": 1,
        "cpu": Fraction(3, 4),
        "requests.cpu": Fraction(3, 4),
        "limits.cpu": 2,
        "memory": GI,
        "requests.memory": GI,
        "limits.memory": 2 * GI,
        "limits.ephemeral-storage": 10**9,
        "requests.example.com/gpu": 2,
        "hugepages-2Mi": 4 * 1024**2,
        "requests.hugepages-2Mi": 4 * 1024**2,
    }


@pytest.mark.parametrize(
    ("starters", "cpu"),
    [
        ([container({"cpu": "1"})], 2),
        ([container({"cpu": "3"}), container({"cpu": "3"})], 3),
        ([container({"cpu": "1"}, restartPolicy="Always")], 3),
        ([container({"cpu": "1"}, restartPolicy="Always"), container({"cpu": "3"})], 4),
        ([container({"cpu": "3"}), container({"cpu": "1"}, restartPolicy="Always")], 3),
    ],
)
def test_init_containers_run_before_and_sidecars_beside(starters: list[Any], cpu: int) -> None:
    made = of(container({"cpu": "2"}), initContainers=starters)
    assert made.of("requests.cpu") == cpu


def test_overhead_and_the_pods_own_resources() -> None:
    spec = {"overhead": {"cpu": "250m", "memory": "1Gi"}, "resources": {"requests": {"cpu": "4"}}}
    made = of(container({"cpu": "1"}, {"memory": "1Gi"}), **spec)
    assert [made.of("requests.cpu"), made.of("requests.memory")] == [Fraction(17, 4), Fraction(GI)]
    assert [made.of("limits.cpu"), made.of("limits.memory")] == [Fraction(0), Fraction(2 * GI)]


@pytest.mark.parametrize(
    ("resources", "best_effort"),
    [
        ({}, True),
        ({"requests": {"ephemeral-storage": "1Gi"}}, True),
        ({"requests": {"cpu": "0"}}, True),
        ({"requests": {"cpu": "10m"}}, False),
        ({"limits": {"memory": "1Gi"}}, False),
    ],
)
def test_who_is_best_effort(resources: dict[str, Any], best_effort: bool) -> None:
    assert of({"name": "c"}, {"name": "d", "resources": resources}).best_effort is best_effort


def test_what_scopes_are_judged_by() -> None:
    term = {"topologyKey": "zone", "namespaceSelector": {}}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    made = of(container(), activeDeadlineSeconds=0, priorityClassName="high", affinity=affinity)
    assert (made.ends, made.priority_class, made.crosses_namespaces) == (True, "high", True)
    near = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone"}]}}
    made = of(container(), affinity=near)
    assert (made.ends, made.priority_class, made.crosses_namespaces) == (False, "", False)


def test_a_quota_as_the_api_has_it() -> None:
    spec = {
        "hard": {"pods": "9"},
        "scopes": ["NotTerminating"],
        "scopeSelector": {
            "matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]
        },
    }
    status = {"hard": {"pods": "10"}, "used": {"pods": "3"}}
    assert read_quota({"metadata": {"name": "q"}, "spec": spec, "status": status}) == Quota(
        "q",
        {"pods": "10"},
        {"pods": "3"},
        (Requirement("NotTerminating", "Exists"), Requirement("PriorityClass", "In", ("high",))),
    )


@pytest.mark.parametrize("used", ["many", "", 3, "1.2.3"])
def test_a_quota_that_makes_no_sense_is_a_failed_request(used: Any) -> None:
    status = {"hard": {"pods": "10"}, "used": {"pods": used}}
    with pytest.raises(ApiError, match="a ResourceQuota"):
        read_quota({"metadata": {"name": "q"}, "status": status})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("3500m", Fraction(7, 2)),
        ("0.5", Fraction(1, 2)),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("1e3", 1000),
        ("1E3", 1000),
        ("1E", 10**18),
        ("12e-1", Fraction(6, 5)),
        ("1Ki", 1024),
        ("1.5Gi", Fraction(3 * GI, 2)),
        ("1k", 1000),
        ("100n", Fraction(1, 10**7)),
        ("-1", -1),
        ("+1", 1),
    ],
)
def test_quantities_as_the_server_writes_them(text: str, value: Fraction) -> None:
    assert amount(text) == value


@pytest.mark.parametrize("text", ["", ".", "m", "1 Gi", "1gi", "1ee3", "1e", "0x1", "1_000", "٣", "1e999"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        amount(text)


@pytest.mark.parametrize(
    ("resource", "value", "text"),
    [
        ("requests.cpu", Fraction(1, 100), "0.01"),
        ("pods", Fraction(10), "10"),
        ("limits.memory", Fraction(8 * GI + GI // 4), "8.25Gi"),
        ("memory", Fraction(100), "100"),
        ("requests.ephemeral-storage", Fraction(10**9), "953.674Mi"),
        ("requests.hugepages-2Mi", Fraction(4 * 1024**2), "4Mi"),
    ],
)
def test_amounts_for_people(resource: str, value: Fraction, text: str) -> None:
    assert shown(resource, value) == text
