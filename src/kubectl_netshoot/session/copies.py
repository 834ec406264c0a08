"""Which copies there are, and how each stands: what `list` shows, and what a cleanup chooses from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kubectl_netshoot.kube.kubeconfig import Connection
from kubectl_netshoot.kube.missing import no_namespace
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.marks import Mark, read_mark
from kubectl_netshoot.session.connection import reached
from kubectl_netshoot.terminal import Terminal


@dataclass(frozen=True)
class CopyStatus:
    """One copy as `list` shows it; `in_service` are the Services that hold it in a slice now.

    `looked_at` is by the API server's clock, as are the times that it is compared with.
    """

    pod: Pod
    mark: Mark | None
    in_service: tuple[str, ...]
    looked_at: datetime

    @property
    def left(self) -> timedelta | None:
        deadline = self.pod.deadline
        return deadline - self.looked_at if deadline else None

    @property
    def age(self) -> timedelta:
        return self.looked_at - self.pod.created if self.pod.created else timedelta()

    @property
    def owner(self) -> str:
        """Who made it, by its mark, or by its birth where it was not marked yet; empty where neither says."""
        return self.mark.owner if self.mark else self.pod.birth.owner if self.pod.birth else ""

    @property
    def expired(self) -> bool:
        return self.pod.finished or (self.left is not None and self.left <= timedelta())


def list_copies(connection: Connection, terminal: Terminal, everywhere: bool) -> tuple[CopyStatus, ...]:
    """Every copy of ours in the namespace, or in all of them. Raises NetshootError where there is no such namespace."""
    with reached(connection, terminal) as (_, fetch):
        reads = Reads(fetch)
        copies = reads.copies(everywhere)
        if not (copies or everywhere) and (error := no_namespace(fetch)):
            raise error
        return statuses(copies, reads)


def statuses(copies: Sequence[Pod], reads: Reads) -> tuple[CopyStatus, ...]:
    """What `list` shows of these copies, sorted by namespace and name."""
    found, clock = [], reads.now()
    for namespace in sorted({copy.namespace for copy in copies}):
        here = sorted((copy for copy in copies if copy.namespace == namespace), key=lambda copy: copy.name)
        holders = Reads(reads.fetch.elsewhere(namespace)).holders([copy.uid for copy in here])
        found += [CopyStatus(copy, read_mark(copy), holders[copy.uid], clock) for copy in here]
    return tuple(found)
