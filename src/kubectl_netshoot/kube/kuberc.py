"""Which credential plugins may run: the one thing of the user's kuberc that holds for us too, by kubectl's own rule.

Our kubectls run without the kuberc, so what it forbids is refused here, before anything is started with a plugin.
kubectl reads it since 1.34, and `credentialPluginPolicy` since 1.35; what it says is obeyed whatever kubectl is there.
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.model import Json

GROUP, KIND = "kubectl.config.k8s.io", "Preference"
KNOWN, WITHOUT_POLICY = ("v1alpha1", "v1beta1"), "v1alpha1"
POLICY, ALLOWLIST = "credentialPluginPolicy", "credentialPluginAllowlist"
MAX_SIZE = 1024 * 1024
# As apimachinery's YAMLReader splits them.
_DOCUMENT = re.compile(r"^---[ \t]*(?:#.*)?$", re.MULTILINE)


def kube_folder(environ: Mapping[str, str]) -> Path:
    """Where kubectl looks for its files: by HOME alone (client-go's `homedir`), in the current folder without one."""
    return Path(environ.get("HOME", "")) / ".kube"


def check_plugin(command: str, environ: Mapping[str, str]) -> None:
    """Raise NetshootError where this credential plugin may not run, or where it is not known whether it may.

    The rule is kubectl's: client-go, plugin/pkg/client/auth/exec, checkAllowlistLocked and ValidatePluginPolicy.
    """
    path = _location(environ)
    if path is None:
        return
    try:
        policy, allowlist = _policy(path)
    except FileNotFoundError as error:
        if not environ.get("KUBERC"):
            return
        raise _unknown(path, error) from error
    except (OSError, ValueError) as error:
        raise _unknown(path, error) from error
    if policy in ("", "AllowAll") or (policy == "Allowlist" and _is_listed(command, allowlist)):
        return
    why = "DenyAll" if policy == "DenyAll" else f"Allowlist, and {ALLOWLIST} does not name it"
    raise NetshootError(
        f"credential plugin {command} must not run: {POLICY} in {path} is {why}",
        "allow it there, or take other credentials: --context, --user, --token",
    )


def _location(environ: Mapping[str, str]) -> Path | None:
    """The file that kubectl reads; None where it reads none."""
    given = environ.get("KUBERC", "")
    if given == "off" or environ.get("KUBECTL_KUBERC", "").lower() == "false":
        return None
    return Path(given) if given else kube_folder(environ) / "kuberc"


def _policy(path: Path) -> tuple[str, tuple[str, ...]]:
    """The policy and its list. Raises OSError and ValueError for a file that kubectl could not use."""
    if path.exists() and not path.is_file():
        raise ValueError(f"it is a {'folder' if path.is_dir() else 'pipe or device'}, not a file")
    with path.open("rb") as file:
        content = file.read(MAX_SIZE + 1)
    if len(content) > MAX_SIZE:
        raise ValueError("it is too large for preferences")
    documents = list(_documents(content.decode("utf-8-sig")))
    if not documents:
        return "", ()
    preferences = [(version, doc) for version, doc in map(_preference, documents) if version]
    # The first that kubectl knows; of a version of tomorrow the same two fields are read.
    chosen = next((each for each in preferences if each[0] in KNOWN), next(iter(preferences), None))
    if chosen is None:
        raise ValueError(f"it holds no {KIND} of {GROUP}")
    return ("", ()) if chosen[0] == WITHOUT_POLICY else _fields(chosen[1])


def _documents(text: str) -> Iterator[Any]:
    """What each document holds; None for one that is no YAML. One that is empty does not count."""
    import yaml

    for part in _DOCUMENT.split(text):
        try:
            document = yaml.safe_load(part)
        except (yaml.YAMLError, ValueError, RecursionError):
            yield None
        else:
            if document is not None:
                yield document


def _preference(document: Any) -> tuple[str, Json]:
    """Its version and itself, where it is a Preference that kubectl could decode; else an empty version."""
    if not isinstance(document, dict) or document.get("kind") != KIND:
        return "", {}
    group, _, version = str(document.get("apiVersion")).partition("/")
    return (version, document) if group == GROUP else ("", {})


def _fields(document: Json) -> tuple[str, tuple[str, ...]]:
    policy, entries = document.get(POLICY), document.get(ALLOWLIST)
    policy = "" if policy is None else policy
    if policy not in ("", "AllowAll", "DenyAll", "Allowlist"):
        raise ValueError(f"{POLICY} {policy!r} is not one of AllowAll, DenyAll and Allowlist")
    if policy != "Allowlist":
        if entries is not None:
            raise ValueError(f"{ALLOWLIST} goes with {POLICY} Allowlist only")
        return policy, ()
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"{POLICY} is Allowlist, and {ALLOWLIST} lists nothing")
    return policy, tuple(map(_entry, entries))


def _entry(entry: Any) -> str:
    """The program of an entry: `command`, or as it was called before 1.36 `name`."""
    given = [entry.get(key) for key in ("command", "name")] if isinstance(entry, dict) else []
    match [name for name in given if name]:
        case [str(name), *others] if _clean(name) == name and all(other == name for other in others):
            return name
    raise ValueError(f"each entry of {ALLOWLIST} must have a `command`, a program's name or its plain path")


def _is_listed(command: str, allowlist: tuple[str, ...]) -> bool:
    plugin = _clean(command)
    found = _look_path(plugin)
    if plugin in allowlist or found in allowlist:
        return True
    same_name = (entry for entry in allowlist if os.path.basename(entry) == os.path.basename(plugin))
    return found is not None and any(_look_path(entry) == found for entry in same_name)


def _clean(path: str) -> str:
    """Go's filepath.Clean, which keeps no second slash at the beginning."""
    return os.path.normpath(re.sub("^//+", "/", path)) if path else "."


def _look_path(program: str) -> str | None:
    """Go's exec.LookPath, which takes nothing from the current folder."""
    found = shutil.which(program)
    return found if found and (os.sep in program or os.path.isabs(found)) else None


def _unknown(path: Path, error: OSError | ValueError) -> NetshootError:
    return NetshootError(
        f"which credential plugins may run is not known: {path}: {_words(error)}",
        "correct that file, or do without it: KUBERC=off kubectl netshoot ...",
    )


def _words(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return str(error.strerror or error)
    return "it is not text in UTF-8" if isinstance(error, UnicodeError) else str(error)
