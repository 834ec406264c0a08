"""Hides what of the dependencies the program can ever need: the modules that an import of it leads to, however late.

Python's own ModuleFinder follows the imports, those inside functions too. What is imported by a name that is put
together at run time is listed here, and so is where it need not go on.
"""

import shutil
from modulefinder import ModuleFinder
from pathlib import Path

# Imported by name at run time; `.*` stands for every module of a package.
BY_NAME = (
    *("kubernetes.client.api_client", "kubernetes.client.configuration", "kubernetes.client.exceptions"),
    *("charset_normalizer", "dns.rdtypes.*", "rich._unicode_data.*"),
)
# Help and errors are plain here (rich_markup_mode=None), so that of rich only its widths of characters are used.
# Neither a browser's Python nor another TLS or HTTP/2 library is run here. The client reads times in models with
# dateutil: none of these is carried, and without a parser it leaves them text.
CUT = (
    "dateutil",
    *("typer.rich_utils", "typer.cli", "rich.console", "rich.pretty", "rich.traceback", "rich._inspect"),
    *(
        "urllib3.contrib.emscripten",
        "urllib3.contrib.pyopenssl",
        "urllib3.http2.connection",
    ),
    *("dns.tsigkeyring", "dns.asyncresolver", "dns.resolver", "dns.query", "dns.zone"),
)


class _Forgotten(dict[str, dict[str, int]]):
    """ModuleFinder takes `from .struct import` for a module that it sought in vain once it has missed `struct`."""

    def __contains__(self, _name: object) -> bool:
        return False


def reached(site: Path, package: str) -> set[Path]:
    """The source files below `site` that `package` leads to, itself included. Raises ImportError for a wrong name."""
    finder = ModuleFinder(path=[str(site)], excludes=list(CUT))
    finder.badmodules = _Forgotten()
    for name in (f"{package}.*", *BY_NAME):
        for module in modules(site, name):
            finder.import_hook(module)
    files = (vars(found)["__file__"] for found in finder.modules.values())
    return {Path(file) for file in files if file}


def modules(site: Path, name: str) -> list[str]:
    """The names that a name in BY_NAME stands for."""
    if not name.endswith(".*"):
        return [name]
    folder = site.joinpath(*name.removesuffix(".*").split("."))
    paths = (path.relative_to(site).with_suffix("") for path in folder.rglob("*.py"))
    return sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)


def prune(site: Path, package: str) -> None:
    """Delete every source file below `site` that `package` does not lead to, and the data beside none that stays.

    What a distribution says of itself goes with the last of its modules.
    """
    kept = reached(site, package)
    folders = {path.parent for path in kept}
    for path in [path for path in site.rglob("*") if path.is_file() and ".dist-info" not in str(path)]:
        stays = path in kept if path.suffix == ".py" else path.parent in folders
        if not stays:
            path.unlink()
    prune_metadata(site)


def prune_metadata(site: Path) -> None:
    """Delete what distributions say of themselves when nothing else of theirs is left, and all their RECORDs."""
    for record in site.glob("*.dist-info/RECORD"):
        files = (site / line.partition(",")[0] for line in record.read_text(encoding="utf-8").splitlines())
        if any(
            file.exists() for file in files if file.parent != record.parent and ".dist-info" not in str(file)
        ):
            record.unlink()
        else:
            shutil.rmtree(record.parent)
