"""What was asked for on the command line of `debug POD`, checked."""

from dataclasses import dataclass
from datetime import timedelta

from kubectl_netshoot.request import DEFAULT_IMAGE
from kubectl_netshoot.targets import AnyTarget


@dataclass(frozen=True)
class DebugRequest:
    """One `kubectl netshoot debug`. `share` is the container whose processes are shared: None lets the pod decide,
    an empty text is none. `command` is empty for a shell; the container ends after `ttl`, whatever happens.
    """

    target: AnyTarget
    pick: bool = False
    share: str | None = None
    image: str = DEFAULT_IMAGE
    pull_policy: str = ""
    profile: str = "auto"
    shell: str = ""
    ttl: timedelta = timedelta(hours=1)
    timeout: timedelta = timedelta(seconds=120)
    command: tuple[str, ...] = ()
