"""Which cluster, as whom, in which namespace: resolved once, kubectl's own way, into one private kubeconfig.

From kubectl's merged kubeconfig and its connection flags, all files in it embedded.
"""

import contextlib
import json
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from kubectl_netshoot.errors import NetshootError, NotThereError, UnknownWordError, UsageError, near
from kubectl_netshoot.kube import kubectl, proxies
from kubectl_netshoot.kube.entries import (
    AUTHORITY,
    INSECURE,
    checked_cluster,
    checked_user,
    cluster_with,
    has_relative,
    located,
    user_with,
)
from kubectl_netshoot.kube.kuberc import check_plugin, kube_folder
from kubectl_netshoot.kube.private_files import locked_folder, private_file, private_parent, sweep
from kubectl_netshoot.model import Json
from kubectl_netshoot.rules.targets import check_name

_LABEL = r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?")
_PATH = re.compile(r"[!-~]*")


@dataclass(frozen=True)
class Connection:
    """kubectl's own connection flags, as given; empty where not."""

    kubeconfig: str = ""
    context: str = ""
    namespace: str = ""
    cluster: str = ""
    user: str = ""
    impersonate: str = ""
    impersonate_groups: tuple[str, ...] = ()
    impersonate_uid: str = ""
    server: str = ""
    token: str = field(default="", repr=False)
    certificate_authority: str = ""
    client_certificate: str = ""
    client_key: str = ""
    insecure: bool = False
    tls_server_name: str = ""
    request_timeout: str = ""

    @property
    def words(self) -> str:
        """These flags again, but for the context, the namespace, credentials and files of such."""
        given = [f"--{name} {shlex.quote(value)}" for name in REPEATED if (value := getattr(self, name))]
        groups = [f"--as-group {shlex.quote(group)}" for group in self.impersonate_groups]
        whom = [f"--as {shlex.quote(self.impersonate)}"] if self.impersonate else []
        return " ".join([*given, *whom, *groups])


REPEATED = ("kubeconfig", "cluster", "user", "server")


@dataclass(frozen=True)
class Target:
    """Where we are, for people and for messages: names only, no credential. `more` are flags that led here beside the
    context and the namespace.
    """

    context: str
    cluster: str
    user: str
    namespace: str
    server: str
    more: str = ""

    @property
    def words(self) -> str:
        """The flags that lead here again from any terminal, whatever the current context is by then."""
        return f"-n {self.namespace} {self.flags}".rstrip()

    @property
    def place(self) -> str:
        """Context and namespace, for the first line that a person sees."""
        return f"context {self.context or '(none)'} · namespace {self.namespace}"

    @property
    def flags(self) -> str:
        """The same without the namespace."""
        context = f"--context {shlex.quote(self.context)}" if self.context else ""
        return f"{context} {self.more}".strip()


def server_url(server: str, where: str) -> str:
    """The `server` of a cluster as a URL, its name in ASCII and without a query, as kubectl uses it.

    Without a scheme it is http whatever certificates stand beside it (client-go asks before it looks at them).
    Raises UsageError, naming `where` it was given, for what is none.
    """
    url = proxies.parse(server)
    if url is None or not url.host:
        url = proxies.parse(f"http://{server}")
        if url is not None and url.path not in ("", "/"):
            url = None
    if url is None or not _is_server(url) or "#" in server:
        quoted = proxies.quotable(server)
        step = "" if where == "--server" else "try: kubectl config view --minify"
        raise UsageError(f"{where}: {quoted} is not an API server URL: write https://HOST[:PORT]", step)
    host = proxies.bracketed(url.host.replace("%", "%25"))
    return f"{url.scheme}://{host}{'' if url.port is None else f':{url.port}'}{url.path}"


def _is_server(url: proxies.Url) -> bool:
    plain = url.login is None and _PATH.fullmatch(url.path)
    return bool(url.scheme in ("http", "https") and url.is_reachable and plain and _HOST.fullmatch(url.host))


PINNED = "kubectl-netshoot"
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
IN_CLUSTER = "in-cluster"


@dataclass(frozen=True)
class Pinned:
    """The resolved target with the kubeconfig that reaches it; `folder` is private to this process."""

    target: Target
    kubeconfig: Json = field(repr=False)
    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / "config"


