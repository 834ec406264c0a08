"""What was not run for lack of a program, why, and the one command that brings what can be had."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tools.prerequisites import managers
from tools.prerequisites.programs import PROGRAMS

_FILES = 2


@dataclass(frozen=True)
class Row:
    """One program; `package` is what would bring it, empty where nothing does. `tests` are their node ids."""

    program: str
    tests: Sequence[str]
    why: str
    package: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """As printed below HEAD."""
        files = list(dict.fromkeys(test.partition("::")[0] for test in self.tests))
        more = [f"{len(files) - _FILES} more"] if len(files) > _FILES else []
        return self.program, str(len(self.tests)), self.why, ", ".join((*files[:_FILES], *more))


HEAD = ("program", "tests", "why", "in")


def rows(lacking: Mapping[str, Sequence[str]], *, ask_sources: bool) -> list[Row]:
    """A row for each program, by its name; `lacking` has the tests that it was missing for.

    `ask_sources`: read apt's sources anew first, where that may be done. Where they cannot be read, nothing can be had.
    """
    name = managers.manager()
    packages = {program: PROGRAMS[program].packages.get(name or "", "") for program in lacking}
    unread = ask_sources and name == "apt" and managers.is_root() and not managers.apt_update()
    known = set(filter(None, packages.values()))
    offered = managers.offered(name, known) if name and not unread else set()

    def row(program: str) -> Row:
        package = packages[program]
        if package in offered:
            return Row(program, lacking[program], "not installed", package)
        if package:
            why = f"the sources of {name} cannot be read" if unread else f"{name} has no package {package}"
        else:
            why = f"no package for {name} known" if name else "not installed"
        return Row(program, lacking[program], why)

    return [row(program) for program in sorted(lacking)]


def lines(found: Collection[Row]) -> Iterator[str]:
    """The table, and below it the command."""
    table = [HEAD, *(row.cells for row in found)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
    packages = sorted({row.package for row in found if row.package})
    name = managers.manager()
    if name and packages:
        yield f"to run them: {managers.command(name, packages)}"
