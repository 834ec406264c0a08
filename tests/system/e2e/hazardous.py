"""What makes each hazard real in a cluster: objects around the Deployment, and pods of their own behind a Service."""

from typing import Any

from fakecluster import manifests
from fakecluster.manifests import IMAGE, PORT, Json

WEB = {"app": "web"}
ODD = {"app": "odd"}
CLAIM = "odd-data"
UDP = {"port": 53, "protocol": "UDP", "targetPort": PORT}
MOUNT = {"name": "data", "mountPath": "/data"}


def service(name: str, selector: dict[str, str], **spec: Any) -> Json:
    """A Service with more than a selector and a port."""
    made = manifests.service(name, selector)
    return {**made, "spec": {**made["spec"], **spec}}


def external_name(name: str) -> Json:
    spec = {"type": "ExternalName", "externalName": "example.com", "selector": WEB}
    return {"apiVersion": "v1", "kind": "Service", "metadata": manifests.metadata(name), "spec": spec}


def budget(name: str) -> Json:
    spec = {"minAvailable": "50%", "selector": {"matchLabels": WEB}}
    metadata = manifests.metadata(name)
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": spec}


def autoscaler(name: str, api_version: str = "apps/v1", kind: str = "Deployment") -> Json:
    """It never scales: as many at most as at least."""
    target = {"apiVersion": api_version, "kind": kind, "name": "web"}
    metric = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}
    spec = {
        "scaleTargetRef": target,
        "minReplicas": 3,
        "maxReplicas": 3,
        "metrics": [{"type": "Resource", "resource": metric}],
    }
    metadata = manifests.metadata(name)
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata,
        "spec": spec,
    }


def policy(name: str) -> Json:
    """By expression: it holds for the Deployment's pods, and not for a copy. It allows everything."""
    expression = {"key": "pod-template-hash", "operator": "Exists"}
    spec = {"podSelector": {"matchLabels": WEB, "matchExpressions": [expression]}, "ingress": [{}]}
    metadata = manifests.metadata(name)
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def adopter() -> Json:
    """Every pod that it would want has an owner already, and it wants none; a copy without the label it takes."""
    made = manifests.replica_set("wants-none", 0, {"app": "none"})
    expressions = [
        {"key": "tier", "operator": "DoesNotExist"},
        {"key": "app", "operator": "In", "values": ["web"]},
    ]
    template = {"metadata": {"labels": WEB}, "spec": manifests.pod_spec()}
    return {
        **made,
        "spec": {"replicas": 0, "selector": {"matchExpressions": expressions}, "template": template},
    }


def odd_pod(labels: dict[str, str] | None = None, **spec: Any) -> Json:
    return manifests.pod("odd", {**ODD, **(labels or {})}, **spec)


def keeping_away(app: str) -> Json:
    """One beside which no pod with this label may be."""
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": app}}}
    rule = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    return odd_pod(affinity={"podAntiAffinity": rule})


def with_container(**container: Any) -> Json:
    """The application's own container, changed."""
    made = odd_pod()
    made["spec"]["containers"][0].update(container)
    return made


def host_port() -> Json:
    return with_container(ports=[{"containerPort": PORT, "hostPort": 18080}])


def with_sidecar(name: str) -> Json:
    made = odd_pod()
    made["spec"]["containers"].append({"name": name, "image": IMAGE, "imagePullPolicy": "IfNotPresent"})
    return made


def with_init_container() -> Json:
    container = {"name": "migrate", "image": IMAGE, "imagePullPolicy": "IfNotPresent", "command": ["true"]}
    return odd_pod(initContainers=[container])


def lease(name: str, holder: str) -> Json:
    spec = {"holderIdentity": holder, "leaseDurationSeconds": 15}
    metadata = manifests.metadata(name)
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}


def quota(name: str, **hard: str) -> Json:
    metadata = manifests.metadata(name)
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": hard}}


def with_claim(read_only: bool) -> Json:
    made = with_container(volumeMounts=[{**MOUNT, "readOnly": read_only}])
    made["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": CLAIM}}]
    return made


def claim(mode: str) -> Json:
    spec = {"accessModes": [mode], "resources": {"requests": {"storage": "1Mi"}}}
    metadata = manifests.metadata(CLAIM)
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}
