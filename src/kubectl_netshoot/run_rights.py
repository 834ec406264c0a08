"""The rights that a pod of our own uses: those of a session, less what is only read of a source pod."""

from dataclasses import replace

from .rights import Right, rights

OF_SOURCE = {"persistentvolumeclaims", "deployments", "cronjobs", "leases"}


def rights_of_run(labelled: bool) -> tuple[Right, ...]:
    """All that `run`, and a session on a node, uses in its namespace; `labelled` is for --labels.

    Nodes are not in it: they are of the whole cluster, and a pod can be put on one that is not read before.
    """
    return tuple(
        replace(right, purpose=_said(right.purpose), without=_said(right.without))
        for right in rights(joining=labelled)
        if right.resource not in OF_SOURCE
    )


def _said(text: str) -> str:
    pods = (
        text.replace("the pod and its copy", "the pod")
        .replace("copies", "pods of ours")
        .replace("a copy", "a pod")
    )
    return pods.replace("the copy", "the pod").replace(
        "find the Services that select the pod, and others that would select the pod",
        "find the Services that select the pod",
    )
