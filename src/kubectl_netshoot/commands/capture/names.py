"""What the cluster calls addresses: those of a namespace, and of the nodes."""

import json

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.api import Fetch

NAMED = (("Pod", "pods"), ("Service", "services"))


def names(fetch: Fetch, nodes: bool = False) -> dict[str, str]:
    """Address to name, for the pods and Services of the namespace that may be listed; with `nodes` for these, too."""
    from kubectl_netshoot.packets.render.addresses import read_names

    paths = {kind: fetch.path("api/v1", plural) for kind, plural in NAMED}
    found: list[object] = []
    for kind, path in (*paths.items(), *([("Node", "/api/v1/nodes")] if nodes else [])):
        try:
            found += [{**item, "kind": kind} for item in fetch.items(path)]
        except ApiError:
            # Addresses then stand for themselves.
            continue
    return read_names(json.dumps(found))
