"""The error handler: everything that goes wrong ends here, as one line, a next step and an exit status."""

import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

import typer

from kubectl_netshoot import __version__
from kubectl_netshoot.cli.group import path
from kubectl_netshoot.cli.root import app
from kubectl_netshoot.cli.usage import in_our_words, instead, next_step
from kubectl_netshoot.errors import DeclinedError, ExitStatus, NetshootError
from kubectl_netshoot.terminal import Terminal


def program_name(argv0: str) -> str:
    """How people call us: kubectl runs plugins by their file's name, kubectl-netshoot."""
    name = Path(argv0).name
    return name.replace("-", " ", 1) if name.startswith("kubectl-") else "kubectl netshoot"


def run(words: Sequence[str], argv0: str) -> int:
    """Run one command line and return the exit status; never raises."""
    terminal = Terminal()
    try:
        return int(app(list(words), prog_name=program_name(argv0), standalone_mode=False) or 0)
    except DeclinedError as error:
        terminal.show([error.message])
        return int(error.status)
    except NetshootError as error:
        terminal.error(error.message, next_step(words, error, program_name(argv0)))
        return int(error.status)
    except KeyboardInterrupt:
        from kubectl_netshoot.session.inbox import Inbox

        # After its last word, as a rule: what is left is a private folder to be removed.
        if Inbox.may_have_changed:
            terminal.error(
                "interrupted at the end", "what had been said before holds\ntry: kubectl netshoot list"
            )
        else:
            terminal.error("interrupted; nothing had been changed")
        return int(ExitStatus.INTERRUPTED)
    except typer.Abort:
        return int(ExitStatus.INTERRUPTED)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        called = path(context) if context else program_name(argv0)
        terminal.error(in_our_words(error), instead(error, words, program_name(argv0), called))
        return int(ExitStatus.USAGE)
    except Exception as error:  # noqa: BLE001 (the last resort: a trace in a file, not on the screen)
        return _bug(terminal, error)
    finally:
        terminal.end_live()


def _bug(terminal: Terminal, error: Exception) -> int:
    trace = "".join(traceback.format_exception(error))
    text = f"kubectl-netshoot {__version__}, Python {sys.version}\n{trace}"
    try:
        descriptor, path = tempfile.mkstemp(prefix="kubectl-netshoot-crash-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        where = f"the trace is in {path}"
    except OSError:
        where = text
    terminal.error(f"this is a bug in kubectl-netshoot: {type(error).__name__}: {error}", where)
    return int(ExitStatus.BUG)
