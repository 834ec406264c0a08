"""A cluster and a user of a kubeconfig as kubectl takes them: under flags, without what it refuses or leaves out.

After client-go: getCluster, getAuthInfo and ConfirmUsable of tools/clientcmd, bearerAuthRoundTripper of transport, and
UpdateTransportConfig of plugin/pkg/client/auth/exec.
"""

import base64
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from kubectl_netshoot.errors import NetshootError, UsageError
from kubectl_netshoot.model import Json

# A bundle of every certificate authority there is has a fifth of a megabyte.
MAX_PEM = 4 * 1024 * 1024
AUTHORITY = ("certificate-authority", "certificate-authority-data")
CERTIFICATE = (("client-certificate", "client-certificate-data"), ("client-key", "client-key-data"))
FILES = (AUTHORITY, *CERTIFICATE)
INSECURE = "insecure-skip-tls-verify"
IMPERSONATION = ("as", "as-uid", "as-groups", "as-user-extra")
PLUGIN_VERSIONS = tuple(f"client.authentication.k8s.io/{version}" for version in ("v1", "v1beta1"))
MODES = ("Never", "IfAvailable", "Always")
SHOWN = "try: kubectl config view --minify"
# What a flag says, by the name that it has in a kubeconfig.
Flags = Mapping[str, object]


def cluster_with(cluster: Json, flags: Flags) -> Json:
    """The cluster with these flags over it: another server has other names, another CA is no wish to do without one."""
    dropped: set[str] = {"tls-server-name"} if flags.get("server") else set()
    if flags.get(AUTHORITY[0]) or flags.get(INSECURE):
        dropped |= {*AUTHORITY, INSECURE}
    return _laid_over(cluster, flags, dropped)


def user_with(user: Json, flags: Flags) -> Json:
    """The user with these flags over it. A token stays beside what else there is, as a certificate."""
    return _laid_over(user, flags, {key for half in CERTIFICATE if flags.get(half[0]) for key in half})


def _laid_over(entry: Json, flags: Flags, dropped: Collection[str]) -> Json:
    kept = {key: value for key, value in entry.items() if key not in dropped}
    return kept | {key: value for key, value in flags.items() if value}


def has_relative(entry: Json) -> bool:
    """Whether it names a file whose place depends on the kubeconfig that it stands in."""
    return located(entry, Path("/")) != located(entry, Path("/x"))


def located(entry: Json, folder: Path) -> Json:
    """The entry with its files by absolute paths: relative ones are from this folder, a plugin on PATH stays there."""
    found = dict(entry)
    for key in (*(path for path, _ in FILES), "tokenFile"):
        if found.get(key):
            found[key] = _absolute(found[key], folder)
    plugin = found.get("exec")
    if plugin and os.sep in str(plugin.get("command") or ""):
        found["exec"] = plugin | {"command": _absolute(plugin["command"], folder)}
    return found


def _absolute(path: str, folder: Path) -> str:
    return path if os.path.isabs(path) else os.path.normpath(folder / path)


def checked_cluster(cluster: Json, by_tls: bool, flags: Flags) -> Json:
    """The cluster with its CA embedded. Raises NetshootError where kubectl would refuse."""
    if by_tls and cluster.get(INSECURE) and any(cluster.get(key) for key in AUTHORITY):
        words = f"{AUTHORITY[0]} and {INSECURE} exclude each other"
        raise UsageError(words) if flags.get(INSECURE) else NetshootError(words, SHOWN)
    return _embedded(cluster, (AUTHORITY,), flags)


def checked_user(user: Json, by_tls: bool, flags: Flags) -> Json:
    """The user with those credentials alone that kubectl would use, its files embedded but for the token's.

    Without TLS there are none: nobody on the way shall read them, and the server says who it takes us for. Raises
    NetshootError where kubectl would refuse.
    """
    _check_ways(user, by_tls)
    _check_plugin(user, by_tls)
    _check_impersonation(user, flags)
    if not any(user.get(key) for key in CERTIFICATE[0]):
        # Nobody looks at a key without a certificate.
        user = {key: value for key, value in user.items() if key not in CERTIFICATE[1]}
    user = _embedded(user, CERTIFICATE, flags)
    if user.get(CERTIFICATE[0][1]) and not user.get(CERTIFICATE[1][1]):
        if flags.get(CERTIFICATE[0][0]):
            raise UsageError("--client-certificate needs --client-key")
        raise _refused("has a client-certificate without a client-key")
    if not by_tls:
        return {key: value for key, value in user.items() if key in IMPERSONATION}
    return _one_way(user)


def _check_ways(user: Json, by_tls: bool) -> None:
    has_name = bool(user.get("username"))
    for one, other, both in (
        (user.get("token"), has_name or user.get("password"), "a token and a user name or password"),
        (by_tls and user.get("tokenFile"), has_name, "a token and a user name or password"),
        (user.get("exec"), user.get("auth-provider"), "exec and auth-provider"),
    ):
        if one and other:
            raise _refused(f"has both {both}: only one is allowed")


def _check_plugin(user: Json, by_tls: bool) -> None:
    plugin = user.get("exec")
    if not plugin:
        return
    version, mode = str(plugin.get("apiVersion") or ""), str(plugin.get("interactiveMode") or "")
    if not plugin.get("command"):
        raise _refused("has an exec without a command")
    if not version or (by_tls and version not in PLUGIN_VERSIONS):
        raise _refused(f"has an exec of apiVersion {version!r}: write {' or '.join(PLUGIN_VERSIONS)}")
    if mode not in MODES:
        raise _refused(
            f"has an exec of interactiveMode {mode!r}: write {', '.join(MODES[:-1])} or {MODES[-1]}"
        )
    if not all(variable.get("name") for variable in plugin.get("env") or []):
        raise _refused("has an exec whose env has a variable without a name")


def _check_impersonation(user: Json, flags: Flags) -> None:
    if user.get("as") or not any(user.get(key) for key in IMPERSONATION):
        return
    if any(flags.get(key) for key in IMPERSONATION):
        raise UsageError("--as-group and --as-uid need --as")
    raise _refused("has as-groups, as-uid or as-user-extra without as")


def _refused(why: str) -> NetshootError:
    return NetshootError(f"the kubeconfig's user {why}", SHOWN)


def _embedded(entry: Json, halves: Collection[tuple[str, str]], flags: Flags) -> Json:
    """The entry with what these files hold in the place of their paths."""
    found = dict(entry)
    for key, data in halves:
        if not (path := found.pop(key, "")):
            continue
        if found.get(data):
            raise NetshootError(f"the kubeconfig has both {key} and {data}: only one is allowed", SHOWN)
        found[data] = base64.b64encode(_content(Path(path), key, bool(flags.get(key)))).decode()
    return found


def _content(path: Path, key: str, flagged: bool) -> bytes:
    refused = UsageError if flagged else NetshootError
    where, step = (f"--{key}", "") if flagged else (f"{key} of the kubeconfig", SHOWN)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PEM + 1)
    except OSError as error:
        raise refused(f"{where}: {path} cannot be read: {error.strerror}", step) from error
    if len(data) > MAX_PEM:
        raise refused(f"{where}: {path} is too large for certificates or a key", step)
    return data


def _one_way(user: Json) -> Json:
    """Without those credentials that kubectl leaves out."""
    has_token, has_name = bool(user.get("token") or user.get("tokenFile")), bool(user.get("username"))
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
