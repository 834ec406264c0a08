"""Objects as from a backup of etcd: put into the store as they are, seen by no admission and acted on by nobody.

For namespaces of a size that no test can wait for: from the first restore on no controller and no kubelet runs.
"""

from __future__ import annotations

from fakecluster import kinds
from fakecluster.kinds import Object
from fakecluster.runtime import Runtime
from fakecluster.statuses import ApiError


async def restore(runtime: Runtime, body: Object) -> Object:
    """{objects}: complete ones, status too; names and namespaces are kept, uids and versions are new."""
    await runtime.stop()
    hooks, runtime.store.create_hooks = runtime.store.create_hooks, []
    try:
        for obj in body["objects"]:
            kind = kinds.of(obj["apiVersion"], obj["kind"])
            if kind is None:
                raise ApiError.bad_request(f"no such kind: {obj['kind']}")
            runtime.store.create(kind, obj["metadata"].get("namespace", ""), obj)
    finally:
        runtime.store.create_hooks = hooks
    return {"restored": len(body["objects"])}
