"""The Job controller: pods until enough of them succeeded, or too many failed."""

from __future__ import annotations

from fakecluster import kinds
from fakecluster.kinds import Object
from fakecluster.objects import condition_of, is_active, is_ready
from fakecluster.podcontrol import PodController
from fakecluster.timestamps import rfc3339


class JobController(PodController):
    """Indexed completion and failure policies are not served: every pod counts the same."""

    kind = kinds.JOBS

    def reconcile(self, owner: Object, pods: list[Object]) -> None:
        if condition_of(owner, "Complete") or condition_of(owner, "Failed"):
            return
        spec = owner["spec"]
        succeeded, failed = _in_phase(pods, "Succeeded"), _in_phase(pods, "Failed")
        active = [pod for pod in pods if is_active(pod)]
        wanted = spec.get("completions") or spec.get("parallelism", 1)
        if succeeded >= wanted:
            conditions = _finished("SuccessCriteriaMet", "Complete", "CompletionsReached")
        elif failed > spec.get("backoffLimit", 6):
            conditions = _finished("FailureTarget", "Failed", "BackoffLimitExceeded")
        else:
            conditions = []
            self._manage(owner, active, wanted - succeeded)
        if conditions:
            for pod in active:
                self.delete_pod(owner, pod)
        self.write_status(owner, _status(owner, active, succeeded, failed, conditions))

    def _manage(self, owner: Object, active: list[Object], left: int) -> None:
        room = 0 if owner["spec"].get("suspend") else min(owner["spec"].get("parallelism", 1), left)
        for _ in range(room - len(active)):
            self.create_pod(owner, owner["spec"]["template"])
        for pod in active[room:]:
            self.delete_pod(owner, pod)


def _in_phase(pods: list[Object], phase: str) -> int:
    return sum((pod.get("status") or {}).get("phase") == phase for pod in pods)


def _finished(criterion: str, type_: str, reason: str) -> list[Object]:
    now = rfc3339()
    times = {"status": "True", "lastProbeTime": now, "lastTransitionTime": now, "reason": reason}
    return [{"type": criterion, **times}, {"type": type_, **times}]


def _status(
    owner: Object, active: list[Object], succeeded: int, failed: int, conditions: list[Object]
) -> Object:
    before = owner.get("status") or {}
    running = [] if conditions else active
    complete = any(condition["type"] == "Complete" for condition in conditions)
    return {
        "startTime": before.get("startTime", rfc3339()),
        **({"active": len(running)} if running else {}),
        "ready": sum(map(is_ready, running)),
        **({"succeeded": succeeded} if succeeded else {}),
        **({"failed": failed} if failed else {}),
        **({"conditions": conditions} if conditions else {}),
        **({"completionTime": rfc3339()} if complete else {}),
        "terminating": 0,
        "uncountedTerminatedPods": {},
    }