@contextlib.contextmanager
def pin(flags: Connection, tidy: bool = True) -> Iterator[Pinned]:
    """Resolve and write the private kubeconfig; it is gone when the context ends.

    If `tidy`, what killed runs left is swept first.
    """
    target, kubeconfig = resolve(flags)
    parent = private_parent()
    if tidy:
        sweep(parent)
    with locked_folder(parent) as folder:
        pinned = Pinned(target, kubeconfig, folder)
        private_file(pinned.path, json.dumps(kubeconfig))
        yield pinned


def resolve(flags: Connection) -> tuple[Target, Json]:
    """The target and a kubeconfig with just its cluster, user and context, all files in it embedded.

    Raises NetshootError where kubectl would refuse, and UsageError for flags that contradict the kubeconfig.
    """
    _check_files(flags)
    view = cast(Json, kubectl.read_kubeconfig(flags.kubeconfig))
    context, chosen = _context(view, flags)
    names = {
        "cluster": flags.cluster or str(chosen.get("cluster") or ""),
        "user": flags.user or str(chosen.get("user") or ""),
    }
    entries = {kind: _entry(view, kind, name, flags) for kind, name in names.items()}
    of_cluster, of_user = _flags_of_cluster(flags), _flags_of_user(flags)
    if not entries["cluster"] and not flags.server and _is_in_pod():
        names, entries = dict.fromkeys(names, IN_CLUSTER), _in_cluster(flags)
    cluster, user = cluster_with(entries["cluster"], of_cluster), user_with(entries["user"], of_user)
    server = str(cluster.get("server") or os.environ.get("KUBERNETES_MASTER") or "")
    if not server:
        raise _no_cluster(flags, context, view)
    cluster["server"] = server_url(server, "--server" if flags.server else f"cluster of {_named_by(context)}")
    by_tls = cluster["server"].startswith("https:")
    cluster, user = checked_cluster(cluster, by_tls, of_cluster), checked_user(user, by_tls, of_user)
    target = Target(
        context,
        names["cluster"],
        names["user"],
        _namespace(flags, chosen, context),
        str(cluster["server"]),
        flags.words,
    )
    if user.get("exec"):
        check_plugin(str(user["exec"].get("command", "")), os.environ)
    return target, _kubeconfig(cluster, user, target.namespace)


def _named_by(context: str) -> str:
    return f"context {context!r}" if context else "the kubeconfig"


def _check_files(flags: Connection) -> None:
    """kubectl would wait for ever for what a pipe has to say, and reads its files more than once."""
    if flags.kubeconfig and not Path(flags.kubeconfig).exists():
        raise UsageError(f"--kubeconfig: no file {flags.kubeconfig}")
    for path in map(Path, kubeconfig_paths(flags.kubeconfig)):
        if path.is_dir() or path.is_fifo() or path.is_socket():
            where = "--kubeconfig" if flags.kubeconfig else "KUBECONFIG"
            raise UsageError(f"{where}: {path} is a {'folder' if path.is_dir() else 'pipe'}, not a file")


def _context(view: Json, flags: Connection) -> tuple[str, Json]:
    """The context and its name, both empty where none is chosen."""
    name = flags.context or str(view.get("current-context") or "")
    found = _named(view, "context", name) if name else {}
    if found is not None:
        return name, found
    known = _names(view, "context")
    if flags.context:
        raise _not_there(name, known)
    meant = near(name, known)
    raise NotThereError(
        f'the current context is "{name}", and the kubeconfig has none of that name',
        name,
        hint=f"try: kubectl config use-context {meant}" if meant else "try: kubectl config get-contexts",
    )


def _entry(view: Json, kind: str, name: str, flags: Connection) -> Json:
    """The cluster or user of this name, its files by absolute paths; empty where it is not there and need not be."""
    found = _named(view, kind, name) if name else {}
    if found is not None:
        return located(found, _folder_of(kind, name, flags)) if has_relative(found) else found
    known, step = _names(view, kind), f"try: kubectl config get-{kind}s"
    if getattr(flags, kind):
        message = f'no {kind} "{name}" in the kubeconfig'
        raise UnknownWordError(message, name, near(name, known), step, (f"--{kind}",))
    if flags.server if kind == "cluster" else flags.token or flags.client_certificate:
        return {}
    raise NetshootError(f'the context names {kind} "{name}", and the kubeconfig has none of that name', step)


