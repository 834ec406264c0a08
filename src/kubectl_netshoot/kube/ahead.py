"""kubectl's first answers, asked for while Python still imports the command line: children on another core.

Hides which command lines will want them. A guess that is wrong costs a child that nobody listens to, and is never
wrong in what it answers: an answer is taken only by who asks the very same.
"""

from collections.abc import Sequence
from pathlib import Path

from kubectl_netshoot.kube import kubectl
from kubectl_netshoot.kube.kubeconfig import MINIFIED, kubeconfig_paths

OFFLINE = frozenset(("completion", "config", "explain", "help", "rbac", "version"))
WITHOUT_DEBUG = frozenset(("attach", "cleanup", "leave", "list", "ls"))
CHOOSING = ("--context", "--kubeconfig", "--cluster", "--user", "-s", "--server")
HELP = frozenset(("-h", "--help", "--help-all"))


def ask_ahead(words: Sequence[str]) -> None:
    """Ask kubectl what this command line will most likely ask it first; never raises."""
    ours = words[: words.index("--")] if "--" in words else words
    named = next((word for word in ours if not word.startswith("-")), "")
    if not named or named in OFFLINE or not HELP.isdisjoint(ours):
        return
    if named not in WITHOUT_DEBUG:
        kubectl.begin_debug_help()
    if not any(word.startswith(CHOOSING) for word in ours) and all(map(_can_be_reread, kubeconfig_paths())):
        kubectl.begin_kubeconfig(MINIFIED)


def _can_be_reread(path: str) -> bool:
    """Whether reading it takes nothing from who reads it next, as it would from a pipe."""
    return Path(path).is_file()
