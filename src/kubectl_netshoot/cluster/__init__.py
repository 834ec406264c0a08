"""The Kubernetes API as named questions and changes, in model types: the only package that imports the client.

Every change is a compare-and-swap: a JSON patch with `test`, or a delete with the uid as precondition.
"""

from kubectl_netshoot.cluster.api import Api, connect, preload
from kubectl_netshoot.cluster.changes import Changes
from kubectl_netshoot.cluster.fetch import Fetch
from kubectl_netshoot.cluster.nodes import Node, find_node
from kubectl_netshoot.cluster.policies import PolicyKind, namespace_labels, other_kinds, policies_in
from kubectl_netshoot.cluster.quotas import demand
from kubectl_netshoot.cluster.reads import Reads
from kubectl_netshoot.cluster.rights import review
from kubectl_netshoot.cluster.serving import (
    declared_ports,
    pod_at,
    service_at,
    service_with_rules,
    services_named,
    services_of,
)
from kubectl_netshoot.cluster.survey import quotas_of, survey, with_claims
from kubectl_netshoot.cluster.trial import try_create, try_ephemeral, was_not_judged
from kubectl_netshoot.cluster.watch import Watcher
from kubectl_netshoot.cluster.workloads import pods_of

__all__ = [
    "Api",
    "Changes",
    "Fetch",
    "Node",
    "PolicyKind",
    "Reads",
    "Watcher",
    "connect",
    "declared_ports",
    "demand",
    "find_node",
    "namespace_labels",
    "other_kinds",
    "pod_at",
    "pods_of",
    "policies_in",
    "preload",
    "quotas_of",
    "review",
    "service_at",
    "service_with_rules",
    "services_named",
    "services_of",
    "survey",
    "try_create",
    "try_ephemeral",
    "was_not_judged",
    "with_claims",
]
