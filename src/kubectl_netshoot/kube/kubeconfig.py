"""Which cluster, as whom, in which namespace: resolved once, kubectl's own way, into one private kubeconfig.

From kubectl's merged kubeconfig and its connection flags, all files in it embedded.
"""

import base64
import contextlib
import ipaddress
import json
import os
import re
import shlex
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from kubectl_netshoot.errors import NetshootError, NotThereError, UnknownWordError, UsageError, near
from kubectl_netshoot.kube import kubectl, proxies
from kubectl_netshoot.kube.kuberc import check_plugin
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


def keeps_secrets(url: str, proxied: bool) -> bool:
    """Whether a credential may be sent there: by TLS, or without leaving this machine, as what is `proxied` does."""
    parsed = proxies.parse(url)
    if parsed is None or parsed.scheme == "https" or proxied:
        return parsed is not None and parsed.scheme == "https"
    try:
        return parsed.host == "localhost" or ipaddress.ip_address(parsed.host).is_loopback
    except ValueError:
        return False


def _is_server(url: proxies.Url) -> bool:
    plain = url.login is None and _PATH.fullmatch(url.path)
    return bool(url.scheme in ("http", "https") and url.is_reachable and plain and _HOST.fullmatch(url.host))


PINNED = "kubectl-netshoot"
MINIFIED = ("--minify", "--flatten")
# A bundle of every certificate authority there is has a fifth of a megabyte.
MAX_PEM = 4 * 1024 * 1024
AUTHORITY = ("certificate-authority", "certificate-authority-data")
CERTIFICATE = (("client-certificate", "client-certificate-data"), ("client-key", "client-key-data"))
IMPERSONATION = ("as", "as-uid", "as-groups", "as-user-extra")
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


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
    context, view = _view(flags)
    cluster = _only(view, "clusters", "cluster")
    user = _only(view, "users", "user")
    chosen = _only(view, "contexts", "context")
    _override(cluster, user, flags)
    _absolute(user, flags.kubeconfig)
    user = _one_way(user)
    if not cluster.get("server"):
        raise _no_cluster(flags, context)
    if cluster.get("insecure-skip-tls-verify") and any(cluster.get(key) for key in AUTHORITY):
        raise UsageError("certificate-authority and insecure-skip-tls-verify exclude each other")
    where = "--server" if flags.server else f"cluster of {_named_by(context)}"
    cluster["server"] = server_url(str(cluster["server"]), where)
    namespace = str(flags.namespace or chosen.get("namespace") or "default")
    check_name(namespace, "--namespace" if flags.namespace else f"namespace of {_named_by(context)}")
    target = Target(
        context,
        flags.cluster or str(chosen.get("cluster", "")),
        flags.user or str(chosen.get("user", "")),
        namespace,
        str(cluster["server"]),
        flags.words,
    )
    # As kubectl does: nobody on the way shall read it, and the server says who it takes us for.
    user = user if keeps_secrets(target.server, bool(cluster.get("proxy-url"))) else {}
    if user.get("exec"):
        check_plugin(str(user["exec"].get("command", "")), os.environ)
    return target, _kubeconfig(cluster, user, namespace)


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


def _view(flags: Connection) -> tuple[str, Json]:
    """The name of the context, and the kubeconfig cut down to it with certificates embedded."""
    if flags.cluster or flags.user:
        return _view_mixed(flags)
    wanted = [f"--context={flags.context}"] if flags.context else []
    try:
        view = cast(Json, kubectl.read_kubeconfig([*MINIFIED, *wanted], flags.kubeconfig))
    except NetshootError as error:
        if "current-context must exist" not in error.message:
            raise _no_context(flags) or error from None
        return "", _without_context(flags)
    return str(view.get("current-context", "")), view