def _folder_of(kind: str, name: str, flags: Connection) -> Path:
    """Of the file that this cluster or user stands in. `config view` does not tell: it is the first that has it."""
    paths = [path for path in kubeconfig_paths(flags.kubeconfig) if Path(path).exists()]
    for path in paths[:-1]:
        if _named(cast(Json, kubectl.read_kubeconfig(path)), kind, name) is not None:
            return Path(path).absolute().parent
    return Path(paths[-1]).absolute().parent


def _not_there(context: str, known: Sequence[str]) -> NotThereError:
    return NotThereError(
        f'no context "{context}" in the kubeconfig',
        context,
        near(context, known),
        "try: kubectl config get-contexts",
        ("--context",),
    )


def _no_cluster(flags: Connection, context: str, view: Json) -> NetshootError:
    """What to raise where the files have no API server for this context."""
    paths = kubeconfig_paths(flags.kubeconfig)
    files = ", ".join(path if Path(path).exists() else f"{path} (no such file)" for path in paths)
    if not _names(view, "context"):
        return NetshootError(
            f"no cluster is configured in {files or 'KUBECONFIG'}",
            "put your kubeconfig there, or name it\ntry: export KUBECONFIG=FILE",
        )
    return NetshootError(
        f"no cluster is configured in {files}" if context else f"no context is chosen in {files}",
        "choose one with --context or `kubectl config use-context NAME`\ntry: kubectl config get-contexts",
    )


def _is_in_pod() -> bool:
    """Whether client-go finds the service account of a pod."""
    service = all(os.environ.get(f"KUBERNETES_SERVICE_{part}") for part in ("HOST", "PORT"))
    return service and (SERVICE_ACCOUNT / "token").is_file()


def _in_cluster(flags: Connection) -> dict[str, Json]:
    """The cluster and the user of the pod that we run in; a token by a flag takes the place of its own."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    return {
        "cluster": {
            "server": f"https://{proxies.bracketed(host)}:{port}",
            "certificate-authority": str(SERVICE_ACCOUNT / "ca.crt"),
        },
        "user": {} if flags.token else {"tokenFile": str(SERVICE_ACCOUNT / "token")},
    }


def _namespace(flags: Connection, chosen: Json, context: str) -> str:
    """The flag's, the context's, in a pod that pod's own (whatever the cluster), else `default`."""
    if flags.namespace:
        return check_name(flags.namespace, "--namespace")
    if chosen.get("namespace"):
        return check_name(str(chosen["namespace"]), f"namespace of {_named_by(context)}")
    return check_name(_namespace_of_pod(), "namespace of this pod") if _is_in_pod() else "default"


def _namespace_of_pod() -> str:
    if given := os.environ.get("POD_NAMESPACE"):
        return given
    try:
        return (SERVICE_ACCOUNT / "namespace").read_text().strip() or "default"
    except (OSError, UnicodeError):
        return "default"


def kubeconfig_paths(given: str = "") -> list[str]:
    """The files that kubectl merges, in its order: the one given, else KUBECONFIG's, else ~/.kube/config."""
    if given:
        return [given]
    if listed := os.environ.get("KUBECONFIG", ""):
        return [path for path in dict.fromkeys(listed.split(os.pathsep)) if path]
    return [str(kube_folder(os.environ) / "config")]


def _flags_of_cluster(flags: Connection) -> Json:
    return {
        "server": flags.server,
        "tls-server-name": flags.tls_server_name,
        AUTHORITY[0]: flags.certificate_authority,
        INSECURE: flags.insecure,
    }


def _flags_of_user(flags: Connection) -> Json:
    return {
        "token": flags.token,
        "client-certificate": flags.client_certificate,
        "client-key": flags.client_key,
        "as": flags.impersonate,
        "as-uid": flags.impersonate_uid,
        "as-groups": list(flags.impersonate_groups),
    }


def _names(view: Json, kind: str) -> list[str]:
    return [str(entry.get("name")) for entry in view.get(f"{kind}s") or []]


def _named(view: Json, kind: str, name: str) -> Json | None:
    for entry in view.get(f"{kind}s") or []:
        if entry.get("name") == name:
            return dict(entry.get(kind) or {})
    return None


def _kubeconfig(cluster: Json, user: Json, namespace: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": PINNED,
        "clusters": [{"name": PINNED, "cluster": cluster}],
        "users": [{"name": PINNED, "user": user}],
        "contexts": [
            {"name": PINNED, "context": {"cluster": PINNED, "user": PINNED, "namespace": namespace}}
        ],
    }
