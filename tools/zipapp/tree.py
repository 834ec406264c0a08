"""Hides how wheels and our own source become a tree to import from, without what is no source of a program."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from tools.zipapp.wheels import ImpureBuild, pip

COMPILED = {".so", ".pyd", ".dylib", ".dll", ".a"}
KEPT_METADATA = {"METADATA", "RECORD", "licenses", "LICENSE", "LICENSE.txt", "NOTICE"}
UNUSED = ("bin", "**/*.pyi", "**/py.typed")


def install(wheels: list[Path], site: Path) -> None:
    """Unpack `wheels` into `site` and remove what no program imports; raises ImpureBuild."""
    pip("install", "--no-index", "--no-deps", "--no-compile", "--target", site, *wheels)
    for pattern in UNUSED:
        remove(site.glob(pattern))
    remove(path for path in site.glob("*.dist-info/*") if path.name not in KEPT_METADATA)
    refuse_compiled(site)


def remove(paths: Iterable[Path]) -> None:
    """Delete files and whole folders."""
    for path in list(paths):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def refuse_compiled(site: Path) -> None:
    """Raise ImpureBuild when a file below `site` is machine code, whatever its wheel was called."""
    compiled = [str(path.relative_to(site)) for path in site.rglob("*") if COMPILED & set(path.suffixes)]
    if compiled:
        raise ImpureBuild(f"compiled: {', '.join(compiled)}")


def add_package(package: Path, site: Path) -> None:
    """Copy our own package into `site` without what Python leaves beside its source."""
    shutil.copytree(package, site / package.name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    refuse_compiled(site / package.name)
