"""What kubectl did beside making the copy, told from the plan and one look."""

from dataclasses import replace

import pytest

from kubectl_netshoot.model import (
    ENV_MARK,
    MANAGED_BY,
    MANAGED_BY_LABEL,
    Birth,
    Container,
    Controller,
    Owner,
    Pod,
    Selector,
    Service,
)
from kubectl_netshoot.rules.hazards.hazard import Hazard, Severity, Surroundings, Unread
from kubectl_netshoot.rules.hazards.not_as_planned import (
    Expected,
    added_labels,
    surprises,
    unexpected_labels,
    unlike_its_source,
)

SESSION = "0123456789abcdef"
WEB = {"app": "web", "pod-template-hash": "1"}
APP = Container("app", "nginx:1", probes=("readiness",))
TOOLS = Container("netshoot", "netshoot:1", {ENV_MARK: str(Birth(SESSION, "copy"))}, ("sh", "-c", "sleep"))
SOURCE = Pod("shop", "web-1", "s", labels=WEB, owners=(Owner("ReplicaSet", "web", True),), containers=(APP,))
COPY = Pod("shop", "copy", "c", containers=(APP, TOOLS), init_containers=("first",))
PLANNED = Expected(SOURCE, COPY, SESSION, judged=True)
REPLICA_SET = Controller("ReplicaSet", "web", Selector(WEB))
AROUND = Surroundings(services=(Service("web", {"app": "web"}),), controllers=(REPLICA_SET,))
Found = tuple[Hazard, ...]


def surprised(expected: Expected, copy: Pod, source: Pod | None, around: Surroundings | None) -> Found:
    """Of a copy that is to be as its source."""
    return surprises(expected, copy, source, around, tuple(unlike_its_source(expected, copy)))


def found(copy: Pod = COPY, around: Surroundings | None = None) -> list[tuple[str, Severity]]:
    return [(h.id, h.severity) for h in surprised(PLANNED, copy, SOURCE, around)]


def containers(*changed: Container) -> Pod:
    return replace(COPY, containers=changed)


def test_as_planned() -> None:
    assert found() == []
    assert found(replace(COPY, uid="other", node="n", labels={MANAGED_BY_LABEL: MANAGED_BY}), AROUND) == []


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (None, "was deleted"),
        (replace(SOURCE, uid="another"), "was deleted"),
        (replace(SOURCE, terminating=True), "is being deleted"),
    ],
)
def test_the_source_is_gone(now: Pod | None, said: str) -> None:
    (hazard,) = surprised(PLANNED, COPY, now, None)
    assert (hazard.id, hazard.severity) == ("source-gone", Severity.NEVER)
    assert f"pod web-1 {said} when its copy was made" in hazard.what
    assert hazard.instead.startswith("replicaset/web makes another pod; ")
    (bare,) = surprised(replace(PLANNED, source=replace(SOURCE, owners=())), COPY, now, None)
    assert bare.instead.startswith("no controller makes it again: apply its manifest")


def test_a_source_that_was_ending_before() -> None:
    ending = replace(SOURCE, terminating=True)
    assert surprised(replace(PLANNED, source=ending), COPY, ending, None) == ()


def test_the_worst_comes_first() -> None:
    worst, *_ = surprised(PLANNED, replace(containers(TOOLS), labels=WEB), None, AROUND)
    assert worst.id == "source-gone"


@pytest.mark.parametrize(
    ("labels", "around", "expected"),
    [
        (WEB, AROUND, ["adoption", "other-service"]),
        ({"app": "web"}, AROUND, ["other-service"]),
        ({"team": "x"}, AROUND, []),
        ({"topology.kubernetes.io/zone": "a", "topology.kubernetes.io/region": "b"}, None, []),
        # Not known what selects it: what the source has too may be kubectl's doing, anything else is admission's.
        (WEB, None, ["adoption"]),
        (WEB, Surroundings(unread=(Unread("replicasets", "forbidden"),)), ["adoption"]),
        ({"team": "x"}, None, []),
    ],
)
def test_labels_are_judged_by_what_selects_them(
    labels: dict[str, str], around: Surroundings | None, expected: list[str]
) -> None:
    assert found(replace(COPY, labels=labels), around) == [(name, Severity.NEVER) for name in expected]
    # What the server's dry run had foretold was judged before.
    foretold = replace(PLANNED, copy=replace(COPY, labels=labels))
    assert surprised(foretold, foretold.copy, SOURCE, around) == ()


def test_which_labels_are_no_surprise() -> None:
    zone = {"topology.kubernetes.io/zone": "a"}
    zoned = replace(COPY, labels={**zone, MANAGED_BY_LABEL: MANAGED_BY})
    assert added_labels(PLANNED, zoned) == {}
    # Where the source is elsewhere, or has none, the plan was made for another zone.
    assert unexpected_labels(PLANNED, zoned) == zone
    assert unexpected_labels(replace(PLANNED, source=replace(SOURCE, labels=zone)), zoned) == {}
    assert unexpected_labels(PLANNED, replace(COPY, labels={MANAGED_BY_LABEL: "Helm"})) == {
        MANAGED_BY_LABEL: "Helm"
    }


def test_a_copy_that_was_adopted() -> None:
    assert found(replace(COPY, owners=(Owner("ReplicaSet", "web", True),))) == [("adoption", Severity.NEVER)]


def test_a_copy_without_our_mark() -> None:
    assert found(containers(APP, replace(TOOLS, env={}))) == [("not-as-planned", Severity.NEVER)]


@pytest.mark.parametrize(
    ("copy", "said", "unjudged"),
    [
        (
            containers(replace(APP, image="nginx:2"), TOOLS),
            "container app has image nginx:2 instead of nginx:1",
            True,
        ),
        (containers(APP, replace(TOOLS, image="mirror/netshoot:1")), "container netshoot has image", False),
        (containers(APP, replace(TOOLS, command=())), "container netshoot runs another command", True),
        (containers(TOOLS), "without the container app", True),
        (containers(APP, TOOLS, Container("proxy")), "with another container proxy", False),
        (containers(replace(APP, probes=()), TOOLS), "container app lost its readiness probe", True),
        (
            containers(replace(APP, probes=("liveness", "readiness")), TOOLS),
            "container app has a liveness probe",
            True,
        ),
        (replace(COPY, init_containers=()), "without the init container first", True),
    ],
)
def test_what_is_not_as_planned(copy: Pod, said: str, unjudged: bool) -> None:
    """Where the API server did not judge it beforehand, admission may have done it: only kubectl's doing counts."""
    (hazard,) = surprised(PLANNED, copy, SOURCE, None)
    assert (hazard.id, hazard.severity) == ("not-as-planned", Severity.REFUSE)
    assert said in hazard.what
    # Nobody has judged it unless that is said.
    assert bool(surprised(Expected(SOURCE, COPY, SESSION), copy, SOURCE, None)) is unjudged


def test_an_init_container_of_admission_is_no_surprise() -> None:
    assert found(replace(COPY, init_containers=("istio-init", "first"))) == []
