"""Where one session takes place: a namespace of its own with a Deployment behind a Service, and a user of its own."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fakecluster import manifests
from fakecluster.handle import ClusterProcess
from tests.system.chaos.admission_policies import Policies
from tests.system.chaos.load import Clients
from tests.system.chaos.program import Program
from tests.system.e2e.api import Api

COPY = "copy"
SERVICE = "web"
LABELS = {"app": "web"}
REPLICAS = 2
Json = dict[str, Any]


def application() -> Json:
    """The container behind the Service: it answers by TCP and by UDP."""
    made = manifests.app_container()
    made["ports"] = [{"containerPort": manifests.PORT, "protocol": protocol} for protocol in ("TCP", "UDP")]
    return made


def service() -> Json:
    """The Service: port 80 by TCP and by UDP."""
    made = manifests.service(SERVICE, LABELS)
    port = {"port": 80, "targetPort": manifests.PORT}
    made["spec"]["ports"] = [{**port, "name": name, "protocol": name.upper()} for name in ("tcp", "udp")]
    return made


@dataclass
class Scene:
    """What a trouble may lay hands on. `api` is an administrator's; the session runs as `user`.

    `again` starts another session on the same pod. `missed` says why a trouble did not strike.
    """

    cluster: ClusterProcess
    api: Api
    user: str
    source: str
    again: Callable[[], Program]
    program: Program
    clients: Clients
    policies: Policies
    others: list[Program] = field(default_factory=list)
    missed: str = ""
    lost_node: str = ""
    _faults: list[int] = field(default_factory=list)
    _later: list[threading.Timer] = field(default_factory=list)

    @property
    def namespace(self) -> str:
        return self.api.namespace

    def fault(self, kind: str, **fields: Any) -> int:
        """A fault that strikes the requests of this session alone."""
        fault = self.cluster.fault(kind, user=self.user, **fields)
        self._faults.append(fault)
        return fault

    def no_fault(self, fault: int) -> None:
        """The end of this one."""
        self.cluster.no_fault(fault)
        self._faults.remove(fault)

    def act(self, name: str, pod: str, **body: Any) -> None:
        """Something that no client of the API can do, to a pod of this namespace."""
        self.cluster.act(name, namespace=self.namespace, pod=pod, **body)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do it after so many seconds, or when the scene is cleared."""
        timer = threading.Timer(seconds, action)
        timer.daemon = True
        self._later.append(timer)
        timer.start()

    def clear(self) -> None:
        """The end of every fault, and of the policy that was put."""
        for timer in self._later:
            timer.cancel()
        for fault in self._faults:
            self.cluster.no_fault(fault)
        self._faults.clear()
        self.policies.end(self.namespace)


def kubeconfig(plain: Path, folder: Path, namespace: str) -> Path:
    """One like `plain`, whose user has a credential plugin instead of a token."""
    config: Json = json.loads(plain.read_text())
    token = config["users"][0]["user"]["token"]
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": token},
    }
    (folder / "credential.json").write_text(json.dumps(credential))
    plugin = folder / "credential-plugin"
    plugin.write_text(f"#!/bin/sh\nexec cat {folder}/credential.json\n")
    plugin.chmod(0o700)
    exec_ = {
        "apiVersion": credential["apiVersion"],
        "command": str(plugin),
        "interactiveMode": "Never",
    }
    config["users"][0]["user"] = {"exec": exec_}
    config["contexts"][0]["context"]["namespace"] = namespace
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config))
    return path
