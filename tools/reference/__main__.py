"""Usage: python -m tools.reference

Writes docs/reference.md anew. What it says of commands, flags, settings and exit status is the program's; everything
else stands in tools/reference/template.md.
"""

from pathlib import Path

from kubectl_netshoot.cli.group import command_tree
from kubectl_netshoot.cli.root import app
from tools.markdown import REFERENCE, ROOT
from tools.reference.page import page

_TEMPLATE = Path(__file__).with_name("template.md")


def reference() -> str:
    """The whole document."""
    return page(_TEMPLATE.read_text(encoding="utf-8"), command_tree(app))


if __name__ == "__main__":
    (ROOT / REFERENCE.path).write_text(reference(), encoding="utf-8", newline="\n")
