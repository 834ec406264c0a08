"""Which tcpdumps run in pods, and the containers that passive captures have left there."""

import subprocess
from pathlib import Path
from typing import Any

from kubectl_netshoot.model import CONTAINER
from tests.system.e2e.api import Api

Json = dict[str, Any]
PROGRAM = b"fakecluster.standins.tcpdump"


def dumping_in(pod: Json) -> bool:
    """Whether one runs in this fake pod."""
    return bool(dumps_in(pod))


def dumps_in(pod: Json) -> list[int]:
    """The processes of those in this fake pod, by the address that they were started with. Linux only."""
    address, found = f"POD_IP={pod['status']['podIP']}".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, environ = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
        except OSError:
            continue
        if PROGRAM in command.split(b"\0") and address in environ.split(b"\0"):
            found.append(int(folder.name))
    return found


def dumping_inside(pod: Json, kubectl: Path, kubeconfig: Path) -> bool:
    """Whether one runs in this pod of a cluster that was given, as its last container with the tools sees it."""
    meta, names = pod["metadata"], [c["name"] for c in pod["spec"].get("ephemeralContainers") or []]
    inside = (
        f"--kubeconfig={kubeconfig}",
        f"--namespace={meta['namespace']}",
        f"--container={[CONTAINER, *names][-1]}",
    )
    script = "sh", "-c", "cat /proc/[0-9]*/comm"
    done = subprocess.run(
        [kubectl, "exec", *inside, meta["name"], "--", *script], capture_output=True, check=False
    )
    return b"tcpdump" in done.stdout.split()


def added(api: Api, pod: str) -> list[Json]:
    """The states of the containers that were added to a pod, by their names, as the kubelet tells them."""
    found = api.pod(pod)
    assert found
    return [status["state"] for status in found["status"].get("ephemeralContainerStatuses") or []]


def all_ended(api: Api, pod: str) -> bool:
    """Whether none of them runs any more."""
    return all("terminated" in state for state in added(api, pod))
