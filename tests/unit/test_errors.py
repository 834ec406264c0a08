"""Which failures are worth a second try, and which mean that somebody else was faster."""

import pytest

from kubectl_netshoot.errors import ApiError, ExitStatus, RefusedError, UsageError


@pytest.mark.parametrize("code", [0, 408, 410, 429, 500, 502, 503, 504])
def test_passing_failures(code: int) -> None:
    assert ApiError("", code).transient
    assert not ApiError("", code).lost_race


@pytest.mark.parametrize("code", [301, 400, 401, 403, 404, 405, 409, 415, 422])
def test_failures_that_stay(code: int) -> None:
    assert not ApiError("", code).transient
    assert ApiError("", code, "NotFound").not_found is (code == 404)
    assert not ApiError("", code).not_found


@pytest.mark.parametrize("code", [409, 422])
def test_lost_races(code: int) -> None:
    assert ApiError("", code).lost_race


def test_exit_statuses_are_a_promise() -> None:
    assert (ApiError("").status, UsageError("").status, RefusedError("").status) == (1, 2, 4)
    assert {status.name: status.value for status in ExitStatus} == {
        "DONE": 0,
        "FAILED": 1,
        "USAGE": 2,
        "BUG": 3,
        "REFUSED": 4,
        "EXPIRED": 124,
        "INTERRUPTED": 130,
    }
