"""Rights before a session: asked about while everything else is read, and told in full where some are missing."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from kubectl_netshoot.cluster import Reads, review
from kubectl_netshoot.config import Target
from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.request import SessionRequest
from kubectl_netshoot.rights import Review, rights, role_yaml


@contextmanager
def reviewed(reads: Reads, request: SessionRequest, target: Target) -> Iterator[Future[Review]]:
    """The review, under way while the body reads; a read that is refused is told with all else that is missing."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(review, reads.fetch, rights(request.joining), request.name)
        try:
            yield asked
        except ApiError as error:
            if error.code == 403:
                demand(asked.result(), request.joining, target, error.message)
            raise


def demand(found: Review, joining: bool, target: Target, said: str = "") -> None:
    """Raise NetshootError with every needed right that is missing, and the smallest Role that would do.

    `said` are the server's own words where it has refused something already.
    """
    if not found.missing:
        return
    count, flag = len(found.missing), " --join" if joining else ""
    needed = [right for right in rights(joining) if right.needed]
    lines = [
        *([said] if said else []),
        *(f"you may not {right}: {right.purpose}" for right in found.missing),
        f"this Role would do; `kubectl netshoot rbac{flag} -n {target.namespace}` adds what is useful beside it:",
        *role_yaml(needed, target.namespace).splitlines(),
    ]
    what = "1 right is missing" if count == 1 else f"{count} rights are missing"
    raise NetshootError(f"{what} in namespace {target.namespace}, and nothing was changed", "\n".join(lines))
