"""The zipapp runs on every Python it promises, and says one plain line to every older one."""

import ast
import re
from pathlib import Path

import pytest

from kubectl_netshoot import __version__
from tests.system.artefact.build import ROOT
from tests.system.artefact.checkout import run
from tests.system.artefact.interpreters import supported, too_old

ENTRY = ROOT / "tools" / "zipapp" / "entry" / "__main__.py"
# Of the syntax that Python 2.7 had, what the first lines need. An f-string or an annotation is not in it.
KNOWN_TO_OLD = (
    *(ast.Module, ast.Import, ast.ImportFrom, ast.alias, ast.If, ast.Compare, ast.Lt, ast.Expr, ast.Assign),
    *(
        ast.Call,
        ast.Attribute,
        ast.Name,
        ast.Constant,
        ast.Tuple,
        ast.Subscript,
        ast.Slice,
        ast.BinOp,
        ast.Add,
    ),
    *(ast.Load, ast.Store),
)


@pytest.mark.parametrize("python", supported())
def test_it_runs(zipapp: Path, tmp_path: Path, python: str) -> None:
    for words, told in ((["version"], __version__), (["--help"], "TARGET"), (["rbac"], "kind: Role")):
        done = run([python, str(zipapp), *words], {"HOME": str(tmp_path)})
        assert (done.returncode, done.stderr) == (0, "")
        assert told in done.stdout


@pytest.mark.parametrize("python", too_old())
def test_a_python_that_is_too_old_is_told_so_in_one_line(zipapp: Path, tmp_path: Path, python: str) -> None:
    done = run([python, str(zipapp), "version"], {"HOME": str(tmp_path)})
    assert done.returncode == 1
    assert re.fullmatch(r"kubectl-netshoot needs Python 3\.10 or newer, and .* is \d\.\d: .*\n", done.stderr)
    assert list(tmp_path.iterdir()) == []


def test_the_first_lines_use_no_syntax_that_an_old_python_lacks() -> None:
    nodes = list(ast.walk(ast.parse(ENTRY.read_text())))
    assert [type(node).__name__ for node in nodes if not isinstance(node, KNOWN_TO_OLD)] == []
    assert not [node for node in nodes if isinstance(node, ast.Call) and node.keywords]
