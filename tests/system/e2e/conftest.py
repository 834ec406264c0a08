"""Fixtures: a cluster, a namespace with a Deployment of three behind a Service, the program, and the witness."""

import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from fakecluster import manifests
from fakecluster.traffic import choose_traffic, usual_traffic
from tests.processes import RUN
from tests.system.e2e import kuberc
from tests.system.e2e.anycluster import AnyCluster, any_cluster
from tests.system.e2e.api import Api, is_ready
from tests.system.e2e.caller import CLIENT, Caller
from tests.system.e2e.dumps import Json, dumping_in, dumping_inside
from tests.system.e2e.network import API, Break
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.programs import install
from tests.system.e2e.scenery import Scenery
from tests.system.e2e.screen import Screen
from tests.system.e2e.somebody import Somebody
from tests.system.e2e.steps import Stepper
from tests.system.e2e.turnstile import Hold, Turnstile
from tests.system.e2e.witness import Witness
from tests.waiting import until

WEB = {"app": "web"}
REPLICAS = 3
ENFORCE = "pod-security.kubernetes.io/enforce"
# Waits that are long elsewhere, for the sake of proxies that are not here.
QUICK = ("--settle=0", "--drain=5s")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnyCluster]:
    with any_cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture(scope="session")
def api(cluster: AnyCluster) -> Iterator[Api]:
    """A namespace of our own, with Deployment web behind Services web and web-b."""
    api = Api(cluster.kubeconfig, f"e2e-{secrets.token_hex(4)}")
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": manifests.metadata(api.namespace)})
    try:
        # A pod is refused until the namespace has its service account.
        until(lambda: api.get("ServiceAccount", "default"), "the service account")
        api.create(manifests.deployment("web", REPLICAS, {**WEB, "tier": "front"}))
        api.create(manifests.service("web", WEB))
        api.create(manifests.service("web-b", {**WEB, "tier": "front"}))
        api.create(manifests.client_pod(CLIENT))
        until(lambda: is_ready(api.pod(CLIENT) or {}), "the client")
        for name in ("web", "web-b"):
            until(partial(_serve, api, name), f"the endpoints of {name}")
        yield api
    finally:
        api.delete("Namespace", api.namespace)


def _serve(api: Api, service: str) -> bool:
    return len(api.members(service)) == REPLICAS


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory, zipapp: Path) -> Path:
    """A folder for PATH."""
    return install(tmp_path_factory.mktemp("bin"), zipapp)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One HOME for all tests: the zipapp is unpacked once. Its kuberc would harm whoever lets kubectl read it."""
    home = tmp_path_factory.mktemp("home")
    kuberc.put(home)
    return home


@pytest.fixture
def temp(tmp_path: Path) -> Path:
    """The TMPDIR of the program under test."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def kubeconfig(
    cluster: AnyCluster, api: Api, programs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The cluster's, with our namespace as the default one."""
    kubectl, path = programs / "kubectl", tmp_path_factory.mktemp("kubeconfig") / "config"
    view: list[str | Path] = [
        kubectl,
        f"--kubeconfig={cluster.kubeconfig}",
        "config",
        "view",
        "--raw",
        "--flatten",
    ]
    path.write_bytes(subprocess.run(view, capture_output=True, check=True).stdout)
    namespace = [f"--kubeconfig={path}", "config", "set-context", "--current", f"--namespace={api.namespace}"]
    subprocess.run([kubectl, *namespace], stdout=subprocess.DEVNULL, check=True)
    return path


@pytest.fixture
def env(kubeconfig: Path, programs: Path, home: Path, temp: Path) -> dict[str, str]:
    """All that the program finds in its environment. RUN names the test, so that its processes can be found."""
    own = temp.parent / "kubeconfig"
    shutil.copy(kubeconfig, own)
    return {
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(temp),
        "KUBECONFIG": str(own),
        "TERM": "xterm",
        "LANG": "C.UTF-8",
        RUN: secrets.token_hex(8),
    }


@pytest.fixture
def witness(api: Api, home: Path, temp: Path, env: dict[str, str]) -> Witness:
    return Witness(api, home, temp, env[RUN])


@pytest.fixture(autouse=True)
def scenery(api: Api, witness: Witness) -> Iterator[Scenery]:
    """Also what makes the witness speak after every test, last of all since an autouse fixture is set up first."""
    scenery = Scenery(api, witness)
    yield scenery
    scenery.close()


@pytest.fixture
def plugin(env: dict[str, str], programs: Path, tmp_path: Path) -> Iterator[Plugin]:
    """`kubectl netshoot`; what a failed test left running is ended before the witness looks."""
    plugin = Plugin(env, str(programs / "kubectl"), tmp_path)
    yield plugin
    plugin.close()


