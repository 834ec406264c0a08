"""A Python that lacks what Windows lacks, for the program to be run in: python -m tests.system.release.windows WORD...

It is no Windows: paths, the registry and consoles are this system's. What it shows is that nothing which is promised
there needs a module, a function or a signal that only POSIX has.
"""

import os
import signal
import sys

MODULES = (
    "fcntl",
    "termios",
    "resource",
    "pty",
    "tty",
    "pwd",
    "grp",
    "readline",
    "syslog",
    "curses",
    "crypt",
)
FUNCTIONS = (
    *("getuid", "geteuid", "getgid", "getegid", "getpgid", "getpgrp", "setsid", "setpgid", "killpg", "fork"),
    *("mkfifo", "chown", "fchmod", "fchown", "uname", "getlogin_r", "openpty", "tcgetpgrp", "tcsetpgrp"),
    *("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "O_DIRECTORY"),
)
SIGNALS = ("SIGHUP", "SIGPIPE", "SIGTTOU", "SIGTTIN", "SIGWINCH", "SIGUSR1", "SIGUSR2", "SIGTSTP", "SIGCONT")


def take_away() -> None:
    """Make every later import and attribute fail as on Windows."""
    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment]
    for module, names in ((os, FUNCTIONS), (signal, SIGNALS)):
        for name in names:
            vars(module).pop(name, None)


if __name__ == "__main__":
    take_away()
    sys.argv[0] = "kubectl-netshoot"

    from kubectl_netshoot.__main__ import main

    main()