def _view_mixed(flags: Connection) -> tuple[str, Json]:
    """--cluster and --user name entries that the context does not: `config view` needs a context that joins them."""
    whole = cast(Json, kubectl.read_kubeconfig([], flags.kubeconfig))
    name = flags.context or str(whole.get("current-context") or "")
    context = _named(whole, "contexts", "context", name) if name else {}
    if context is None:
        raise _not_there(name, [str(entry.get("name")) for entry in whole.get("contexts") or []])
    for kind, wanted in (("cluster", flags.cluster), ("user", flags.user)):
        if wanted and _named(whole, f"{kind}s", kind, wanted) is None:
            known = [str(entry.get("name")) for entry in whole.get(f"{kind}s") or []]
            raise UnknownWordError(
                f'no {kind} "{wanted}" in the kubeconfig',
                wanted,
                near(wanted, known),
                f"try: kubectl config get-{kind}s",
                (f"--{kind}",),
            )
        if wanted:
            context[kind] = wanted
    joined = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": PINNED,
        "contexts": [{"name": PINNED, "context": context}],
    }
    with tempfile.TemporaryDirectory(prefix="kubectl-netshoot-") as folder:
        first = Path(folder) / "context"
        private_file(first, json.dumps(joined))
        paths = [str(first), *kubeconfig_paths(flags.kubeconfig)]
        view = kubectl.read_kubeconfig(MINIFIED, os.pathsep.join(paths))
    return name, cast(Json, view)


def _no_context(flags: Connection) -> NotThereError | None:
    """What to raise where kubectl refused because there is no such context; it says so in other words each time."""
    known = kubectl.contexts(flags.kubeconfig)
    if not known or flags.context in known:
        return None
    if flags.context:
        return _not_there(flags.context, known)
    current = str(cast(Json, kubectl.read_kubeconfig([], flags.kubeconfig)).get("current-context") or "")
    if not current or current in known:
        return None
    meant = near(current, known)
    return NotThereError(
        f'the current context is "{current}", and the kubeconfig has none of that name',
        current,
        hint=f"try: kubectl config use-context {meant}" if meant else "try: kubectl config get-contexts",
    )


def _not_there(context: str, known: Sequence[str]) -> NotThereError:
    return NotThereError(
        f'no context "{context}" in the kubeconfig',
        context,
        near(context, known),
        "try: kubectl config get-contexts",
        ("--context",),
    )


def _no_cluster(flags: Connection, context: str) -> NetshootError:
    """What to raise where the files have no API server for this context."""
    paths = kubeconfig_paths(flags.kubeconfig)
    files = ", ".join(path if Path(path).exists() else f"{path} (no such file)" for path in paths)
    if not kubectl.contexts(flags.kubeconfig):
        return NetshootError(
            f"no cluster is configured in {files}",
            "put your kubeconfig there, or name it\ntry: export KUBECONFIG=FILE",
        )
    return NetshootError(
        f"no cluster is configured in {files}" if context else f"no context is chosen in {files}",
        "choose one with --context or `kubectl config use-context NAME`\ntry: kubectl config get-contexts",
    )


def _without_context(flags: Connection) -> Json:
    """No kubeconfig at all: --server alone will do, or the service account of the pod that we run in."""
    host = os.environ.get("KUBERNETES_SERVICE_HOST", "")
    if flags.server or not host or not (SERVICE_ACCOUNT / "token").is_file():
        return {}
    port = os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    server = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    cluster = {"server": server, "certificate-authority": str(SERVICE_ACCOUNT / "ca.crt")}
    namespace = (SERVICE_ACCOUNT / "namespace").read_text().strip()
    return {
        "clusters": [{"name": "in-cluster", "cluster": cluster}],
        "users": [{"name": "in-cluster", "user": {"tokenFile": str(SERVICE_ACCOUNT / "token")}}],
        "contexts": [
            {
                "name": "in-cluster",
                "context": {"cluster": "in-cluster", "user": "in-cluster", "namespace": namespace},
            }
        ],
    }


def kubeconfig_paths(given: str = "") -> list[str]:
    """The files that kubectl merges, in its order: those given, else KUBECONFIG's, else ~/.kube/config."""
    listed = given or os.environ.get("KUBECONFIG", "")
    paths = [path for path in listed.split(os.pathsep) if path]
    return paths or [str(Path.home() / ".kube" / "config")]


