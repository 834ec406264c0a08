"""What others do in the cluster meanwhile: to the source, the copy, the Service, the namespace, or beside us."""

from collections.abc import Callable
from typing import Any

from fakecluster import manifests
from fakecluster.handle import ControlError
from tests.system.chaos.scene import COPY, LABELS, SERVICE, Scene, application
from tests.system.chaos.steps import STEPS, Step
from tests.system.chaos.trouble import Hurts, Trouble

_POSITION = {step.id: position for position, step in enumerate(STEPS)}


def _from(first: str, last: str = "deleted") -> Callable[[Step], bool]:
    """Whether a step is one of these."""
    return lambda step: _POSITION[first] <= _POSITION[step.id] <= _POSITION[last]


def _patched(kind: str, name: str, change: dict[str, Any]) -> Callable[[Scene], None]:
    def strike(scene: Scene) -> None:
        scene.api.patch(kind, name, change)

    return strike


def _copy(action: str, **body: object) -> Callable[[Scene], None]:
    def strike(scene: Scene) -> None:
        try:
            scene.act(action, COPY, **body)
        except ControlError as error:
            scene.missed = str(error)

    return strike


def _labelled(value: str | None) -> Callable[[Scene], None]:
    return _patched("Pod", COPY, {"metadata": {"labels": dict.fromkeys(LABELS, value)}})


def _delete_source(scene: Scene) -> None:
    scene.act("delete", scene.source)


def _delete_service(scene: Scene) -> None:
    scene.api.delete("Service", SERVICE)


def _terminate_namespace(scene: Scene) -> None:
    scene.api.delete("Namespace", scene.namespace)


def _adopt(scene: Scene) -> None:
    adopter = manifests.replica_set("adopter", 1, LABELS)
    source = scene.api.pod(scene.source)
    assert source is not None
    nodes = source["spec"]["nodeSelector"]
    adopter["spec"]["template"]["spec"] |= {"containers": [application()], "nodeSelector": nodes}
    scene.api.create(adopter)


def _lose_node(scene: Scene) -> None:
    copy = scene.api.pod(COPY)
    scene.lost_node = str(copy["spec"].get("nodeName", "")) if copy else ""
    if scene.lost_node:
        scene.cluster.act("node-lost", node=scene.lost_node, silent=True)
    else:
        scene.missed = "the copy is on no node"


def _find_node(scene: Scene) -> None:
    if scene.lost_node:
        scene.cluster.act("node-back", node=scene.lost_node)


def _policy(**policy: Any) -> Callable[[Scene], None]:
    def strike(scene: Scene) -> None:
        scene.policies.put(scene.namespace, policy)

    return strike


def _begin_again(scene: Scene) -> None:
    scene.others.append(scene.again())


_ROLLED = {"spec": {"template": {"metadata": {"annotations": {"rolled": "over"}}}}}
# What admission makes of the join's own patch nobody can see before it.
POLICY_CHANGES_IMAGE = Trouble(
    "policy-changes-image",
    _policy(effect="set", containers={"app": {"image": "mirror.example/nginx:1.27"}}),
    steps=_from("creating", "marked"),
)
_ALL = Hurts.COPY | Hurts.PODS | Hurts.SERVICE
TROUBLES = (
    Trouble("source-deleted", _delete_source, Hurts.PODS),
    Trouble("source-rolled-over", _patched("Deployment", SERVICE, _ROLLED), Hurts.PODS),
    Trouble(
        "source-scaled-to-0",
        _patched("Deployment", SERVICE, {"spec": {"replicas": 0}}),
        Hurts.PODS | Hurts.SERVICE,
    ),
    Trouble("service-deleted", _delete_service, Hurts.SERVICE),
    Trouble(
        "selector-changed",
        _patched("Service", SERVICE, {"spec": {"selector": {"app": "other"}}}),
        Hurts.SERVICE,
    ),
    Trouble("copy-deleted", _copy("delete"), Hurts.COPY, steps=_from("created", "deleting")),
    Trouble("copy-evicted", _copy("evict"), Hurts.COPY, steps=_from("marked", "deleting")),
    Trouble(
        "copy-oom-killed",
        _copy("kill-container", container="app", reason="OOMKilled"),
        Hurts.COPY,
        steps=_from("joining", "deleting"),
    ),
    Trouble(
        "node-lost", _lose_node, Hurts.COPY | Hurts.PODS, heal=_find_node, steps=_from("marked", "deleting")
    ),
    Trouble("label-taken-off", _labelled(None), steps=_from("joined", "leaving")),
    Trouble("label-put-on", _labelled("web"), steps=_from("created", "deleting")),
    Trouble("adopter", _adopt),
    Trouble("policy-relabels", _policy(effect="set", labels={"tier": "y"})),
    Trouble("policy-undoes-labels", _policy(effect="undo", keys="^app$"), Hurts.API),
    Trouble("policy-keeps-labels", _policy(effect="keep", keys="^app$"), Hurts.API),
    Trouble("namespace-terminating", _terminate_namespace, _ALL),
    Trouble("second-session", _begin_again),
)
