"""Which cluster, as whom, in which namespace: resolved once, kubectl's own way, into one private kubeconfig.

Everything later, our own client and every kubectl, uses this file and nothing else, so that a context that is
switched or a kubeconfig that is replaced in the middle of a session cannot send the clean-up elsewhere.
The file holds credentials: it lies in a folder of its own (0700, the file 0600), goes away with the
session, and is swept by the next run when we were killed.
"""

import contextlib
import json
from collections.abc import Iterator

from .connection import Connection, Pinned, Target
from .kubeconfig import resolve
from .private import abandoned, locked_folder, private_file, private_parent, sweep

__all__ = ["Connection", "Pinned", "Target", "abandoned", "pin", "private_file", "resolve"]


@contextlib.contextmanager
def pin(flags: Connection, tidy: bool = True) -> Iterator[Pinned]:
    """Resolve and write the private kubeconfig; it is gone when the context ends.

    If `tidy`, what killed runs left is swept first.
    """
    target, kubeconfig = resolve(flags)
    parent = private_parent()
    if tidy:
        sweep(parent)
    with locked_folder(parent) as folder:
        pinned = Pinned(target, kubeconfig, folder)
        private_file(pinned.path, json.dumps(kubeconfig))
        yield pinned
