"""The dry run's word on profiles: the first that is taken, the reasons of those that are not."""

from collections.abc import Callable, Sequence

import pytest

from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.kube.reads import DryRunAnswer
from kubectl_netshoot.rules.hazards.hazard import Severity
from kubectl_netshoot.rules.manifest import PodRequest
from kubectl_netshoot.rules.marks import NODE, RUN
from kubectl_netshoot.rules.profiles import ProfileChoice
from kubectl_netshoot.session.plan import Accepted, first_accepted
from kubectl_netshoot.session.throwaway import ThrowawayDraft

BEST, NEXT = ProfileChoice("netadmin", "first"), ProfileChoice("baseline", "second")


def refusing(*profiles: str, error: ApiError | None = None) -> Callable[[ProfileChoice], DryRunAnswer]:
    def attempt(choice: ProfileChoice) -> DryRunAnswer:
        if choice.profile in profiles:
            raise error or ApiError(f"no {choice.profile}", 403, "Forbidden")
        return DryRunAnswer((f"mind {choice.profile}",), {"of": choice.profile})

    return attempt


def accepted(found: Sequence[ProfileChoice], attempt: Callable[[ProfileChoice], DryRunAnswer]) -> Accepted:
    return first_accepted(found, attempt, "pod", "NAME")


def test_the_best_that_is_taken_with_the_servers_warnings() -> None:
    found = accepted([BEST, NEXT], refusing())
    assert found == Accepted(
        BEST,
        ("the API server warns: mind netadmin",),
        answer=DryRunAnswer(("mind netadmin",), {"of": "netadmin"}),
    )


def test_the_next_one_says_why_the_best_was_not() -> None:
    found = accepted([BEST, NEXT], refusing("netadmin"))
    assert (found.choice.profile, found.choice.reason) == (
        "baseline",
        "the API server refuses more: no netadmin",
    )


@pytest.mark.parametrize(
    ("kind", "instead"), [(RUN, "try another --profile"), (NODE, "--profile baseline or restricted")]
)
def test_all_refusals_are_hazards(kind: str, instead: str) -> None:
    found = accepted([BEST, NEXT, BEST], refusing("netadmin", "baseline"))
    assert (found.choice, found.refusals) == (BEST, ("no netadmin", "no baseline"))
    hazards = ThrowawayDraft(PodRequest(kind=kind, node="node-1"), "shop").refusals(found)
    assert [(hazard.id, hazard.severity) for hazard in hazards] == [("admission", Severity.NEVER)] * 2
    assert hazards[0].what == "the API server would refuse the pod: no netadmin"
    assert instead in hazards[0].instead


def test_an_error_that_says_nothing_of_the_pod_ends_the_search() -> None:
    error = ApiError("webhook does not support dry run", 400)
    found = accepted([BEST, NEXT], refusing("netadmin", error=error))
    assert found.choice == BEST
    assert "did not judge the pod beforehand" in found.notes[0]


def test_a_name_that_is_taken() -> None:
    error = ApiError('pods "tmp" already exists', 409, "AlreadyExists")
    with pytest.raises(NetshootError, match="already exists") as raised:
        accepted([BEST], refusing("netadmin", error=error))
    assert raised.value.hint == "give the pod another NAME"
