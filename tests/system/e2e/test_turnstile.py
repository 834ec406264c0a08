"""The gate itself: what it counts are the steps that a session has made, not what it tried."""

import threading
from collections.abc import Callable

import pytest

from tests.system.e2e.api import Api, Refused
from tests.system.e2e.turnstile import Hold, Turnstile
from tests.waiting import until


def test_a_request_that_the_server_refuses_is_no_step(
    turnstile: Callable[[Hold | None], Turnstile], api: Api
) -> None:
    api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "steps"}})
    gate = turnstile(Hold("PATCH", "/configmaps", nth=2))
    through = Api(gate.kubeconfig, api.namespace)

    def make() -> None:
        for step in ("first", "second"):
            through.patch("ConfigMap", "steps", {"data": {"last": step}})

    def last_is(step: str) -> bool:
        return (api.get("ConfigMap", "steps") or {}).get("data") == {"last": step}

    with pytest.raises(Refused, match="409"):
        through.patch("ConfigMap", "steps", {"metadata": {"resourceVersion": "1"}, "data": {"last": "stale"}})
    steps = threading.Thread(target=make)
    steps.start()
    try:
        until(lambda: last_is("first"), "the first step")
        until(gate.reached.is_set, "the second step")
        assert last_is("first")
    finally:
        gate.open()
        steps.join()
    assert last_is("second")
