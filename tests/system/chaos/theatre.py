"""What all sessions of a run share: one fake cluster, the programs on PATH, the clients' load generator."""

import json
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fakecluster import manifests
from fakecluster.handle import ClusterProcess
from fakecluster.nodes import in_zone
from tests.processes import RUN
from tests.system.chaos.admission_policies import Policies
from tests.system.chaos.load import PATIENT, Clients, Kind, Load, Mix, Range
from tests.system.chaos.scene import LABELS, REPLICAS, SERVICE, application, kubeconfig, service
from tests.system.e2e.api import Api, labels_of
from tests.system.e2e.programs import install
from tests.waiting import until

Json = dict[str, Any]
# Probes come as often as the pods say: the program takes those that it does not expect for clients.
SETTINGS = {"back_off_base": 0.5, "image_back_off": 0.5, "probe_period_scale": 1.0, "watch_log_size": 1000}
PORT = 80
# Seconds that a keep-alive client stays with its connection: so short that the copy gets its share.
LIFE = (0.5, 3.0)
# Below the shortest settle time: a session that does not wait for the proxies is found out.
PROXY_DELAY = 0.7
# One of each kind.
MIX: Mix = dict.fromkeys(Kind, 1)
_SLOT = "chaos-slot"


@dataclass
class Theatre:
    """`rules` are those of the Role that `kubectl netshoot rbac --join` prints: no session has more rights."""

    folder: Path
    cluster: ClusterProcess
    load: Load
    programs: Path
    rules: list[dict[str, Any]]
    policies: Policies

    def environment(self, folder: Path, config: Path, programs: Path) -> dict[str, str]:
        """All that one session finds in its environment; RUN tells its processes from those of others."""
        temp = folder / "tmp"
        temp.mkdir()
        return {
            "PATH": f"{programs}:/usr/bin:/bin",
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(temp),
            "KUBECONFIG": str(config),
            "TERM": "xterm",
            "LANG": "C.UTF-8",
            RUN: secrets.token_hex(8),
        }


@dataclass
class Stage:
    """One namespace, while it lasts; `nodes` is the label of those that are its own."""

    folder: Path
    api: Api
    user: str
    clients: Clients
    kubeconfig: Path
    source: str
    nodes: str


@contextmanager
def opened(
    folder: Path, zipapp: Path, slots: int, mix: Mix = MIX, patient: Range = PATIENT, **settings: Any
) -> Iterator[Theatre]:
    """A theatre for so many sessions at once, each with these clients; `settings` are of the cluster."""
    (folder / "home").mkdir(parents=True)
    programs = install(folder / "bin", zipapp)
    with ExitStack() as stack:
        cluster = stack.enter_context(ClusterProcess(folder / "cluster", {**SETTINGS, **settings}))
        load = stack.enter_context(Load(cluster.kubeconfig, PROXY_DELAY, LIFE, mix=mix, patient=patient))
        for slot in range(slots):
            for zone in ("a", "b"):
                labels = {_SLOT: str(slot), **in_zone(f"here/here-{zone}")}
                cluster.act("add-node", node=f"node-{slot}-{zone}", labels=labels)
        yield Theatre(folder, cluster, load, programs, _rules(programs, folder), Policies(cluster))


@contextmanager
def staged(
    theatre: Theatre, name: str, slot: int, mix: Mix | None = None, failing: Json | None = None
) -> Iterator[Stage]:
    """A namespace with a Deployment behind a Service that clients keep calling; on the two nodes of this slot.

    The source is one of its pods or, where there is something by which its container is `failing`, one beside them.
    """
    folder = theatre.folder / name
    folder.mkdir()
    api = Api(theatre.cluster.kubeconfig, name)
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": manifests.metadata(name)})
    try:
        until(lambda: api.get("ServiceAccount", "default"), "the service account")
        on_slot = {_SLOT: str(slot)}
        containers = [application()]
        api.create(
            manifests.deployment(SERVICE, REPLICAS, LABELS, nodeSelector=on_slot, containers=containers)
        )
        api.create(service())
        until(lambda: len(api.members(SERVICE)) == REPLICAS, "the endpoints")
        clients = theatre.load.start(name, SERVICE, PORT, mix)
        clients.wait_until_served()
        plain = theatre.cluster.user(name, namespace=name, rules=theatre.rules)
        config = kubeconfig(plain, folder, name)
        source = (
            _fail(api, on_slot, failing)
            if failing
            else min(pod["metadata"]["name"] for pod in api.ready_pods(**LABELS))
        )
        yield Stage(folder, api, name, clients, config, source, f"{_SLOT}={slot}")
    finally:
        api.delete("Namespace", name)
        until(partial(_is_gone, api, name), f"the end of namespace {name}")
        theatre.cluster.remove_user(name)
        theatre.cluster.forget_requests(namespace=name)
        theatre.cluster.forget_requests(user=name)
        theatre.cluster.forget_history(name)


def _fail(api: Api, nodes: dict[str, str], failing: Json) -> str:
    """The name of a pod that is behind the Service and does not come up."""
    labels, containers = {**LABELS, "track": "next"}, [{**application(), **failing}]
    api.create(manifests.deployment("next", 1, labels, nodeSelector=nodes, containers=containers))

    def failed() -> list[str]:
        there = (pod for pod in api.objects("Pod") if labels.items() <= labels_of(pod).items())
        return [pod["metadata"]["name"] for pod in there if _is_failing(pod)]

    until(failed, "a pod that fails")
    return failed()[0]


def _is_failing(pod: Json) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return any(
        s["restartCount"] or "Pull" in s["state"].get("waiting", {}).get("reason", "") for s in statuses
    )


def _is_gone(api: Api, namespace: str) -> bool:
    return api.get("Namespace", namespace) is None


def _rules(programs: Path, folder: Path) -> list[dict[str, Any]]:
    argv = [str(programs / "kubectl"), "netshoot", "rbac", "--join", "--output=json"]
    env = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(folder / "home")}
    done = subprocess.run(argv, env=env, stdout=subprocess.PIPE, check=True)
    rules: list[dict[str, Any]] = json.loads(done.stdout)["rules"]
    return rules
