"""The server's defaults: fields a client left out, as they are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fakecluster.kinds import Kind, Object
from fakecluster.quantities import qos_class


def apply(kind: Kind, obj: Object) -> None:
    """Completes a new object in place."""
    complete = _DEFAULTS.get(kind.kind)
    if complete:
        complete(obj)


def _fill(obj: Object, defaults: Object) -> None:
    for key, value in defaults.items():
        if obj.get(key) is None:
            obj[key] = value


def pod_spec(spec: Object) -> None:
    """What every pod has, in a workload's template too."""
    for container in spec.get("initContainers") or ():
        _container(container)
    for container in spec.get("containers") or ():
        _container(container)
    for volume in spec.get("volumes") or ():
        _volume(volume)
    _fill(
        spec,
        {
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "securityContext": {},
            "schedulerName": "default-scheduler",
        },
    )


def _container(container: Object) -> None:
    image = container.get("image", "")
    tag = image.rpartition("/")[2].partition(":")[2]
    latest = tag in ("", "latest") and "@" not in image
    resources = container.setdefault("resources", {})
    if resources.get("limits"):
        resources["requests"] = {**resources["limits"], **(resources.get("requests") or {})}
    for port in container.get("ports") or ():
        _fill(port, {"protocol": "TCP"})
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(probe):
            _probe(container[probe])
    for env in container.get("env") or ():
        if reference := (env.get("valueFrom") or {}).get("fieldRef"):
            _fill(reference, {"apiVersion": "v1"})
    _fill(
        container,
        {
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "imagePullPolicy": "Always" if latest else "IfNotPresent",
        },
    )


def _probe(probe: Object) -> None:
    if http := probe.get("httpGet"):
        _fill(http, {"path": "/", "scheme": "HTTP"})
    _fill(probe, {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3})


def _volume(volume: Object) -> None:
    if set(volume) == {"name"}:
        volume["emptyDir"] = {}
    for source, mode in (
        ("configMap", "defaultMode"),
        ("secret", "defaultMode"),
        ("projected", "defaultMode"),
    ):
        if volume.get(source) is not None:
            _fill(volume[source], {mode: 420})
    for source in (volume.get("projected") or {}).get("sources") or ():
        for item in (source.get("downwardAPI") or {}).get("items") or ():
            if reference := item.get("fieldRef"):
                _fill(reference, {"apiVersion": "v1"})


def _pod(pod: Object) -> None:
    pod_spec(pod["spec"])
    _fill(pod["spec"], {"enableServiceLinks": True})
    pod["status"] = {"phase": "Pending", "qosClass": qos_class(pod["spec"])}


def _service(service: Object) -> None:
    spec = service["spec"]
    _fill(spec, {"type": "ClusterIP", "sessionAffinity": "None"})
    if spec["type"] != "ExternalName":
        _fill(spec, {"internalTrafficPolicy": "Cluster"})
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _fill(spec, {"externalTrafficPolicy": "Cluster"})
    for port in spec.get("ports") or ():
        _fill(port, {"protocol": "TCP", "targetPort": port.get("port")})
    service["status"] = {"loadBalancer": {}}


def _namespace(namespace: Object) -> None:
    metadata = namespace["metadata"]
    labels = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata["name"]}
    metadata["labels"] = labels
    namespace["spec"] = {"finalizers": ["kubernetes"]}
    namespace["status"] = {"phase": "Active"}


def _workload(**own: object) -> Callable[[Object], None]:
    def complete(obj: Object) -> None:
        _fill(obj["spec"], {key: value for key, value in own.items() if value is not None})
        _template(obj)
        obj["status"] = {}

    return complete


def _template(obj: Object) -> None:
    template = obj["spec"].setdefault("template", {})
    template.setdefault("metadata", {})
    pod_spec(template.setdefault("spec", {}))


def _deployment(obj: Object) -> None:
    rolling = {"maxUnavailable": "25%", "maxSurge": "25%"}
    _workload(replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)(obj)
    strategy = obj["spec"].setdefault("strategy", {})
    _fill(strategy, {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = {**rolling, **(strategy.get("rollingUpdate") or {})}


def _stateful_set(obj: Object) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
    retention = {"whenDeleted": "Retain", "whenScaled": "Retain"}
    _workload(
        replicas=1,
        podManagementPolicy="OrderedReady",
        updateStrategy=strategy,
        revisionHistoryLimit=10,
        persistentVolumeClaimRetentionPolicy=retention,
    )(obj)


def _daemon_set(obj: Object) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
    _workload(updateStrategy=strategy, revisionHistoryLimit=10)(obj)


def _replication_controller(obj: Object) -> None:
    _workload(replicas=1)(obj)
    labels = obj["spec"]["template"]["metadata"].get("labels") or {}
    _fill(obj["spec"], {"selector": dict(labels)})


def _job(obj: Object) -> None:
    _workload(
        parallelism=1,
        completions=1,
        backoffLimit=6,
        completionMode="NonIndexed",
        suspend=False,
        podReplacementPolicy="TerminatingOrFailed",
    )(obj)
    if not obj["spec"].get("manualSelector"):
        uid = obj["metadata"]["uid"]
        labels = obj["spec"]["template"]["metadata"].setdefault("labels", {})
        labels["batch.kubernetes.io/controller-uid"] = uid
        labels["batch.kubernetes.io/job-name"] = obj["metadata"]["name"]
        obj["spec"]["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}


def _fields(**own: object) -> Callable[[Object], None]:
    return lambda obj: _fill(obj, dict(own))


def _cron_job(obj: Object) -> None:
    _fill(
        obj["spec"],
        {
            "concurrencyPolicy": "Allow",
            "suspend": False,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 1,
        },
    )
    obj["status"] = {}


def _network_policy(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    egress: Iterable[str] = ("Egress",) if spec.get("egress") is not None else ()
    _fill(spec, {"podSelector": {}, "policyTypes": ["Ingress", *egress]})


_DEFAULTS: dict[str, Callable[[Object], None]] = {
    "Pod": _pod,
    "Service": _service,
    "Namespace": _namespace,
    "Deployment": _deployment,
    "ReplicaSet": _workload(replicas=1),
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
    "ReplicationController": _replication_controller,
    "Job": _job,
    "CronJob": _cron_job,
    "Secret": _fields(type="Opaque"),
    "PodDisruptionBudget": _fields(status={}),
    "HorizontalPodAutoscaler": _fields(status={}),
    "PersistentVolumeClaim": _fields(status={"phase": "Bound"}),
    "PriorityClass": _fields(value=0, preemptionPolicy="PreemptLowerPriority"),
    "ResourceQuota": _fields(status={}),
    "NetworkPolicy": _network_policy,
}
