"""The copy keeps the priority that admission gave the source, and others may have to go for it.

The PriorityClass itself is not read: the pod has its value and its policy.
"""

from kubectl_netshoot.join.hazard import Hazard, Severity
from kubectl_netshoot.model import PREEMPTS, Pod

# SystemCriticalPriority of the scheduling API: from there on the kubelet makes room, too.
CRITICAL = 2_000_000_000


def preemption(source: Pod, placed: bool) -> tuple[Hazard, ...]:
    """A warning with class, value and policy; `placed`: the copy names its node, and the scheduler is not asked."""
    evicts = _evictions(source, placed)
    if not evicts:
        return ()
    name = f"PriorityClass {source.priority_class}, " if source.priority_class else ""
    policy = source.preemption_policy or PREEMPTS
    what = f"the copy keeps the pod's priority ({name}value {source.priority}, {policy}): {evicts}"
    instead = "look for room first, with kubectl describe nodes"
    if not placed and source.priority < CRITICAL:
        instead += "; --same-node starts the copy beside the pod or not at all"
    return (Hazard("preemption", Severity.WARN, what, instead),)


def _evictions(source: Pod, placed: bool) -> str:
    """Who evicts whom, and when; empty where the pod's policy is that nobody has to go.

    Sources: the scheduler's preemption; the kubelet's CriticalPodAdmissionHandler, which asks for no policy; its rank
    of pods for node-pressure eviction.
    """
    if source.priority <= 0:
        return ""
    if placed and source.priority >= CRITICAL:
        return "where its node has no room, the kubelet evicts pods of lower priority for it"
    if not source.preempts:
        return ""
    if placed:
        return "when its node runs short of memory, the kubelet evicts pods of lower priority before it"
    return "where no node has room, the scheduler evicts pods of lower priority for it"
