"""The pretended cluster's tcpdumps: which of them run, and the containers that passive captures have left in pods."""

from pathlib import Path
from typing import Any

from tests.e2e.api import Api

Json = dict[str, Any]
PROGRAM = b"tests.cluster.standins.tcpdump"


def dumping_in(pod: Json) -> list[int]:
    """The processes of tcpdump in this pod, by the address that they were started with. Linux only."""
    address = f"POD_IP={pod['status']['podIP']}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, environ = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
        except OSError:
            continue
        if PROGRAM in command.split(b"\0") and address in environ.split(b"\0"):
            found.append(int(folder.name))
    return found


def added(api: Api, pod: str) -> list[Json]:
    """The states of the containers that were added to a pod, by their names, as the kubelet tells them."""
    found = api.pod(pod)
    assert found
    return [status["state"] for status in found["status"].get("ephemeralContainerStatuses") or []]


def all_ended(api: Api, pod: str) -> bool:
    """Whether none of them runs any more."""
    return all("terminated" in state for state in added(api, pod))
