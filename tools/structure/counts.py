"""What can be counted without running anything: modules, their lines, and the arrows between the rooms."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "kubectl_netshoot"


@dataclass(frozen=True)
class Counts:
    """`modules` and `lines` are those of files that hold more than a package's docstring, `arrows` pairs of rooms."""

    modules: int
    lines: int
    middle: int
    longest: tuple[tuple[str, int], ...]
    arrows: int

    def text(self) -> str:
        """One line each."""
        longest = ", ".join(f"{name} {lines}" for name, lines in self.longest)
        return "\n".join(
            (
                f"modules in src                 {self.modules}",
                f"lines in src                   {self.lines}",
                f"median lines of a module       {self.middle}",
                f"longest modules                {longest}",
                f"arrows between the rooms       {self.arrows}",
            )
        )


def counts() -> Counts:
    """Of the checkout as it is."""
    files = sorted(PACKAGE.rglob("*.py"))
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    modules = {path: lines for path, lines in lengths.items() if path.name != "__init__.py"}
    longest = sorted(modules, key=lambda path: -modules[path])[:5]
    return Counts(
        len(modules),
        sum(lengths.values()),
        round(median(modules.values())),
        tuple((str(path.relative_to(PACKAGE)), modules[path]) for path in longest),
        len({arrow for path in files for arrow in _arrows(path)}),
    )


def _arrows(path: Path) -> Iterator[tuple[str, str]]:
    """From the room of a file to each room that it imports from."""
    here = _room(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE.name):
            parts = (node.module or "").split(".")
            for there in [_room(parts)] if len(parts) > 1 else [alias.name for alias in node.names]:
                if there != here and not there.startswith("__"):
                    yield here, there


def _room(parts: tuple[str, ...] | list[str]) -> str:
    return parts[1] if len(parts) > 1 else parts[0]
