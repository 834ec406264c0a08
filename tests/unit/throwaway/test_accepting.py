"""The dry run's word on profiles: the first that is taken, the reasons of those that are not."""

from collections.abc import Callable, Sequence

import pytest

from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.rules.profiles import Choice
from kubectl_netshoot.session.plan import Candidate

BEST, NEXT = Choice("netadmin", "first"), Choice("baseline", "second")


def candidate(attempt: Callable[[Choice], Sequence[str]]) -> Candidate:
    return Candidate("pod", "NAME", attempt)


def refusing(*profiles: str, error: ApiError | None = None) -> Callable[[Choice], Sequence[str]]:
    def attempt(choice: Choice) -> Sequence[str]:
        if choice.profile in profiles:
            raise error or ApiError(f"no {choice.profile}", 403, "Forbidden")
        return [f"mind {choice.profile}"]

    return attempt


def test_the_best_that_is_taken_with_the_servers_warnings() -> None:
    found = candidate(refusing()).first_accepted([BEST, NEXT])
    assert (found.choice, found.notes, found.refusals) == (
        BEST,
        ("the API server warns: mind netadmin",),
        (),
    )


def test_the_next_one_says_why_the_best_was_not() -> None:
    found = candidate(refusing("netadmin")).first_accepted([BEST, NEXT])
    assert (found.choice.profile, found.choice.reason) == (
        "baseline",
        "the API server refuses more: no netadmin",
    )


def test_all_refusals_are_hazards() -> None:
    found = candidate(refusing("netadmin", "baseline")).first_accepted([BEST, NEXT])
    assert [hazard.id for hazard in found.refusals] == ["admission", "admission"]
    assert "would refuse the pod: no netadmin" in found.refusals[0].what


def test_an_error_that_says_nothing_of_the_pod_ends_the_search() -> None:
    error = ApiError("webhook does not support dry run", 400)
    found = candidate(refusing("netadmin", error=error)).first_accepted([BEST, NEXT])
    assert found.choice == BEST
    assert "did not judge the pod beforehand" in found.notes[0]


def test_a_name_that_is_taken() -> None:
    error = ApiError('pods "tmp" already exists', 409, "AlreadyExists")
    with pytest.raises(NetshootError, match="already exists") as raised:
        candidate(refusing("netadmin", error=error)).first_accepted([BEST])
    assert raised.value.hint == "give the pod another NAME"
