"""READY, STATUS and RESTARTS of a pod, as kubectl users know them."""

from __future__ import annotations

from collections.abc import Callable

from fakecluster.kinds import Object


def pod_ready(pod: Object) -> str:
    """`1/2`: ready containers of all."""
    ready = sum(bool(status.get("ready")) for status in _statuses(pod))
    return f"{ready}/{len(pod['spec'].get('containers', ()))}"


def pod_status(pod: Object) -> str:
    """The phase, or what says more: a waiting or ended container's reason, an init container's progress."""
    status = pod.get("status", {})
    shown = status.get("reason") or status.get("phase", "")
    waits_for_init = _init_status(pod)
    if waits_for_init:
        shown = waits_for_init
    else:
        for container in reversed(_statuses(pod)):
            shown = _container_reason(container) or shown
        if shown == "Completed" and any(s.get("ready") for s in _statuses(pod)):
            shown = "Running" if _is_ready(pod) else "NotReady"
    if pod["metadata"].get("deletionTimestamp"):
        return "Unknown" if status.get("reason") == "NodeLost" else _ended_or_terminating(pod, shown)
    return str(shown)


def pod_restarts(pod: Object, age: Callable[[str | None], str]) -> str:
    """`3 (5s ago)`."""
    statuses = _statuses(pod)
    count = sum(status.get("restartCount", 0) for status in statuses)
    ended = [s.get("lastState", {}).get("terminated", {}).get("finishedAt") for s in statuses]
    last = max((moment for moment in ended if moment), default=None)
    return f"{count} ({age(last)} ago)" if count and last else str(count)


def _statuses(pod: Object) -> list[Object]:
    return list(pod.get("status", {}).get("containerStatuses") or ())


def _ended_or_terminating(pod: Object, shown: str) -> str:
    return shown if pod.get("status", {}).get("phase") in ("Failed", "Succeeded") else "Terminating"


def _is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _container_reason(container: Object) -> str:
    state = container.get("state", {})
    if waiting := state.get("waiting"):
        return str(waiting.get("reason", ""))
    if terminated := state.get("terminated"):
        if terminated.get("reason"):
            return str(terminated["reason"])
        return (
            f"Signal:{terminated['signal']}"
            if terminated.get("signal")
            else f"ExitCode:{terminated['exitCode']}"
        )
    return ""


def _init_status(pod: Object) -> str:
    containers = pod["spec"].get("initContainers") or ()
    for index, status in enumerate(pod.get("status", {}).get("initContainerStatuses") or ()):
        terminated = status.get("state", {}).get("terminated")
        if terminated and terminated.get("exitCode") == 0:
            continue
        if terminated or status.get("state", {}).get("waiting", {}).get("reason") not in (
            None,
            "",
            "PodInitializing",
        ):
            return f"Init:{_container_reason(status)}"
        return f"Init:{index}/{len(containers)}"
    return ""
