"""The admission policies of one cluster on which several sessions go on at once: each sets and ends its own."""

import threading
from typing import Any

from fakecluster.handle import ClusterProcess

Json = dict[str, Any]
# What many clusters have: every pod gets a label, whenever anybody writes to it.
ALWAYS: Json = {"name": "team", "effect": "set", "labels": {"team": "x"}}


class Policies:
    """Those that hold now; to be used from any thread."""

    def __init__(self, cluster: ClusterProcess) -> None:
        self._cluster = cluster
        self._lock = threading.Lock()
        self._own: dict[str, Json] = {}
        self._apply()

    def put(self, namespace: str, policy: Json) -> None:
        """One for a namespace, instead of what it had."""
        with self._lock:
            self._own[namespace] = {"name": f"of-{namespace}", "namespace": namespace, **policy}
            self._apply()

    def end(self, namespace: str) -> None:
        """The end of that namespace's own."""
        with self._lock:
            if self._own.pop(namespace, None) is not None:
                self._apply()

    def _apply(self) -> None:
        self._cluster.settings(policies=[ALWAYS, *self._own.values()])
