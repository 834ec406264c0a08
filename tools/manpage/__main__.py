"""Usage: python -m tools.manpage OUTPUT

Writes kubectl-netshoot.1. Nothing but the sources decides about its bytes.
"""

import re
import sys
from pathlib import Path

from kubectl_netshoot import __version__
from kubectl_netshoot.cli.connection import FLAGS
from kubectl_netshoot.cli.group import command_tree
from kubectl_netshoot.cli.root import app
from tools.manpage.page import page
from tools.markdown import GUIDE, REFERENCE, Document

_RELEASED = re.compile(r"^\[(?P<version>[^\]]+)\] - (?P<date>\d{4}-\d{2}-\d{2})$")


def released_on(changelog: Document, version: str) -> str:
    """The date that the change log gives this version, as 2026-11-23; empty before its release."""
    found = filter(None, map(_RELEASED.match, changelog.headings()))
    return next((match["date"] for match in found if match["version"] == version), "")


def connection_flags() -> frozenset[str]:
    """The names of the flags that are kubectl's own."""
    return frozenset(name for flag in FLAGS for name in flag.opts)


def manual() -> str:
    """The whole page."""
    date = released_on(Document("CHANGELOG.md"), __version__)
    return page(command_tree(app), connection_flags(), REFERENCE, GUIDE, __version__, date)


if __name__ == "__main__":
    output = Path(sys.argv[1])
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(manual(), encoding="ascii", newline="\n")
