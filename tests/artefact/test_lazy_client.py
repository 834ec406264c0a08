"""The lazy Kubernetes client has the same names as the original, and loads what is asked for only."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import kubernetes
import pytest

from tools.zipapp.lazify import UnexpectedStatement, lazy_source

ORIGINAL = Path(kubernetes.__file__).parents[1]

ORIGINS = """
import importlib, json, sys
found = {}
for package in ("kubernetes", "kubernetes.client", "kubernetes.client.api", "kubernetes.client.models"):
    module = importlib.import_module(package)
    for name in dir(module):
        value = getattr(module, name)
        if isinstance(value, type):
            found[package + ":" + name] = value.__module__
        elif isinstance(value, type(sys)) and value.__name__.startswith("kubernetes"):
            found[package + ":" + name] = value.__name__
print(json.dumps(found))
"""

LOADED = """
import json, sys
from kubernetes.client import CoreV1Api
CoreV1Api()
print(json.dumps([name for name in sys.modules if name.startswith("kubernetes.client.")]))
"""

TRACEBACK = """
import io, json
from rich.console import Console
console = Console(file=io.StringIO())
try:
    raise ValueError("told")
except ValueError:
    console.print_exception()
print(json.dumps("told" in console.file.getvalue()))
"""


@pytest.fixture(scope="session")
def site(zipapp: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(zipapp) as archive:
        archive.extractall(folder)
    return folder / "site-packages"


def run_with(site: Path, code: str) -> Any:
    """What code prints as JSON when it imports from a folder and nowhere else."""
    isolated = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(site)!r})\n{code}"]
    return json.loads(subprocess.run(isolated, capture_output=True, text=True, check=True).stdout)


def test_every_name_is_there_and_comes_from_the_same_module(site: Path) -> None:
    original, lazy = run_with(ORIGINAL, ORIGINS), run_with(site, ORIGINS)
    assert len(original) > 1500
    assert {name: lazy.get(name) for name in original} == original


def test_an_api_loads_none_of_the_other_apis_and_models(site: Path) -> None:
    loaded = run_with(site, LOADED)
    assert [name for name in loaded if ".api." in name] == ["kubernetes.client.api.core_v1_api"]
    assert not [name for name in loaded if ".models." in name]


def test_rich_shows_a_traceback_without_the_lexers_that_were_left_out(site: Path) -> None:
    assert run_with(site, TRACEBACK) is True


def test_what_is_no_import_stays_and_a_missing_name_is_an_attribute_error() -> None:
    source = '"""Kept."""\nfrom __future__ import annotations\n__version__ = "1"\nfrom json import dumps\n'
    namespace: dict[str, Any] = {"__name__": "lazy"}
    exec(lazy_source(source, set()), namespace)
    assert namespace["__doc__"] == "Kept."
    assert namespace["__version__"] == "1"
    assert "dumps" not in namespace
    assert namespace["__getattr__"]("dumps") is json.dumps
    assert namespace["dumps"] is json.dumps
    with pytest.raises(AttributeError, match="no attribute 'loads'"):
        namespace["__getattr__"]("loads")


@pytest.mark.parametrize(
    "statement",
    [
        "from json import *",
        "from json import dumps as write",
        "from . import elsewhere",
        "from .. import client",
        "import json",
        "register()",
        "VALUE = compute()",
        "if True:\n    from json import dumps",
    ],
)
def test_a_statement_that_is_not_expected_stops_the_build(statement: str) -> None:
    with pytest.raises(UnexpectedStatement):
        lazy_source(statement + "\n", {"client"})
