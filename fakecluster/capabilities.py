"""The capabilities of a container's processes, as /proc/self/status would show them.

Processes here run as this user on this machine; what a command reads of that file is written for it instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fakecluster.kinds import Object

STATUS = "/proc/self/status"
_ALL = (1 << 41) - 1
#: What containerd gives to root: no NET_ADMIN, but NET_RAW.
_DEFAULT = 0xA80425FB
#: linux/capability.h
_BITS = {"NET_ADMIN": 12, "NET_RAW": 13, "SYS_PTRACE": 19, "SYS_ADMIN": 21}


def effective(pod: Object, container: Object, image_user: int = 0) -> int:
    """CapEff of the first process: none for another user than root, whatever was added."""
    own, of_pod = container.get("securityContext") or {}, pod.get("securityContext") or {}
    if own.get("runAsUser", of_pod.get("runAsUser", image_user)):
        return 0
    if own.get("privileged"):
        return _ALL
    asked = own.get("capabilities") or {}
    held = 0 if "ALL" in (asked.get("drop") or ()) else _DEFAULT & ~_mask(asked.get("drop") or ())
    return held | (_ALL if "ALL" in (asked.get("add") or ()) else _mask(asked.get("add") or ()))


def with_own_status(argv: Sequence[str], directory: Path, container: str, held: int) -> list[str]:
    """The command with the status file of this container in the place of the machine's."""
    if not any(STATUS in word for word in argv):
        return list(argv)
    status = directory / f"{container}.status"
    status.write_text(f"Name:\tsh\nCapEff:\t{held:016x}\n")
    return [word.replace(STATUS, str(status)) for word in argv]


def _mask(names: Sequence[str]) -> int:
    return sum(1 << _BITS[name] for name in set(names) if name in _BITS)
