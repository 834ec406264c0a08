"""What the kubelet says about a pod, worked out from its containers: phase, conditions, container statuses.

Pure: the present status and the time come in, the next status goes out. Order and wording are a real
kubelet's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fakecluster.kinds import Object

Condition = dict[str, Any]
_TERMINAL_REASONS = {"Failed": "PodFailed", "Succeeded": "PodCompleted"}


@dataclass
class ContainerRecord:
    """One container of a pod as its status shows it. `state` and `last_state` are v1.ContainerState.

    `starting`: its startup probe has not passed yet.
    """

    spec: Object
    state: Object = field(default_factory=lambda: {"waiting": {"reason": "ContainerCreating"}})
    last_state: Object = field(default_factory=dict)
    ready: bool = False
    starting: bool = False
    restart_count: int = 0
    image: str = ""
    image_id: str = ""
    container_id: str = ""

    @property
    def name(self) -> str:
        return str(self.spec["name"])

    @property
    def running(self) -> bool:
        return "running" in self.state

    @property
    def started(self) -> bool:
        """Running, and past its startup probe."""
        return self.running and not self.starting

    @property
    def is_sidecar(self) -> bool:
        """An init container that keeps running."""
        return self.spec.get("restartPolicy") == "Always"

    @property
    def exit_code(self) -> int | None:
        """Of the run that ended last, while no other has begun."""
        ended = self.state.get("terminated")
        return ended["exitCode"] if ended else None

    def status(self) -> Object:
        """v1.ContainerStatus."""
        return {
            "name": self.name,
            "state": self.state,
            "lastState": self.last_state,
            "ready": self.ready,
            "restartCount": self.restart_count,
            "image": self.image or self.spec.get("image", ""),
            "imageID": self.image_id,
            **({"containerID": self.container_id} if self.container_id else {}),
            "started": self.started,
            **({"resources": self.spec.get("resources") or {}} if self.container_id else {}),
            **_mounts(self.spec),
        }


def _mounts(spec: Object) -> Object:
    mounts = [
        {
            "name": mount["name"],
            "mountPath": mount["mountPath"],
            **({"readOnly": True, "recursiveReadOnly": "Disabled"} if mount.get("readOnly") else {}),
        }
        for mount in spec.get("volumeMounts") or ()
    ]
    return {"volumeMounts": mounts} if mounts else {}


@dataclass(frozen=True)
class Failure:
    """Why the kubelet ends the pod against its will: DeadlineExceeded, Evicted."""

    reason: str
    message: str


@dataclass
class PodRecord:
    """What the kubelet knows of a pod. `ended`: nothing runs or is restarted any more."""

    init: list[ContainerRecord]
    main: list[ContainerRecord]
    ephemeral: list[ContainerRecord] = field(default_factory=list)
    sandbox_ready: bool = False
    ended: bool = False
    failure: Failure | None = None
    host_ip: str = ""
    pod_ip: str = ""
    start_time: str = ""
    observed_generation: int = 1


def status(pod: Object, record: PodRecord, now: str) -> Object:
    """The next v1.PodStatus of `pod`; `now` is RFC 3339."""
    before: Object = pod.get("status") or {}
    phase = _phase(pod["spec"].get("restartPolicy", "Always"), record)
    failing = "Failed" if record.failure else phase
    conditions = [
        {"type": "PodReadyToStartContainers", "status": _truth(record.sandbox_ready)},
        _initialized(record, phase),
        *_readiness(pod, record, failing),
    ]
    merged = _stamped(conditions, before.get("conditions") or [], record.observed_generation, now)
    return {
        "observedGeneration": record.observed_generation,
        "phase": phase,
        "conditions": merged,
        **_failure(record, phase),
        "hostIP": record.host_ip,
        "hostIPs": [{"ip": record.host_ip}],
        **_addresses(record),
        "startTime": record.start_time,
        **_container_statuses(record),
        "qosClass": before.get("qosClass", "BestEffort"),
        "resources": before.get("resources", {}),
    }


def _phase(restart_policy: str, record: PodRecord) -> str:
    if any(c.exit_code for c in record.init if not c.is_sidecar) and (
        restart_policy == "Never" or record.ended
    ):
        return "Failed"
    if record.ended:
        failed = record.failure or any(c.exit_code != 0 for c in record.main)
        return "Failed" if failed else "Succeeded"
    if any("waiting" in c.state and not c.last_state for c in record.main):
        return "Pending"
    if any(c.running for c in record.main) or restart_policy == "Always":
        return "Running"
    if all(c.exit_code == 0 for c in record.main):
        return "Succeeded"
    return "Failed" if restart_policy == "Never" else "Running"


def _initialized(record: PodRecord, phase: str) -> Condition:
    incomplete = [c.name for c in record.init if not (c.started if c.is_sidecar else c.exit_code == 0)]
    if incomplete:
        message = f"containers with incomplete status: [{' '.join(incomplete)}]"
        return _condition("Initialized", "False", "ContainersNotInitialized", message)
    return _condition("Initialized", "True", "PodCompleted" if phase == "Succeeded" else "")


def _readiness(pod: Object, record: PodRecord, phase: str) -> list[Condition]:
    """Ready and ContainersReady, in this order."""
    if reason := _TERMINAL_REASONS.get(phase):
        return [_condition(type_, "False", reason) for type_ in ("Ready", "ContainersReady")]
    sidecars = [c for c in record.init if c.is_sidecar]
    unready = [c.name for c in [*sidecars, *record.main] if not c.ready]
    if unready:
        message = f"containers with unready status: [{' '.join(unready)}]"
        return [
            _condition(type_, "False", "ContainersNotReady", message)
            for type_ in ("Ready", "ContainersReady")
        ]
    gates = _closed_gates(pod)
    ready = (
        _condition("Ready", "False", "ReadinessGatesNotReady", ", ".join(gates))
        if gates
        else _condition("Ready", "True")
    )
    return [ready, _condition("ContainersReady", "True")]


def _closed_gates(pod: Object) -> list[str]:
    present = {c["type"]: c["status"] for c in (pod.get("status") or {}).get("conditions") or ()}
    closed = []
    for gate in pod["spec"].get("readinessGates") or ():
        type_ = gate["conditionType"]
        if type_ not in present:
            closed.append(f'corresponding condition of pod readiness gate "{type_}" does not exist.')
        elif present[type_] != "True":
            closed.append(f'the status of pod readiness gate "{type_}" is not "True", but {present[type_]}')
    return closed


def _condition(type_: str, truth: str, reason: str = "", message: str = "") -> Condition:
    return {
        "type": type_,
        "status": truth,
        **({"reason": reason} if reason else {}),
        **({"message": message} if message else {}),
    }


def _stamped(
    conditions: Sequence[Condition], before: Sequence[Condition], generation: int, now: str
) -> list[Condition]:
    """The kubelet's conditions, then those of others, each with the time when it last changed."""
    ours = {c["type"] for c in conditions}
    old = {c["type"]: c for c in before}
    stamped = [_stamp(c, old.get(c["type"]), generation, now) for c in conditions]
    for condition in before:
        if condition["type"] == "PodScheduled":
            stamped.append({**_stamp(condition, condition, generation, now)})
        elif condition["type"] not in ours:
            stamped.append(condition)
    return stamped


def _stamp(condition: Condition, old: Condition | None, generation: int, now: str) -> Condition:
    changed = old is None or old["status"] != condition["status"]
    return {
        "type": condition["type"],
        "observedGeneration": generation,
        "status": condition["status"],
        "lastProbeTime": None,
        "lastTransitionTime": now if changed or old is None else old["lastTransitionTime"],
        **{key: condition[key] for key in ("reason", "message") if key in condition},
    }


def _failure(record: PodRecord, phase: str) -> Object:
    if record.failure is None or phase != "Failed":
        return {}
    return {"message": record.failure.message, "reason": record.failure.reason}


def _addresses(record: PodRecord) -> Object:
    return {"podIP": record.pod_ip, "podIPs": [{"ip": record.pod_ip}]} if record.pod_ip else {}


def _container_statuses(record: PodRecord) -> Object:
    groups = {
        "initContainerStatuses": record.init,
        "containerStatuses": sorted(record.main, key=lambda c: c.name),
        "ephemeralContainerStatuses": sorted(record.ephemeral, key=lambda c: c.name),
    }
    return {key: [c.status() for c in group] for key, group in groups.items() if group}


def _truth(value: bool) -> str:
    return "True" if value else "False"
