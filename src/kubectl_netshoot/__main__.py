"""Where the zipapp, pip's script and `python -m` begin: what must be fast or early, then the command line."""

import gc
import os
import signal
import sys
from collections.abc import Sequence

# Which command lines will want kubectl's first answers.
OFFLINE = frozenset(("completion", "config", "explain", "help", "rbac", "version", "wireshark"))
WITHOUT_DEBUG = frozenset(("attach", "cleanup", "leave", "list", "ls"))
HELP = frozenset(("-h", "--help", "--help-all"))


def main() -> None:
    """Run the command line in sys.argv and exit with its status."""
    # Python would look for cycles fifty times while it imports, and there are none.
    gc.set_threshold(50_000)
    _open_streams()
    # A umask that takes files away from their own owner would make what we write unreadable to ourselves.
    os.umask(os.umask(0o077) & 0o077)
    # Children, and the credential plugins that the Kubernetes client starts by itself, must not see our bundle.
    for key in [key for key in os.environ if key in ("PYTHONPATH", "PYTHONHOME") or key.startswith("SHIV_")]:
        del os.environ[key]
    ask_ahead(sys.argv[1:])
    from kubectl_netshoot.cli.main import run

    _leave(run(sys.argv[1:], sys.argv[0]))


def ask_ahead(words: Sequence[str]) -> None:
    """Ask kubectl what this command line will most likely ask it first; never raises.

    Its answers come from other cores while Python still imports the command line. A guess that is wrong costs a child
    that nobody listens to, and is never wrong in what it answers: an answer is taken only by who asks the very same.
    """
    ours = words[: words.index("--")] if "--" in words else words
    named = next((word for word in ours if not word.startswith("-")), "")
    if not named or named in OFFLINE or not HELP.isdisjoint(ours):
        return
    from kubectl_netshoot.kube import kubectl
    from kubectl_netshoot.kube.kubeconfig import kubeconfig_paths

    if named not in WITHOUT_DEBUG:
        kubectl.begin_debug_help()
    # Who reads a pipe takes it from who reads it next.
    if not any(word.startswith("--kubeconfig") for word in ours) and all(
        map(os.path.isfile, kubeconfig_paths())
    ):
        kubectl.begin_kubeconfig()


def _open_streams() -> None:
    """A stream that was closed (`>&-`) is /dev/null for us and our children, and not the next file that is opened."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            os.set_inheritable(number, True)
            stream = open(number, "w" if number else "r", errors="replace", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def _leave(status: int) -> None:
    # All is done and said: one more Ctrl-C has nothing left to stop, and would have Python write a traceback.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except (OSError, ValueError):
            # The reader is gone (2>&1 | head): what Python would say about it at exit, with a status, helps nobody.
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    # Nobody needs the cycles that Python would look for once more.
    gc.freeze()
    sys.exit(status)


if __name__ == "__main__":
    main()
