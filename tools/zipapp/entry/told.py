"""Tells the version and the help out of the archive itself: no program is unpacked or imported for them.

Hides where the texts lie. A help is the program's own, made by the build at each width that it can have, so there is
nothing to lay out here. What is asked for in any other way is left to the program.
"""

import os
import sys
from zipimport import zipimporter

HELP = ("-h", "--help")
# The bounds of cli/help.py.
NARROWEST, WIDEST = 50, 98
BETWEEN = "\f"


def tell(argv: list[str]) -> bool:
    """Print what these words ask for and return True; False where only the program knows."""
    name = named(argv[1:])
    called = os.path.basename(argv[0])
    if not name or (called.startswith("kubectl-") and called != "kubectl-netshoot"):
        return False
    archive = os.path.dirname(__file__)
    try:
        text = zipimporter(archive).get_data(os.path.join(archive, "told", name)).decode()
    except OSError:
        return False
    say(text if name == "version" else text.split(BETWEEN)[width() - NARROWEST])
    return True


def named(words: list[str]) -> str:
    """The file for a command line: "version", "help", or "help" and the subcommands' names; else an empty text."""
    if words in (["version"], ["--version"]):
        return "version"
    if words[:1] == ["help"] and not set(HELP) & set(words):
        words = [*words[1:], "--help"]
    commands, asked = words[:-1], words[-1:]
    if not all(word.replace("-", "").isalpha() for word in commands) or (asked and asked[0] not in HELP):
        return ""
    return " ".join(["help", *commands])


def width() -> int:
    """How wide the program would make its help: as `shutil.get_terminal_size` has it, whose import takes 10 ms."""
    try:
        columns = int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        columns = 0
    if columns <= 0:
        try:
            columns = os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
        except (AttributeError, ValueError, OSError):
            columns = 0
    return min(max((columns or 80) - 2, NARROWEST), WIDEST)


def say(text: str) -> None:
    """Print; where nobody reads, Python must not complain of it at its end either."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except AttributeError:
        # Started with a closed stdout (`>&-`), Python has none.
        pass
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
