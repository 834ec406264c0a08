"""Errors for what is not there. What was probably meant is looked for by a few small reads at once, as far as they may
be read.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from kubectl_netshoot.errors import ApiError, NotThereError, near
from kubectl_netshoot.kube.api import PAGE, Fetch
from kubectl_netshoot.model import MANAGED_BY, MANAGED_BY_LABEL, Json
from kubectl_netshoot.rules.targets import KINDS, POD, SERVICE, TargetName

# Where a name is looked for, the kinds that people mean most often first.
ORDER = ("deploy", "sts", "ds", SERVICE, "job", "cronjob", POD)
NODES, NAMESPACES = "/api/v1/nodes", "/api/v1/namespaces"


def no_object(fetch: Fetch, target: TargetName) -> NotThereError:
    """What to raise for a pod, workload or Service that the API server says is not there."""
    if error := no_namespace(fetch):
        return error
    kind = KINDS[target.kind]
    called = "Service" if target.kind == SERVICE else kind.plural[:-1]
    return NotThereError(
        f'no {called} "{target.name}" in namespace {fetch.namespace}',
        target.name,
        _meant(fetch, target),
        f"try: kubectl get {kind.plural} -n {fetch.namespace}{_flags(fetch)}",
    )


def no_namespace(fetch: Fetch) -> NotThereError | None:
    """What to raise where the API server says that the namespace itself is not there."""
    try:
        if fetch.find(f"{NAMESPACES}/{fetch.namespace}") is not None:
            return None
    except ApiError:
        return None
    return NotThereError(
        f'no namespace "{fetch.namespace}"',
        fetch.namespace,
        near(fetch.namespace, _names(fetch, NAMESPACES)),
        f"try: kubectl get namespaces{_flags(fetch)}",
        ("-n", "--namespace"),
    )


def no_node(fetch: Fetch, name: str) -> NotThereError:
    """What to raise for a node that the API server says is not there."""
    meant = near(name, _names(fetch, NODES))
    return NotThereError(f'no node "{name}"', name, meant, f"try: kubectl get nodes{_flags(fetch)}")


def no_copy(fetch: Fetch, name: str, copies: Iterable[str]) -> NotThereError:
    """What to raise for a copy that is not there; `copies` are the names of those that are."""
    if error := no_namespace(fetch):
        return error
    return NotThereError(
        f'no copy "{name}" in namespace {fetch.namespace}',
        name,
        near(name, copies),
        f"try: kubectl netshoot list -n {fetch.namespace}{_flags(fetch)}",
    )


def _flags(fetch: Fetch) -> str:
    return f" {fetch.flags}" if fetch.flags else ""


def _meant(fetch: Fetch, target: TargetName) -> str:
    """The same name of another kind, else a name of the same kind that is nearly it; as TARGET has it."""
    own = KINDS[target.kind]
    others = [kind for kind in ORDER if kind != target.kind]
    with ThreadPoolExecutor(len(others) + 1) as pool:
        alike = pool.submit(lambda: near(target.name, _names(fetch, fetch.path(own.api, own.plural))))
        found = pool.map(lambda kind: _is_there(fetch, TargetName(kind, target.name)), others)
        elsewhere = [kind for kind, is_there in zip(others, found, strict=True) if is_there]
    if elsewhere:
        return f"{elsewhere[0]}/{target.name}"
    if not (name := alike.result()):
        return ""
    return name if target.kind == POD else f"{target.kind}/{name}"


def _is_there(fetch: Fetch, target: TargetName) -> bool:
    kind = KINDS[target.kind]
    try:
        return fetch.find(fetch.path(kind.api, kind.plural, target.name)) is not None
    except ApiError:
        return False


def _names(fetch: Fetch, path: str) -> list[str]:
    """The names on the first page of a list, ours left out; none where it may not be read."""
    try:
        page = fetch.get(path, {"limit": PAGE, "labelSelector": f"{MANAGED_BY_LABEL}!={MANAGED_BY}"})
    except ApiError:
        return []
    return sorted(_named(page))


def _named(page: Json) -> Iterator[str]:
    items = page.get("items")
    for item in items if isinstance(items, list) else ():
        metadata = item.get("metadata") if isinstance(item, dict) else None
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if isinstance(name, str):
            yield name
