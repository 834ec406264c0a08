"""What TARGET may name: a pod, or a workload or Service that stands for its pods."""

from dataclasses import dataclass

from .errors import UsageError
from .request import check_name


@dataclass(frozen=True)
class TargetName:
    """An object by kind (pod, deploy, rs, sts, ds, job or svc) and name; prints as kubectl takes it."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


POD = "pod"
# Every name that kubectl takes for a kind, and ours for it.
KINDS = {
    **dict.fromkeys(("pod", "pods", "po"), POD),
    **dict.fromkeys(("deploy", "deployment", "deployments", "deployment.apps"), "deploy"),
    **dict.fromkeys(("rs", "replicaset", "replicasets", "replicaset.apps"), "rs"),
    **dict.fromkeys(("sts", "statefulset", "statefulsets", "statefulset.apps"), "sts"),
    **dict.fromkeys(("ds", "daemonset", "daemonsets", "daemonset.apps"), "ds"),
    **dict.fromkeys(("job", "jobs", "job.batch"), "job"),
    **dict.fromkeys(("svc", "service", "services"), "svc"),
}


def parse_any_target(text: str) -> TargetName:
    """NAME or pod/NAME, or KIND/NAME of a workload or Service. Raises UsageError."""
    kind, slash, name = text.partition("/")
    if not slash:
        kind, name = POD, text
    if kind not in KINDS:
        known = ", ".join(dict.fromkeys(KINDS.values()))
        raise UsageError(f"TARGET {text!r}: {kind!r} is none of {known}")
    return TargetName(KINDS[kind], check_name(name, "TARGET"))
