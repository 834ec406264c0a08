"""Where the zipapp, pip's script and `python -m` begin: what must be fast or early, then the command line."""

import gc
import os
import sys


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
    from kubectl_netshoot.kube.ahead import ask_ahead

    ask_ahead(sys.argv[1:])
    from kubectl_netshoot.cli.main import run

    _leave(run(sys.argv[1:], sys.argv[0]))


def _open_streams() -> None:
    """A stream that was closed (`>&-`) is /dev/null for us and our children, and not the next file that is opened."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            os.set_inheritable(number, True)
            stream = open(number, "w" if number else "r", errors="replace", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def _leave(status: int) -> None:
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except (OSError, ValueError):
            # The reader is gone (2>&1 | head): what Python would say about it at exit, with a status, helps nobody.
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    sys.exit(status)


if __name__ == "__main__":
    main()
