"""What became of a pod, told in lines that can be compared: recorded watches and ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakecluster.client import eventually
from fakecluster.tests.contract.scene import Scene


def story(events: list[dict[str, Any]], name: str) -> list[str]:
    """What became of one pod: each line differs from the one before in something that a client can see."""
    lines: list[str] = []
    for event in events:
        if event["object"]["metadata"].get("name") == name and (line := _line(event)) not in lines[-1:]:
            lines.append(line)
    return lines


def _line(event: dict[str, Any]) -> str:
    pod = event["object"]
    metadata, status = pod["metadata"], pod.get("status", {})
    return " ".join(
        [
            event["type"],
            status.get("phase", ""),
            status.get("reason", "-"),
            "".join(sorted(f"{c['type']}={c['status']}," for c in status.get("conditions", ()))),
            " ".join(sorted(_container(c) for c in status.get("containerStatuses", ()))),
            f"generation={metadata['generation']}",
            f"owned={'ownerReferences' in metadata}",
            f"grace={metadata.get('deletionGracePeriodSeconds')}",
            f"labels={sorted((metadata.get('labels') or {}).items())}",
        ]
    )


def _container(status: dict[str, Any]) -> str:
    ((state, details),) = status["state"].items()
    return f"{status['name']}:{state}:{details.get('reason', '')}:{status['ready']}:{status['restartCount']}"


def events_since(
    scene: Scene, version: str, resource: str = "api/v1/namespaces/{}/pods"
) -> list[dict[str, Any]]:
    """Everything since that resource version."""
    path = f"/{resource.format(scene.namespace)}?watch=1&resourceVersion={version}&timeoutSeconds=1"
    return list(scene.api("GET", path).body)


def version_now(scene: Scene) -> str:
    return str(scene.api.get(f"/api/v1/namespaces/{scene.namespace}/pods")["metadata"]["resourceVersion"])


def until(check: Callable[[], object]) -> None:
    assert eventually(check), "the story stopped"
