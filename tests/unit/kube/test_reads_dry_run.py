"""The API server's dry run: what it warns of, and which of its errors say something of the pod."""

import pytest

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.reads import parse_warnings, was_not_judged


def test_warnings_are_read_out_of_the_header() -> None:
    one = '299 - "would violate PodSecurity \\"restricted:latest\\": a, b"'
    assert parse_warnings(one) == ('would violate PodSecurity "restricted:latest": a, b',)
    assert parse_warnings(f'{one}, 299 kube "and \\\\ more"')[1] == "and \\ more"
    assert parse_warnings("") == ()
    assert parse_warnings('299 - "not closed') == ()


@pytest.mark.parametrize(
    "error",
    [
        ApiError(
            'pods is forbidden: User "x" cannot create resource "pods" in API group ""', 403, "Forbidden"
        ),
        ApiError('admission webhook "w.test" does not support dry run', 400, "BadRequest"),
        ApiError("the API server cannot be reached"),
        ApiError("too many requests", 429),
        ApiError("failed calling webhook", 500, "InternalError"),
    ],
)
def test_what_says_nothing_of_the_pod(error: ApiError) -> None:
    assert was_not_judged(error)


@pytest.mark.parametrize(
    "error",
    [
        ApiError('pods "a" is forbidden: violates PodSecurity "baseline:latest": ...', 403, "Forbidden"),
        ApiError('pods "a" is forbidden: exceeded quota: full', 403, "Forbidden"),
        ApiError('admission webhook "w.test" denied the request: no', 400, "BadRequest"),
        ApiError('pods "a" already exists', 409, "AlreadyExists"),
        ApiError("Pod is invalid", 422, "Invalid"),
    ],
)
def test_refusals(error: ApiError) -> None:
    assert not was_not_judged(error)
