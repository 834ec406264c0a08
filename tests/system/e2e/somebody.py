"""Somebody with a Role and nothing else: a service account of the cluster, by its token."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakecluster import manifests
from tests.system.e2e.api import Api, Refused
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery
from tests.waiting import until

Json = dict[str, Any]
NAME = "somebody"
RBAC = "rbac.authorization.k8s.io"


def role(plugin: Plugin, flag: str, *without: str) -> Json:
    """What `rbac` prints with this flag, less these resources."""
    printed: Json = json.loads(plugin.run("rbac", flag, "-o", "json").stdout)
    for rule in printed["rules"]:
        rule["resources"] = [name for name in rule["resources"] if name not in without]
    printed["rules"] = [rule for rule in printed["rules"] if rule["resources"]]
    return printed


@dataclass
class Somebody:
    """Whom `kubeconfig`, the program's own, is given to."""

    api: Api
    scenery: Scenery
    kubectl: Path
    kubeconfig: Path

    def has(self, role: Json) -> None:
        """From now on the program runs as somebody with this Role."""
        account: Json = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": manifests.metadata(NAME)}
        self.scenery.add(account, role, self._binding(role["metadata"]["name"]))
        token = self.api.post("ServiceAccount", NAME, "token", {"spec": {}})["status"]["token"]
        self._config("set-credentials", NAME, f"--token={token}")
        self._config("set-context", "--current", f"--user={NAME}")
        until(self._is_known, "the Role in the authorizer")

    def _binding(self, role: str) -> Json:
        return {
            "apiVersion": f"{RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": manifests.metadata(NAME),
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": self.api.namespace}],
        }

    def _config(self, *words: str) -> None:
        argv: list[str | Path] = [self.kubectl, f"--kubeconfig={self.kubeconfig}", "config", *words]
        subprocess.run(argv, stdout=subprocess.DEVNULL, check=True)

    def _is_known(self) -> bool:
        """An authorizer hears of Roles and bindings a moment later; each Role here grants one of these."""
        mine = Api(self.kubeconfig, self.api.namespace)
        for look in (lambda: mine.objects("EndpointSlice"), lambda: mine.get("Pod", NAME)):
            try:
                look()
            except Refused as refused:
                if refused.code != 403:
                    raise
            else:
                return True
        return False
