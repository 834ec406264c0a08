"""`kubectl-netshoot-extcap`, the script by which Wireshark lists pods and captures in them; where it looks for it."""

import contextlib
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kubectl_netshoot.completion.script import made
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.process import child

NAME = "kubectl-netshoot-extcap"
# Until somebody presses Stop, mostly; but nothing of ours runs for ever.
DURATION = "1h"
# Each interface costs Wireshark two runs of the script at its start, one after the other.
MOST = 40
TSHARK = "tshark"
TSHARK_ON_MACOS = "/Applications/Wireshark.app/Contents/MacOS/tshark"
SECONDS = 10.0
# Below HOME, from version 4.2 on and before.
PERSONAL = (".local/lib/wireshark/extcap", ".config/wireshark/extcap")
_PERSONAL_LINE = re.compile(r"^Personal Extcap path:\s*(\S.*)$", re.MULTILINE)
_CONFIGURATION_LINE = re.compile(r"^Personal configuration:\s*(\S.*)$", re.MULTILINE)
_PROGRAM_LINE = re.compile(r"^program=(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Listed:
    """What the list is of, how many targets it has, and when it was made, in seconds since 1970."""

    place: str
    count: int
    at: float


def script(program: Path, env: Mapping[str, str]) -> str:
    """The text of the script that runs this program; a desktop lacks what it needs of this environment.

    Raises NetshootError for a program that cannot be run by its path.
    """
    if not (program.is_file() and os.access(program, os.X_OK)):
        raise NetshootError(
            f"{program} is not a program that Wireshark could run",
            "install it as kubectl-netshoot on PATH\ntry: kubectl netshoot wireshark install",
        )
    paths = [path for path in env.get("PATH", "").split(os.pathsep) if os.path.isabs(path)]
    values = {
        "PROGRAM": shlex.quote(str(program)),
        "LIST": shlex.quote(str(list_file(env))),
        "PATH": shlex.quote(os.pathsep.join(dict.fromkeys(paths))),
        "VARIABLES": "\n".join(_variables(env)),
        "DURATION": DURATION,
        "MOST": str(MOST),
    }
    return made("extcap", values)


def _variables(env: Mapping[str, str]) -> Iterator[str]:
    """Lines that set, where a desktop does not, what is set here; no path in them depends on the folder."""
    kubeconfigs = filter(None, env.get("KUBECONFIG", "").split(os.pathsep))
    found = {"KUBECONFIG": os.pathsep.join(map(os.path.abspath, kubeconfigs))}
    if kubectl := env.get("KUBECTL_NETSHOOT_KUBECTL"):
        found["KUBECTL_NETSHOOT_KUBECTL"] = os.path.abspath(shutil.which(kubectl) or kubectl)
    if settings := env.get("KUBECTL_NETSHOOT_CONFIG"):
        found["KUBECTL_NETSHOOT_CONFIG"] = os.path.abspath(settings)
    for name, value in found.items():
        yield f"export {name}; {name}=${{{name}:-{shlex.quote(value)}}}"


def list_file(env: Mapping[str, str]) -> Path:
    """Where the script keeps its list of targets; a file beside it, `.asked`, has the time of the last question."""
    base = env.get("XDG_CACHE_HOME", "")
    cache = Path(base) if os.path.isabs(base) else _home(env) / ".cache"
    return cache / "kubectl-netshoot" / "wireshark"


def folders(env: Mapping[str, str]) -> Iterator[Path]:
    """Where Wireshark looks: first the folder to install to, then those where an earlier one may be."""
    said = _folders_of_tshark()
    if found := _PERSONAL_LINE.search(said):
        yield Path(found[1])
    elif found := _CONFIGURATION_LINE.search(said):
        yield Path(found[1]) / "extcap"
    yield from (_home(env) / path for path in PERSONAL)


def program_of(entry: Path) -> str:
    """The program that an installed script runs; empty where it cannot be read."""
    try:
        found = _PROGRAM_LINE.search(entry.read_text(encoding="utf-8", errors="replace"))
        return shlex.split(found[1])[0] if found else ""
    except (OSError, ValueError, IndexError):
        return ""


def listed(env: Mapping[str, str]) -> Listed | None:
    """What the script lists now; None where there is no list."""
    path = list_file(env)
    try:
        _, _, _, _, place, *targets = path.read_text(encoding="utf-8", errors="replace").split("\n")
        return Listed(place, len(targets) - 1, path.stat().st_mtime)
    except (OSError, ValueError):
        return None


def forget(env: Mapping[str, str]) -> None:
    """Take the list away."""
    for path in (list_file(env), list_file(env).with_suffix(".asked")):
        with contextlib.suppress(OSError):
            path.unlink()


def refresh(entry: Path, env: Mapping[str, str]) -> Listed | None:
    """Have the script make its list now; None where no cluster answered, or it has nothing to list."""
    try:
        done = child.run((str(entry), "--refresh"), timeout=6 * SECONDS)
    except NetshootError:
        return None
    return listed(env) if done.status == 0 else None


def _folders_of_tshark() -> str:
    """What tshark says; empty where there is none, or none that works."""
    found = shutil.which(TSHARK) or (TSHARK_ON_MACOS if sys.platform == "darwin" else "")
    if not found:
        return ""
    try:
        return child.run((found, "-G", "folders"), timeout=SECONDS).stdout
    except NetshootError:
        return ""


def _home(env: Mapping[str, str]) -> Path:
    home = env.get("HOME") or os.path.expanduser("~")
    if not os.path.isabs(home):
        raise NetshootError("your home folder is not known", "try: export HOME=FOLDER")
    return Path(home)
