"""Labels for a pod of our own: judged as a join is, since a label joins whatever selects it."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from kubectl_netshoot.model import Claim, Controller, NetworkPolicy, Pod, Selector, Service
from kubectl_netshoot.rules import guard
from kubectl_netshoot.rules.hazards.hazard import ALLOWABLE, Severity, Surroundings, Unread
from kubectl_netshoot.rules.hazards.join import JoinPlan, copy_labels, plan_labels
from kubectl_netshoot.rules.marks import RUN, is_ours
from tests.unit.builders import (
    NOW,
    WEB,
    around,
    bare_copy,
    controller,
    copy,
    drained,
    endpoints,
    mark,
    pod,
    service,
)

OURS = pod("tmp", uid="", labels={}, phase="", ready=False)
BARE = controller(selector=Selector(WEB))


def plan(surroundings: Surroundings | None = None, our_pod: Pod = OURS, **labels: str) -> JoinPlan:
    return plan_labels(our_pod, surroundings or around(), labels)


def ids(made: JoinPlan) -> list[str]:
    return [hazard.id for hazard in made.hazards]


def test_without_labels_nothing_is_judged_by_label() -> None:
    made = plan(around([service("all", {"app": "web"})], [BARE]))
    assert (made.services, made.hazards, made.labels) == ((), (), ())


def test_a_service_that_is_selected_is_one_that_nobody_asked_for() -> None:
    made = plan(app="web")
    assert ids(made) == ["other-service"]
    assert made.refused(())
    assert not made.refused({"other-service"})
    assert ([s.name for s in made.services], made.ports, made.ready_before) == (
        ["web"],
        (8080,),
        (("web", 2),),
    )


def test_a_label_that_only_a_policy_selects_is_free() -> None:
    policy = NetworkPolicy("clients", Selector({"role": "client"}))
    made = plan(replace(around(), policies=(policy,)), role="client")
    assert (made.hazards, made.services) == ((), ())
    assert (made.selecting, made.selecting_before) == (("networkpolicy/clients",), ())


def test_a_controller_that_would_adopt_it_is_never_fed() -> None:
    (hazard,) = plan(around([], [BARE]), app="web").hazards
    assert (hazard.id, hazard.severity) == ("adoption", Severity.NEVER)
    assert "adopt the pod" in hazard.what
    assert "copy" not in hazard.what + hazard.instead


def test_controllers_that_cannot_be_listed_are_a_no() -> None:
    unread = replace(around([], []), unread=(Unread("jobs", "Forbidden"),))
    (hazard,) = plan(unread, app="web").hazards
    assert (hazard.id, hazard.severity) == ("adoption", Severity.NEVER)
    assert "rbac --run" in hazard.instead


def test_the_only_ready_endpoint_is_refused() -> None:
    assert "sole-endpoint" in ids(plan(around(slices=[endpoints(ready=[])]), app="web"))


def test_a_pod_in_the_nodes_network_is_refused_behind_a_service() -> None:
    on_host = replace(OURS, host_network=True)
    assert "host-port" in ids(plan(our_pod=on_host, app="web"))
    assert plan(our_pod=on_host, role="client").hazards == ()


def test_a_claim_of_somebody_else_is_refused_without_any_label() -> None:
    (hazard,) = plan(our_pod=replace(OURS, claims=(Claim("data"),))).hazards
    assert (hazard.id, hazard.severity) == ("shared-volume", Severity.REFUSE)


PAIRS = st.sampled_from([("app", "web"), ("app", "db"), ("role", "client"), ("tier", "")])
SELECTORS = st.lists(PAIRS, max_size=2).map(dict)


@given(
    st.dictionaries(st.sampled_from(["app", "role", "tier"]), st.sampled_from(["web", "client", ""])),
    st.lists(SELECTORS, max_size=3),
    st.lists(SELECTORS, max_size=2),
    st.sets(st.sampled_from(sorted(ALLOWABLE))),
)
def test_whatever_is_not_refused_is_in_no_service_unasked_and_no_controllers(
    labels: dict[str, str],
    of_services: list[dict[str, str]],
    of_controllers: list[dict[str, str]],
    allow: set[str],
) -> None:
    services = [Service(f"s{number}", selector) for number, selector in enumerate(of_services)]
    adopters = [Controller("Job", f"c{number}", Selector(s)) for number, s in enumerate(of_controllers)]
    surroundings = around(services, adopters, [endpoints(s.name) for s in services])
    made = plan_labels(OURS, surroundings, labels)
    assume(labels and not made.refused(allow))
    carried = copy_labels(labels)
    assert not any(adopter.selector.matches(carried) for adopter in adopters)
    joined = {service.name for service in services if service.selects(carried)}
    assert joined == {service.name for service in made.services}
    assert not joined or "other-service" in allow


def test_a_plan_that_was_fine_and_is_not_any_more_says_why() -> None:
    before, after = plan(around([], []), app="web"), plan(around([], [BARE]), app="web")
    assert before.turned(before, frozenset()) == ""
    assert before.turned(after, frozenset()).startswith("adoption: ")


def test_a_throwaway_pod_may_be_labelled_without_a_service_and_a_copy_may_not() -> None:
    for kind, allowed in ((RUN, True), ("copy", False)):
        carried = mark(kind=kind, services=(), labels={"role": "client"})
        assert guard.may_join(drained(copy(carried))).allowed is allowed


def test_it_is_ours_before_it_has_any_label() -> None:
    """Killed between its creation and the patch that makes it its own controller."""
    born = bare_copy(annotations=copy(mark(kind=RUN)).annotations)
    assert is_ours(born)
    assert guard.may_delete(drained(born), NOW).allowed