def _override(cluster: Json, user: Json, flags: Connection) -> None:
    _set(cluster, {"server": flags.server, "tls-server-name": flags.tls_server_name})
    if flags.certificate_authority:
        _embed(cluster, "certificate-authority", flags.certificate_authority)
    if flags.insecure:
        # kubectl refuses both together; the flag is the later word.
        cluster["insecure-skip-tls-verify"] = True
        for key in AUTHORITY:
            cluster.pop(key, None)
    if flags.token:
        # Whom to impersonate stays: a token is not a wish for other rights.
        for key in [key for key in user if key not in IMPERSONATION]:
            del user[key]
        user["token"] = flags.token
    for key, path in (("client-certificate", flags.client_certificate), ("client-key", flags.client_key)):
        if path:
            _embed(user, key, path)
    groups = list(flags.impersonate_groups)
    _set(user, {"as": flags.impersonate, "as-uid": flags.impersonate_uid, "as-groups": groups})
    if (groups or flags.impersonate_uid) and not user.get("as"):
        raise UsageError("--as-group and --as-uid need --as")


def _set(into: Json, values: Mapping[str, object]) -> None:
    into.update({key: value for key, value in values.items() if value})


def _embed(into: Json, key: str, path: str) -> None:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_PEM + 1)
    except OSError as error:
        raise UsageError(f"--{key}: {path} cannot be read: {error.strerror}") from error
    if len(data) > MAX_PEM:
        raise UsageError(f"--{key}: {path} is too large for certificates or a key")
    into.pop(key, None)
    into[f"{key}-data"] = base64.b64encode(data).decode()


def _absolute(user: Json, given: str) -> None:
    """A token file and a credential plugin given by a relative path are relative to the kubeconfig they stand in.

    `config view` prints them as written and does not say which file that is: the first folder that has them.
    """
    folders = [Path(path).resolve().parent for path in kubeconfig_paths(given)]

    def found(path: str) -> str:
        return next((str(folder / path) for folder in folders if (folder / path).exists()), path)

    if user.get("tokenFile") and not os.path.isabs(user["tokenFile"]):
        user["tokenFile"] = found(user["tokenFile"])
    plugin = user.get("exec")
    if plugin and os.sep in plugin.get("command", "") and not os.path.isabs(plugin["command"]):
        plugin["command"] = found(plugin["command"])


def _one_way(user: Json) -> Json:
    """The user entry with those credentials alone that kubectl would use. Raises NetshootError where it would refuse.

    After client-go: validateAuthInfo of tools/clientcmd, bearerAuthRoundTripper of transport, and
    UpdateTransportConfig of plugin/pkg/client/auth/exec.
    """
    has_token, has_name = bool(user.get("token") or user.get("tokenFile")), bool(user.get("username"))
    for one, other, both in (
        (has_token, has_name, "a token and a user name"),
        (user.get("exec"), user.get("auth-provider"), "exec and auth-provider"),
    ):
        if one and other:
            raise NetshootError(
                f"the kubeconfig's user has both {both}: only one is allowed",
                "try: kubectl config view --minify",
            )
    unused = set()
    if user.get("token") and user.get("tokenFile"):
        unused.add("token" if _has_text(Path(user["tokenFile"])) else "tokenFile")
    if has_token or has_name:
        unused |= {"auth-provider", "exec"}
    elif all(any(user.get(key) for key in half) for half in CERTIFICATE):
        unused.add("exec")
    kept = {key: value for key, value in user.items() if key not in unused}
    return kept | {"password": kept.get("password", "")} if has_name else kept


def _has_text(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return bool(file.read(MAX_PEM).strip())
    except OSError:
        return False


def _only(view: Json, plural: str, kind: str) -> Json:
    entries = view.get(plural) or [{}]
    return dict(entries[0].get(kind) or {})


def _named(view: Json, plural: str, kind: str, name: str) -> Json | None:
    for entry in view.get(plural) or []:
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
