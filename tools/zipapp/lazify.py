"""Hides how the Kubernetes client is made to load a class when it is first asked for.

Its four generated `__init__` modules import 65 APIs and 721 models, half a second at every start. Here
their imports become a table for a module `__getattr__` (PEP 562). Whatever a file holds beyond imports, a
docstring and plain assignments is unknown ground, and the build stops.
"""

import ast
from collections.abc import Mapping
from pathlib import Path
from string import Template

GENERATED = ("kubernetes", "kubernetes/client", "kubernetes/client/api", "kubernetes/client/models")

MARK = "\n\n_EXPORTS = "
NOTICE = "# Modified for kubectl-netshoot: names are imported when first used (tools/zipapp/lazify.py).\n"

LAZY = Template("""

_EXPORTS = $exports

_SUBMODULES = $submodules

__all__ = sorted({*_EXPORTS, *_SUBMODULES})


def __getattr__(name):
    from importlib import import_module

    if name in _EXPORTS:
        value = getattr(import_module(_EXPORTS[name]), name)
    elif name in _SUBMODULES:
        value = import_module(__name__ + "." + name)
    else:
        raise AttributeError("module %r has no attribute %r" % (__name__, name))
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__})
""")


class UnexpectedStatement(Exception):
    """A generated file is not of the form that can safely be made lazy."""


def lazify_client(site: Path) -> None:
    """Rewrite the four generated files below `site`; raises UnexpectedStatement."""
    for package in GENERATED:
        init = site / package / "__init__.py"
        init.write_text(
            lazy_source(init.read_text(encoding="utf-8"), submodules(init.parent)), encoding="utf-8"
        )


def submodules(package: Path) -> set[str]:
    """The names that `import_module` finds below a package folder."""
    modules = {path.stem for path in package.glob("*.py")} - {"__init__"}
    return modules | {path.parent.name for path in package.glob("*/__init__.py")}


def lazy_source(source: str, below: set[str]) -> str:
    """The text of a module with the same names as `source`, each imported on first use."""
    exports: dict[str, str] = {}
    lines = source.splitlines(keepends=True)
    for statement in ast.parse(source).body:
        if stays(statement):
            continue
        exports.update(exported(statement, below))
        for number in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
            lines[number - 1] = ""
    return NOTICE + "".join(lines).rstrip() + tables(exports, below)


def forget_missing(site: Path) -> None:
    """Take out of the tables of the generated files what was pruned below `site`."""
    for package in GENERATED:
        init = site / package / "__init__.py"
        if init.exists():
            init.write_text(remaining(init.read_text(encoding="utf-8"), init.parent, site), encoding="utf-8")


def remaining(source: str, package: Path, site: Path) -> str:
    """The text of a lazy module without the names whose modules are not there."""
    kept, mark, rest = source.partition(MARK)
    exports, below = (ast.literal_eval(node.value) for node in ast.parse(mark + rest).body[:2])  # type: ignore[attr-defined]
    present = {
        name: module
        for name, module in exports.items()
        if site.joinpath(*module.split(".")).with_suffix(".py").exists()
    }
    return kept + tables(present, submodules(package) & set(below))


def tables(exports: Mapping[str, str], below: set[str]) -> str:
    """What makes a module lazy: names with their modules, the modules below it, and how both are found."""
    return LAZY.substitute(exports=literal(sorted(exports.items())), submodules=sorted(below))


def literal(pairs: list[tuple[str, str]]) -> str:
    """A dict display with one pair a line."""
    return "{\n" + "".join(f"    {name!r}: {module!r},\n" for name, module in pairs) + "}"


def stays(statement: ast.stmt) -> bool:
    """Whether a statement is harmless as it is: a docstring, a constant, a `__future__` import."""
    match statement:
        case ast.Expr(value=ast.Constant(value=str())) | ast.ImportFrom(module="__future__", level=0):
            return True
        case ast.Assign(targets=[ast.Name()], value=ast.Constant()):
            return True
    return False


def exported(statement: ast.stmt, below: set[str]) -> dict[str, str]:
    """The names that an import binds, with the module of each; raises UnexpectedStatement."""
    match statement:
        case ast.ImportFrom(module=str(module), level=0, names=names) if plain(names):
            return {alias.name: module for alias in names}
        case ast.ImportFrom(module=None, level=1, names=names) if plain(names):
            if {alias.name for alias in names} <= below:
                return {}
    raise UnexpectedStatement(f"line {statement.lineno}: {ast.unparse(statement)}")


def plain(names: list[ast.alias]) -> bool:
    """Whether every name is imported as itself, and none by `*`."""
    return all(alias.asname is None and alias.name != "*" for alias in names)
