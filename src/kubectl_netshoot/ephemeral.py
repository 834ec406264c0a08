"""The container that is added to a running pod, to look into it: what is asked of kubectl, and what comes out of it.

Such a container can never be taken out of the pod again, only end: so it does by itself, after a fixed time.
"""

import copy as copying
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from .copyspec import ADDED_BY_PROFILE, TELL

Json = dict[str, Any]
# In a pod whose containers share their processes it is not number 1, so it says who it is: by a child, since the
# kubelet makes one $ of two in a container's command.
SLEEPER = f"trap 'kill $!; exit 0' TERM INT; {TELL}; sh -c 'echo Pid: $PPID'; sleep \"$1\" & wait $!"


@dataclass(frozen=True)
class Ephemeral:
    """What `kubectl debug` is asked for. `life` is its time in the pod; `custom` the file for --custom, where kubectl
    has that and a `user` is wanted; `target` the container whose processes it shares, empty for none.
    """

    pod: str
    name: str
    image: str
    profile: str
    life: timedelta
    pull_policy: str = ""
    custom: Path | None = None
    user: int | None = None
    target: str = ""

    @property
    def command(self) -> tuple[str, ...]:
        """Does nothing, for that long."""
        return ("sh", "-c", SLEEPER, "sleeper", str(round(self.life.total_seconds())))


def custom_security(user: int) -> Json:
    """What --custom lays over it; resources cannot be given to an ephemeral container."""
    return {"securityContext": {"runAsUser": user, "runAsNonRoot": user != 0}}


def ephemeral_container(wanted: Ephemeral) -> Json:
    """The container that kubectl will add, for the API server's opinion of it."""
    security = copying.deepcopy(ADDED_BY_PROFILE[wanted.profile])
    if wanted.user is not None:
        security |= custom_security(wanted.user)["securityContext"]
    container: Json = {
        "name": wanted.name,
        "image": wanted.image,
        "command": list(wanted.command),
        "terminationMessagePolicy": "File",
    }
    if wanted.pull_policy:
        container["imagePullPolicy"] = wanted.pull_policy
    if security:
        container["securityContext"] = security
    if wanted.target:
        container["targetContainerName"] = wanted.target
    return container
