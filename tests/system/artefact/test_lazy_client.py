"""The lazy Kubernetes client has the same names as the original, and loads what is asked for only."""

import json
from pathlib import Path
from typing import Any

import kubernetes
import pytest

from tests.system.artefact.unpacked import module_names, run_with
from tools.zipapp.lazify import UnexpectedStatement, lazy_source

ORIGINAL = Path(kubernetes.__file__).parents[1]

ORIGINS = """
import importlib, json, sys
found = {}
for package in ("kubernetes", "kubernetes.client", "kubernetes.client.api", "kubernetes.client.models"):
    try:
        module = importlib.import_module(package)
    except ModuleNotFoundError:
        continue
    for name in dir(module):
        value = getattr(module, name)
        if isinstance(value, type):
            found[package + ":" + name] = value.__module__
        elif isinstance(value, type(sys)) and value.__name__.startswith("kubernetes"):
            found[package + ":" + name] = value.__name__
print(json.dumps(found))
"""

LEFT_OUT = """
import json
from kubernetes import client
print(json.dumps([hasattr(client, name) for name in ("CoreV1Api", "V1Pod", "ApiException")]))
"""


def test_every_name_is_there_and_comes_from_the_same_module(site: Path) -> None:
    original, lazy = run_with(ORIGINAL, ORIGINS), run_with(site, ORIGINS)
    carried = set(module_names(site, "kubernetes"))
    expected = {name: module for name, module in original.items() if module in carried}
    assert {"kubernetes.client:ApiClient", "kubernetes.client:Configuration"} <= expected.keys()
    assert {name: lazy.get(name) for name in original if name in expected} == expected
    assert lazy.keys() <= expected.keys()


def test_the_generated_apis_and_models_are_left_out_and_nothing_else_of_the_client(site: Path) -> None:
    original = {name for name in module_names(ORIGINAL, "kubernetes/client") if "_test" not in name}
    left_out = original - set(module_names(site, "kubernetes/client"))
    assert len(left_out) > 700
    assert {name.rpartition(".")[0] for name in left_out} <= {
        *("kubernetes.client", "kubernetes.client.api", "kubernetes.client.models"),
        "kubernetes.client.apis",
    }
    assert {name for name in left_out if name.count(".") == 2} <= {
        "kubernetes.client.api",
        "kubernetes.client.apis",
    }


def test_a_name_whose_module_was_left_out_is_an_attribute_error(site: Path) -> None:
    assert run_with(site, LEFT_OUT) == [False, False, True]


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
