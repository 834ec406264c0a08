"""The fake cluster as its users see it: a process to start, a kubeconfig, and controls.

with ClusterProcess(directory) as cluster:
    run("kubectl", "--kubeconfig", cluster.kubeconfig, ...)
"""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
_END_SECONDS = 10


class ControlError(Exception):
    """The control endpoint refused."""


class ClusterProcess(AbstractContextManager["ClusterProcess"]):
    """One cluster in a process and session of its own; `directory` (made if missing) gets its files."""

    def __init__(self, directory: Path, settings: Mapping[str, Any] | None = None) -> None:
        self.directory = directory
        self._initial = dict(settings or {})
        self._process: subprocess.Popen[str] | None = None

    @property
    def kubeconfig(self) -> Path:
        """The admin's."""
        return self.directory / "admin.conf"

    @property
    def log(self) -> Path:
        """What the process wrote to standard error."""
        return self.directory / "cluster.log"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the cluster has not been started"
        return self._process.pid

    def start(self) -> ClusterProcess:
        """Returns when it serves. Raises RuntimeError with its log when it does not come up."""
        self.directory.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "fakecluster", "--dir", str(self.directory), "--parent-pipe"]
        command.append(f"--settings={json.dumps(self._initial)}")
        with self.log.open("w") as log:
            # The pipe on its stdin is never written to: its end tells the cluster that we are gone.
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "ready":
            self.stop()
            raise RuntimeError(f"the fake cluster did not start:\n{self.log.read_text()}")
        return self

    def stop(self) -> None:
        """Ends it and everything it started; harmless when it is not running."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()

    def __enter__(self) -> ClusterProcess:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Calls the control endpoint (see control.py). Raises ControlError with what it said."""
        server, token, opener = self._access
        request = urllib.request.Request(
            f"{server}/_control/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        try:
            with opener.open(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise ControlError(f"{error.code}: {json.load(error)['message']}") from error

    @cached_property
    def _access(self) -> tuple[str, str, urllib.request.OpenerDirector]:
        config = json.loads(self.kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        context = ssl.create_default_context(cadata=_pem(cluster["certificate-authority-data"]))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        return str(cluster["server"]), str(config["users"][0]["user"]["token"]), opener

    def fault(self, kind: str, **fields: Any) -> int:
        """Causes a fault (see faults.Fault); its id."""
        return int(self.control("POST", "faults", {"kind": kind, **fields})["id"])

    def has_struck(self, fault: int) -> bool:
        """Whether a request has met this fault; waits for one, a second at most."""
        return bool(self.control("GET", f"faults/{fault}")["struck"])

    def no_fault(self, fault: int) -> None:
        """Ends that fault; what it holds goes on."""
        self.control("DELETE", f"faults/{fault}")

    def no_faults(self) -> None:
        self.control("DELETE", "faults")

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Changes settings of the API (cluster.ApiSettings) and the runtime (settings.Settings); all of them."""
        return dict(self.control("PATCH", "settings", changes))

    def act(self, name: str, **body: Any) -> dict[str, Any]:
        """Carries out one of actions.ACTIONS."""
        return dict(self.control("POST", f"actions/{name}", body))

    def history(self, resource: str = "", namespace: str | None = None) -> list[dict[str, Any]]:
        """Every change of every object, oldest first; only of a resource (`pods`), only in a namespace ("": in none).

        It is complete: ControlError (410) when something of what is asked for was forgotten.
        """
        return list(self.control("GET", f"history/{resource}{_query(namespace=namespace)}"))

    def forget_history(self, namespace: str) -> None:
        """What happened and will happen in that namespace, and to it: to be called when it is gone."""
        self.control("DELETE", f"history{_query(namespace=namespace)}")

    def requests(self, namespace: str | None = None, user: str | None = None) -> list[dict[str, Any]]:
        """Every request but those to the control endpoint, oldest first; only in a namespace, only by a user."""
        return list(self.control("GET", f"requests{_query(namespace=namespace, user=user)}"))

    def forget_requests(self, namespace: str | None = None, user: str | None = None) -> None:
        self.control("DELETE", f"requests{_query(namespace=namespace, user=user)}")

    def user(
        self,
        name: str,
        *,
        namespace: str = "",
        rules: list[dict[str, Any]] | None = None,
        groups: tuple[str, ...] = (),
    ) -> Path:
        """A new user, bound to a Role with these rules (a ClusterRole without namespace); the user's kubeconfig."""
        body = {"name": name, "groups": groups, "namespace": namespace, "rules": rules}
        token = self.control("POST", "users", body)["token"]
        config = json.loads(self.kubeconfig.read_text())
        config["users"] = [{"name": name, "user": {"token": token}}]
        config["contexts"][0]["context"] |= {"user": name, "namespace": namespace or "default"}
        path = self.directory / f"{name.replace(':', '-')}.conf"
        path.write_text(json.dumps(config))
        path.chmod(0o600)
        return path

    def remove_user(self, name: str) -> None:
        """The user's tokens stop working."""
        self.control("DELETE", f"users/{name}")


def _query(**wanted: str | None) -> str:
    given = {key: value for key, value in wanted.items() if value is not None}
    return f"?{urlencode(given)}" if given else ""


def _pem(data: str) -> str:
    return base64.b64decode(data).decode()