@pytest.fixture
def screen(plugin: Plugin) -> Iterator[Callable[..., Screen]]:
    """Start it on a terminal."""
    screens: list[Screen] = []

    def start(*words: str) -> Screen:
        screens.append(Screen(plugin.argv(*words), plugin.env, plugin.folder))
        return screens[-1]

    yield start
    for one in screens:
        one.close()


@pytest.fixture
def source(api: Api) -> str:
    """The name of a ready pod of Deployment web."""
    return str(min(pod["metadata"]["name"] for pod in api.ready_pods(**WEB)))


@pytest.fixture
def somebody(api: Api, scenery: Scenery, programs: Path, env: dict[str, str]) -> Somebody:
    """Who runs the program in this test, once it was said what they may do."""
    return Somebody(api, scenery, programs / "kubectl", Path(env["KUBECONFIG"]))


@pytest.fixture
def level(api: Api) -> Iterator[Callable[[str | None], None]]:
    """Make the namespace enforce a PodSecurity level, for one test."""

    def enforce(value: str | None) -> None:
        api.patch("Namespace", api.namespace, {"metadata": {"labels": {ENFORCE: value}}})

    yield enforce
    enforce(None)


@pytest.fixture
def dumping(cluster: AnyCluster, api: Api, programs: Path) -> Callable[[Json], bool]:
    """Whether a tcpdump runs in a pod."""
    if cluster.fake:
        return dumping_in
    return partial(dumping_inside, kubectl=programs / "kubectl", kubeconfig=api.kubeconfig)


@pytest.fixture
def turnstile(
    cluster: AnyCluster, api: Api, programs: Path, tmp_path: Path, env: dict[str, str]
) -> Iterator[Callable[[Hold | None], Turnstile]]:
    """Put a gate between the program and the API server."""
    with ExitStack() as stack:

        def put(hold: Hold | None) -> Turnstile:
            kubectl = str(programs / "kubectl")
            gate = Turnstile(kubectl, cluster.kubeconfig, tmp_path, api.namespace, hold)
            env["KUBECONFIG"] = str(stack.enter_context(gate).kubeconfig)
            return gate

        yield put


@pytest.fixture
def stepper(
    plugin: Plugin,
    api: Api,
    opening: tuple[str, ...],
    caller: Caller,
    turnstile: Callable[[Hold | None], Turnstile],
) -> Stepper:
    """Stops a session at a step, whose first words are those of the test's own `opening`."""
    return Stepper(plugin, api, opening, caller, turnstile)


@pytest.fixture
def behind(scenery: Scenery) -> str:
    """An application behind Service api, port 80."""
    scenery.add_ready(1, manifests.pod("api-x7k", API), manifests.service("api", API), **API)
    return "api-x7k"


@pytest.fixture
def breaks(cluster: AnyCluster, api: Api) -> Iterator[Break]:
    """Put a rule into the network (fakecluster/settings.py): its effect on connections to this pod, or to any."""
    rules: list[Json] = []

    def add(effect: str, pod: str = "", **more: object) -> None:
        name = f"{api.namespace}/{pod}" if pod else ""
        rules.append({"effect": effect, "pod": name, **more})
        cluster.faulty().settings(network=rules)

    yield add
    if rules and cluster.fake:
        cluster.fake.settings(network=[])


@pytest.fixture
def caller(api: Api, programs: Path) -> Iterator[Caller]:
    """The client pod's connections."""
    caller = Caller(api, programs / "kubectl")
    yield caller
    caller.close()


@pytest.fixture
def traffic(cluster: AnyCluster, tmp_path: Path, caller: Caller) -> Iterator[Callable[..., None]]:
    """Choose what tcpdump captures in this test (fakecluster/traffic.py); at first a packet every 10 ms.

    A cluster that was given has a client that calls Service web and its pods; to choose skips the test there.
    """

    def choose(program: str = "tcpdump", **variables: object) -> None:
        changed = {"TCPDUMP_INTERVAL": 0.01, **variables}
        choose_traffic(cluster.faulty(), tmp_path / "standins", program, **changed)

    if not cluster.fake:
        caller.keep_calling("web")
        yield choose
        return
    choose()
    yield choose
    usual_traffic(cluster.fake)


@pytest.fixture
def kept(plugin: Plugin, source: str) -> Iterator[str]:
    """The name of a copy that is out of service."""
    done = plugin.run(source, "--keep", "--name=kept", "--", "true")
    assert done.status == 0, done.stderr
    yield "kept"
    plugin.run("cleanup", "kept")
