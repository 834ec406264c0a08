"""Hides how the Kubernetes client is made to import only when it uses what it imports.

A session needs neither OpenID Connect nor YAML nor a proxy's exceptions, and yet `requests`, `oauthlib` and `yaml`
would be half of what it loads. A function or class that is only ever called becomes a function that imports it and
calls it; the import of a module moves into the functions that use its name. Any other use stops the build.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

NOTICE = "# Modified for kubectl-netshoot: some imports happen when they are used (tools/zipapp/defer.py).\n"
DEFERRED = {
    "kubernetes/client/api_client.py": ("parse", "ThreadPool"),
    "kubernetes/client/rest.py": ("should_bypass_proxies",),
    "kubernetes/config/kube_config.py": ("oauthlib", "yaml", "OAuth2Session"),
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


CALLER = """\
def {name}(*arguments, **named):
    {statement}
    return {name}(*arguments, **named)
"""


class CannotDefer(Exception):
    """A name is not imported alone at the top of its module, or is used in a way that cannot wait."""


def defer_imports(site: Path) -> None:
    """Rewrite the files in DEFERRED below `site`; raises CannotDefer."""
    for name, names in DEFERRED.items():
        path = site / name
        path.write_text(NOTICE + deferred_source(path.read_text(encoding="utf-8"), names), encoding="utf-8")


def deferred_source(source: str, names: tuple[str, ...]) -> str:
    """The text of a module that imports `names` when they are used; raises CannotDefer."""
    lines, module = source.splitlines(keepends=True), ast.parse(source)
    for name in names:
        statement = imported(module, name)
        text, instead = ast.unparse(statement), ""
        if isinstance(statement, ast.ImportFrom):
            refuse_other_than_calls(module, name)
            instead = CALLER.format(name=name, statement=text)
        else:
            for function in users(module, name):
                first = function.body[0]
                lines[first.lineno - 1] = f"{' ' * first.col_offset}{text}\n{lines[first.lineno - 1]}"
        lines[statement.lineno - 1] = instead
    return "".join(lines)


def imported(module: ast.Module, name: str) -> ast.Import | ast.ImportFrom:
    """The statement of one line that imports this name and no other; raises CannotDefer."""
    for statement in module.body:
        match statement:
            case ast.Import(names=[alias]) | ast.ImportFrom(names=[alias]):
                if (alias.asname or alias.name).split(".")[0] == name:
                    return statement
    raise CannotDefer(f"{name} is not imported in a line of its own")


def refuse_other_than_calls(module: ast.Module, name: str) -> None:
    """Raise CannotDefer where a name is more than called: compared, inherited from, handed on."""
    called = {id(node.func) for node in ast.walk(module) if isinstance(node, ast.Call)}
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and node.id == name and id(node) not in called:
            raise CannotDefer(f"line {node.lineno}: {name} is not called")


def users(module: ast.Module, name: str) -> Iterator[Function]:
    """The outermost functions whose bodies use a name; raises CannotDefer where something else does."""
    for node in outside_functions(module):
        if isinstance(node, Function):
            inside = (below for line in node.body for below in ast.walk(line))
            if any(isinstance(below, ast.Name) and below.id == name for below in inside):
                yield node
        elif isinstance(node, ast.Name) and node.id == name:
            raise CannotDefer(f"line {node.lineno}: {name} is used when the module is imported")


def outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """All below a node but the bodies of functions: what stands there is evaluated at the import."""
    for child in ast.iter_child_nodes(node):
        yield child
        if isinstance(child, Function):
            for part in (*child.decorator_list, child.args, *([child.returns] if child.returns else [])):
                yield from ast.walk(part)
        else:
            yield from outside_functions(child)
