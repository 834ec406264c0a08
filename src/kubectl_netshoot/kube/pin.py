"""Which cluster, as whom, in which namespace: resolved once, kubectl's own way, into one private kubeconfig."""

import contextlib
import json
from collections.abc import Iterator

from kubectl_netshoot.kube.connection import Connection, Pinned
from kubectl_netshoot.kube.kubeconfig import resolve
from kubectl_netshoot.kube.private_files import locked_folder, private_file, private_parent, sweep


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
