"""Long results on a terminal go through $PAGER; short ones, and all results elsewhere, are just printed."""

import os
import shlex
from math import ceil

from kubectl_netshoot.terminal import Terminal, clean


def show(text: str, terminal: Terminal) -> None:
    """Put a result on stdout."""
    if not paged(text, terminal):
        terminal.data(text)


def paged(text: str, terminal: Terminal) -> bool:
    """Show it by the pager where it is long and there is one; False where it is still to be printed."""
    pager = _pager() if _is_long(text, terminal) else []
    if not pager:
        return False
    from kubectl_netshoot.process.interactive import page

    with terminal.lent():
        return page(pager, clean(text) + "\n", os.environ)


def _pager() -> list[str]:
    """The person's pager; empty without one, as gh has it: nobody is put into a program that they did not choose."""
    try:
        return shlex.split(os.environ.get("PAGER", ""))
    except ValueError:
        return []


def _is_long(text: str, terminal: Terminal) -> bool:
    rows, width = terminal.rows, terminal.columns
    return bool(rows and width) and sum(max(ceil(len(line) / width), 1) for line in text.splitlines()) >= rows
