"""A watch that has nothing to say sleeps: with a silent API server too, and when its time is over meanwhile."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from fakecluster import kinds
from fakecluster.changes import Change, Subscription
from fakecluster.negotiation import Form
from fakecluster.selectors import FieldSelector, Selector
from fakecluster.store import Store
from fakecluster.watch import Filter, Watch

_FEW = 30


@pytest.mark.parametrize("silent", [False, True])
def test_it_looks_up_only_now_and_then(monkeypatch: pytest.MonkeyPatch, silent: bool) -> None:
    looks = []
    next_ = Subscription.next

    async def counted(subscription: Subscription, timeout: float | None = None) -> Change | None:
        looks.append(timeout)
        return await next_(subscription, timeout)

    async def watch() -> None:
        store = Store()
        all_pods = Filter(kinds.PODS, "", Selector.parse(""), FieldSelector.parse("", kinds.PODS))
        query = {"resourceVersion": str(store.resource_version), "timeoutSeconds": "0.5"}
        stream = Watch(store, all_pods, query, Form.OBJECT, bookmark_seconds=0.1, silent=lambda: silent)
        serving = asyncio.ensure_future(stream.serve(web.StreamResponse()))
        await asyncio.wait({serving}, timeout=1 if silent else 20)
        assert serving.done() is not silent
        serving.cancel()
        await asyncio.wait({serving})

    monkeypatch.setattr(Subscription, "next", counted)
    asyncio.run(watch())
    assert 0 < len(looks) < _FEW
