"""Credentials that a program gives (`exec` in a kubeconfig): asked for with a limit, believed only when whole.

The client's own way (kubernetes 35.0.0) waits for ever, gives the program our stdin, and only logs what went wrong.
"""

import base64
import json
import sys
from dataclasses import dataclass, field
from datetime import datetime, timezone

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube.client import HINT
from kubectl_netshoot.model import Json
from kubectl_netshoot.process import child
from kubectl_netshoot.rules.marks import parse_time

# A quiet program asks a server at most; a person may have to find a second factor.
QUIET_SECONDS = 60.0
PERSON_SECONDS = 300.0
# An honest plugin starts a handful. One that calls kubectl with the kubeconfig that names it starts itself, for ever.
CROWD = 32
GIVEN = {"clientCertificateData": "client-certificate-data", "clientKeyData": "client-key-data"}
KIND = "ExecCredential"
CLUSTER_INFO = "client.authentication.k8s.io/exec"


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Given:
    """What the plugin `name` gave and when, as a kubeconfig's user entry; `expires` where it said so."""

    name: str
    user: Json = field(repr=False)
    expires: datetime | None
    at: datetime

    @property
    def is_over(self) -> bool:
        """Whether it has expired since; what had when it was given is for the server to judge, as a clock is wrong."""
        return self.expires is not None and self.at < self.expires <= _now()

    @property
    def staleness(self) -> str:
        """Why a server may not take it: empty unless it had expired when it was given."""
        if self.expires is None or self.expires > self.at:
            return ""
        return f"; the credential plugin {self.name} gave one that expired at {self.expires.isoformat()}"


def ask_plugin(user: Json, cluster: Json) -> Given:
    """Run the `exec` of this user entry and put what it gave in its place.

    Raises NetshootError that names the plugin: missing, failed, too slow, or no credential in what it printed.
    """
    plugin = user["exec"]
    name, mode = str(plugin.get("command", "")), plugin.get("interactiveMode") or "IfAvailable"
    person = mode != "Never" and sys.stdin is not None and sys.stdin.isatty()
    # Also one that never asks may say which page to open, and wait for who does.
    seen = sys.stderr is not None and sys.stderr.isatty()
    if mode == "Always" and not person:
        raise _unusable(name, "asks for input, and stdin is not a terminal", plugin)
    argv = (name, *(str(word) for word in plugin.get("args") or []))
    env = {entry["name"]: entry["value"] for entry in plugin.get("env") or []}
    env["KUBERNETES_EXEC_INFO"] = json.dumps(_question(plugin, cluster, person))
    try:
        done = child.run(
            argv,
            env,
            PERSON_SECONDS if person or seen else QUIET_SECONDS,
            crowd=CROWD,
            with_terminal=person,
            shown=seen,
        )
    except child.CrowdError as error:
        why = "calls itself without end: it seems to call kubectl with the kubeconfig that names it"
        raise _unusable(name, why, plugin) from error
    except NetshootError as error:
        raise NetshootError(
            f"no credentials for the cluster: credential plugin {error.message}", _hint(plugin)
        ) from error
    if done.status:
        said = " ".join(done.stderr.split())[-500:]
        raise _unusable(name, f"ended with status {done.status}{f': {said}' if said else ''}", plugin)
    given, expires = _credential(name, plugin, done.stdout)
    kept = {key: value for key, value in user.items() if key != "exec"}
    return Given(name, kept | given, expires, _now())


def _question(plugin: Json, cluster: Json, person: bool) -> Json:
    spec: Json = {"interactive": person}
    if plugin.get("provideClusterInfo"):
        told = {key: value for key, value in cluster.items() if key != "extensions"} | {"config": None}
        for extension in cluster.get("extensions") or []:
            if extension.get("name") == CLUSTER_INFO:
                told["config"] = extension.get("extension")
        spec["cluster"] = told
    return {"apiVersion": plugin.get("apiVersion"), "kind": KIND, "spec": spec}


def _credential(name: str, plugin: Json, printed: str) -> tuple[Json, datetime | None]:
    answer = _document(printed)
    if answer.get("kind", KIND) != KIND or "apiVersion" not in answer:
        raise _unusable(name, "printed no ExecCredential", plugin)
    version, wanted = answer.get("apiVersion"), plugin.get("apiVersion")
    if version != wanted:
        raise _unusable(name, f"printed an ExecCredential of {version}, and {wanted} was asked for", plugin)
    status = answer.get("status")
    given = {key: value for key, value in status.items() if value} if isinstance(status, dict) else {}
    if not all(isinstance(given.get(key, ""), str) for key in ("token", "expirationTimestamp", *GIVEN)):
        raise _unusable(name, "printed an ExecCredential with fields that are no text", plugin)
    if len(GIVEN.keys() & given.keys()) == 1:
        raise _unusable(name, "printed a certificate or a key without the other", plugin)
    if not given.keys() & {"token", *GIVEN}:
        raise _unusable(name, "printed neither a token nor a certificate with its key", plugin)
    pair = {
        ours: base64.b64encode(given[theirs].encode()).decode()
        for theirs, ours in GIVEN.items()
        if theirs in given
    }
    token = {"token": given["token"]} if "token" in given else {}
    return pair | token, parse_time(given.get("expirationTimestamp", ""))


def _document(printed: str) -> Json:
    """The object in JSON or, as kubectl takes it too, YAML; empty where there is none."""
    try:
        answer = json.loads(printed)
    except (ValueError, RecursionError):
        import yaml

        try:
            # Every value is text then: a time is none of Python's.
            answer = yaml.load(printed, yaml.BaseLoader)
        except (yaml.YAMLError, ValueError, RecursionError):
            answer = None
    return answer if isinstance(answer, dict) else {}


def _unusable(name: str, why: str, plugin: Json) -> NetshootError:
    return NetshootError(f"no credentials for the cluster: credential plugin {name} {why}", _hint(plugin))


def _hint(plugin: Json) -> str:
    return " ".join(str(plugin.get("installHint") or "").split()) or HINT
