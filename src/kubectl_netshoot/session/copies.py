"""A copy that exists, by its name; nothing else is touched."""

from kubectl_netshoot.errors import RefusedError
from kubectl_netshoot.kube.api import Json
from kubectl_netshoot.kube.missing import no_copy
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.marks import is_ours


def own_pod(reads: Reads, name: str) -> tuple[Pod, Json]:
    """The pod of ours that is called so, and all that the API says of it.

    Raises NotThereError where there is none, RefusedError for a pod of somebody else.
    """
    found = reads.pod_as_sent(name)
    if found is None:
        raise no_copy(reads.fetch, name, [copy.name for copy in reads.copies()])
    if not is_ours(found[0]):
        raise RefusedError(
            f"pod {name} was not made by kubectl-netshoot, and was not touched",
            f"try: kubectl netshoot list -n {found[0].namespace} {reads.fetch.flags}".rstrip(),
        )
    return found
