"""A client inside the cluster: holds a connection to a pod for as long as a test wants, and knows what is there."""

import subprocess
from contextlib import ExitStack
from pathlib import Path

from fakecluster.manifests import PORT
from tests.system.e2e.api import Api
from tests.waiting import until

CLIENT = "client"


class Caller:
    """Pod `client`, by kubectl exec; what is still open is closed with the test."""

    def __init__(self, api: Api, kubectl: Path) -> None:
        self._api, self._kubectl = api, kubectl
        self._stack = ExitStack()

    def connect(self, pod: str) -> "Connection":
        """An established TCP connection to the application in this pod."""
        found = self._api.pod(pod)
        assert found
        address = f"/dev/tcp/{found['status']['podIP']}/{PORT}"
        connection = Connection(self._exec(f"exec 3<>{address} && echo connected && cat >/dev/null"))
        self._stack.callback(connection.close)
        return connection

    def keep_calling(self, service: str) -> None:
        """GET / of this Service and of each pod behind it now, over and over, until the end of the test."""
        members = [pod for name in self._api.members(service) if (pod := self._api.pod(name))]
        found = self._api.get("Service", service)
        assert found
        urls = [f"http://{pod['status']['podIP']}:{PORT}" for pod in members]
        urls.append(f"http://{found['spec']['clusterIP']}")
        loop = f"while sleep 0.02; do curl --silent --max-time 2 {' '.join(urls)}; done"
        connection = Connection(
            self._exec(f"({loop}) >/dev/null 2>&1 & echo connected; cat >/dev/null; kill $!")
        )
        self._stack.callback(connection.close)

    def can(self, script: str) -> bool:
        """Whether this ends well there."""
        with self._exec(script) as child:
            child.communicate()
        return child.returncode == 0

    def close(self) -> None:
        self._stack.close()

    def _exec(self, script: str) -> subprocess.Popen[bytes]:
        base: list[str | Path] = [
            self._kubectl,
            f"--kubeconfig={self._api.kubeconfig}",
            f"--namespace={self._api.namespace}",
        ]
        words = ["exec", "--stdin", CLIENT, "--", "bash", "-c", script]
        return subprocess.Popen([*base, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


class Connection:
    """Open once it is made."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        assert child.stdout
        assert child.stdout.readline() == b"connected\n"

    @property
    def is_open(self) -> bool:
        return self._child.poll() is None

    def close(self) -> None:
        """Close it; returns when that has happened."""
        assert self._child.stdin
        assert self._child.stdout
        self._child.stdin.close()
        until(lambda: not self.is_open, "the end of the connection")
        self._child.stdout.close()
