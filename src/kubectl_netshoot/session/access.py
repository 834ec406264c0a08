"""Rights before a session: asked about while everything else is read, and told in full where some are missing."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.kube.access import review
from kubectl_netshoot.kube.connection import Target
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.rules.rights import Review, Right, merged, of_target, rights, role_yaml
from kubectl_netshoot.rules.targets import AnyTarget


@dataclass(frozen=True)
class Wanted:
    """The rights that something uses, and the flag of `rbac` that prints a Role with them."""

    rights: tuple[Right, ...]
    flag: str


def of_session(joining: bool, target: AnyTarget) -> Wanted:
    """What a session uses, from the choice of its pod on."""
    return Wanted(merged(rights(joining), of_target(target)), " --join" if joining else "")


@contextmanager
def reviewed(reads: Reads, wanted: Wanted, target: Target, name: str = "") -> Iterator[Future[Review]]:
    """The review, under way while the body reads; a read that is refused is told with all else that is missing.

    `name` is that of the pod that rights are used on, where it is known.
    """
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(review, reads.fetch, wanted.rights, name)
        try:
            yield asked
        except ApiError as error:
            if error.code == 403:
                demand(asked.result(), wanted, target, error.message)
            raise


def demand(found: Review, wanted: Wanted, target: Target, said: str = "") -> None:
    """Raise NetshootError with every needed right that is missing, and the smallest Role that would do.

    `said` are the server's own words where it has refused something already.
    """
    if not found.missing:
        return
    count, namespace = len(found.missing), target.namespace
    needed = [right for right in wanted.rights if right.needed]
    rbac = f"kubectl netshoot rbac{wanted.flag} -n {namespace}"
    lines = [
        *([said] if said else []),
        *(f"you may not {right}: {right.purpose}" for right in found.missing),
        f"this Role would do; `{rbac}` adds what is useful beside it:",
        *role_yaml(needed, namespace).splitlines(),
    ]
    what = "1 right is missing" if count == 1 else f"{count} rights are missing"
    raise NetshootError(f"{what} in namespace {namespace}, and nothing was changed", "\n".join(lines))
