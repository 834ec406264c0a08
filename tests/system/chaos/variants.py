"""What is set in copies that differ from their source, for `SET=1`: how it is asked for, and what must come of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from fakecluster import manifests
from tests.system.chaos.scene import application
from tests.system.chaos.steps import CREATED, CREATING, DELETED, DELETING, MARKED, MARKING, PLANNING, Step
from tests.system.e2e.test_debug_refusals import NO_IMAGE
from tests.system.e2e.witness import ENV

Json = dict[str, Any]
#: What decides on what an application does, of all that can be set.
FIELDS = ("image", "command", "args", "env", "envFrom")
OTHER_IMAGE = "docker.io/library/nginx:1.26"
SERVE = "exec nginx -g 'daemon off;'"
CRASHING = ["sh", "-c", "echo gone; exit 3"]
# Whose copy never comes up comes to no other.
WITHOUT_JOIN = (PLANNING, CREATING, CREATED, MARKING, MARKED, DELETING, DELETED)


@dataclass(frozen=True, eq=False)
class Variant:
    """`flags` set it; `asked` is what container app then has, beside what it has in the Service's pods.

    `source`: the same of the source, where it fails by that, which nobody else of the Service does. `by_kubectl`: it is
    `kubectl debug` that makes such a copy. `comes_up`: whether the application of the copy can.
    """

    id: str
    flags: tuple[str, ...]
    asked: Json
    source: Json = field(default_factory=dict)
    comes_up: bool = True

    def fits(self, step: Step) -> bool:
        """Whether a session behind a Service comes to this step."""
        return self.comes_up or step in WITHOUT_JOIN

    def otherwise(self, pod: Json) -> Iterator[str]:
        """In what this pod is not as the source is and the flags say; our own container is not looked at."""
        wanted = {**application(), **self.source, **self.asked}
        found = [c for c in pod["spec"]["containers"] if not _is_ours(c)]
        if names := [c["name"] for c in found if c["name"] != wanted["name"]]:
            yield f"other containers: {', '.join(names)}"
        for container in (c for c in found if c["name"] == wanted["name"]):
            for key in FIELDS:
                if (container.get(key) or []) != (wanted.get(key) or []):
                    yield f"{key} {container.get(key)}, not {wanted.get(key)}"


def _is_ours(container: Json) -> bool:
    return any(entry["name"] == ENV for entry in container.get("env") or ())


VARIANTS = (
    Variant("image", (f"--set-image=app={OTHER_IMAGE}",), {"image": OTHER_IMAGE}),
    Variant("env", ("--set-env=app:GREETING=hello",), {"env": [{"name": "GREETING", "value": "hello"}]}),
    Variant("command", (f'--set-command=app=sh -c "{SERVE}"',), {"command": ["sh", "-c", SERVE]}),
    Variant(
        "image-missing",
        (f"--set-image=app={NO_IMAGE}",),
        {"image": NO_IMAGE},
        comes_up=False,
    ),
    Variant(
        "ends-at-once",
        (f"--set-image=app={manifests.NETSHOOT}", "--set-command=app=sh -c 'echo gone; exit 3'"),
        {"image": manifests.NETSHOOT, "command": CRASHING},
        comes_up=False,
    ),
    Variant(
        "source-without-image",
        (f"--set-image=app={manifests.IMAGE}",),
        {"image": manifests.IMAGE},
        {"image": NO_IMAGE},
    ),
    Variant(
        "source-crashing",
        (f"--set-image=app={manifests.IMAGE}", f'--set-command=app=sh -c "{SERVE}"'),
        {"image": manifests.IMAGE, "command": ["sh", "-c", SERVE]},
        {"image": manifests.NETSHOOT, "command": CRASHING},
    ),
)
