"""What is not there is said with what was probably meant, by few reads; what may not be read is not guessed."""

import pytest

from kubectl_netshoot.errors import NotThereError
from kubectl_netshoot.kube.api import Api, Fetch
from kubectl_netshoot.kube.kubeconfig import Target
from kubectl_netshoot.kube.missing import no_copy, no_namespace, no_node, no_object
from kubectl_netshoot.rules.targets import KINDS, TargetName
from tests.unit.kube.apiserver import Answer, ApiServer, Asked, failure

PODS = ("web-7d4b9-x2x4x", "db-0", "payments-5")
# By kind: what this namespace has.
OBJECTS: dict[str, tuple[str, ...]] = {
    "pod": PODS,
    "deploy": ("web", "nginx", "checkout"),
    "sts": ("db",),
    "svc": ("web", "nginx", "only-a-service"),
    "cronjob": ("nightly",),
}
CLUSTER: dict[str, tuple[str, ...]] = {"namespaces": ("shop", "payments"), "nodes": ("worker-1", "master")}


@pytest.fixture
def fetch(api: Api) -> Fetch:
    api.target = Target("prod", "", "", "shop", "")
    return Fetch(api, "shop", lambda _: None)


def decided(asked: Asked, forbidden: tuple[str, ...] = ()) -> Answer:
    """An API server that has these objects, and lets nobody read the forbidden kinds."""
    plural, _, name = asked.path.partition("?")[0].removeprefix("/api/v1/").partition("/")
    names = CLUSTER.get(plural, ())
    if "/namespaces/shop/" in asked.path:
        plural, _, name = asked.path.partition("?")[0].partition("/namespaces/shop/")[2].partition("/")
        names = next((OBJECTS.get(word, ()) for word, kind in KINDS.items() if kind.plural == plural), ())
    if plural in forbidden:
        return failure(403, "Forbidden")
    if name:
        return Answer({"metadata": {"name": name}}) if name in names else failure(404, "NotFound")
    return Answer({"items": [{"metadata": {"name": known}} for known in names]})


@pytest.mark.parametrize(
    ("target", "says", "meant"),
    [
        ("pod/nginx", 'no pod "nginx" in namespace shop', "deploy/nginx"),
        ("pod/nightly", 'no pod "nightly" in namespace shop', "cronjob/nightly"),
        ("pod/only-a-service", 'no pod "only-a-service" in namespace shop', "svc/only-a-service"),
        ("pod/db-1", 'no pod "db-1" in namespace shop', "db-0"),
        ("pod/payments", 'no pod "payments" in namespace shop', "payments-5"),
        ("pod/zzz", 'no pod "zzz" in namespace shop', ""),
        ("deploy/ngnix", 'no deployment "ngnix" in namespace shop', "deploy/nginx"),
        ("deploy/db", 'no deployment "db" in namespace shop', "sts/db"),
        ("svc/checkout", 'no Service "checkout" in namespace shop', "deploy/checkout"),
        ("svc/wbe", 'no Service "wbe" in namespace shop', ""),
        ("cronjob/nigthly", 'no cronjob "nigthly" in namespace shop', "cronjob/nightly"),
    ],
)
def test_what_was_probably_meant(fetch: Fetch, server: ApiServer, target: str, says: str, meant: str) -> None:
    server.decide = decided
    kind, _, name = target.partition("/")
    error = no_object(fetch, TargetName(kind, name))
    assert (error.message, error.meant, error.typed) == (
        f"{says}; did you mean {meant}?" if meant else says,
        meant,
        name,
    )
    assert error.hint == f"try: kubectl get {KINDS[kind].plural} -n shop --context prod"
    assert len(server.asked) <= 2 + len(KINDS)
    assert len([asked for asked in server.asked if "limit=500" in asked.path]) == 1


def test_what_may_not_be_read_is_not_guessed(fetch: Fetch, server: ApiServer) -> None:
    server.decide = lambda asked: decided(asked, ("namespaces", "deployments", "services", "pods"))
    error = no_object(fetch, TargetName("pod", "nginx"))
    assert (error.message, error.meant) == ('no pod "nginx" in namespace shop', "")


def test_a_namespace_that_is_not_there_is_the_reason(api: Api, server: ApiServer) -> None:
    server.decide = decided
    for name, guess in (("shp", "; did you mean shop?"), ("elsewhere", "")):
        fetch = Fetch(api, name, lambda _: None)
        for error in (
            no_object(fetch, TargetName("pod", "web")),
            no_copy(fetch, "web", ["web"]),
            no_namespace(fetch),
        ):
            assert error is not None
            assert error.message == f'no namespace "{name}"{guess}'
            assert error.hint == "try: kubectl get namespaces"
            assert error.flags == ("-n", "--namespace")


def test_a_namespace_that_is_there_or_may_not_be_read(fetch: Fetch, server: ApiServer) -> None:
    server.decide = decided
    assert no_namespace(fetch) is None
    server.decide = lambda asked: decided(asked, ("namespaces",))
    assert no_namespace(fetch) is None


def test_nodes_and_copies(fetch: Fetch, server: ApiServer) -> None:
    server.decide = decided
    assert no_node(fetch, "wrker-1").message == 'no node "wrker-1"; did you mean worker-1?'
    error = no_copy(fetch, "web-netshoot-x2x4y", ["web-netshoot-x2x4x", "db-netshoot-aaaaa"])
    assert isinstance(error, NotThereError)
    assert error.meant == "web-netshoot-x2x4x"
    assert error.hint == "try: kubectl netshoot list -n shop --context prod"


@pytest.mark.parametrize("items", [None, 3, [3], [{"metadata": None}], [{"metadata": {"name": 5}}], {}])
def test_a_list_that_is_none(fetch: Fetch, server: ApiServer, items: object) -> None:
    server.decide = lambda asked: (
        failure(404, "NotFound") if "?" not in asked.path else Answer({"items": items})
    )
    assert no_node(fetch, "x").meant == ""
