"""The documents' tables of targets, hazards, exit statuses and variables, held against the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import kubectl_netshoot
from kubectl_netshoot.errors import ExitStatus
from kubectl_netshoot.model import MANAGED_BY, MANAGED_BY_LABEL
from kubectl_netshoot.rules.hazards.hazard import ALLOWABLE
from kubectl_netshoot.rules.targets import KINDS
from kubectl_netshoot.settings.keys import KEYS
from tools.markdown import README, REFERENCE, SAFETY, Document, code

SOURCE = Path(kubectl_netshoot.__file__).parent
SETTINGS = REFERENCE.table("Settings")
SEVERITIES = {"never", "refuse", "warn"}


def calls(name: str) -> Iterator[ast.Call]:
    """Every call of this function or class in the program."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield node


def hazards() -> dict[str, set[str]]:
    """Id to severity of every hazard that is ever made; no severity where that is decided at run time."""
    found: dict[str, set[str]] = {}
    for call in calls("Hazard"):
        name, severity = call.args[:2]
        assert isinstance(name, ast.Constant), "a hazard's id is a literal, so that it can be found"
        known = {severity.attr.lower()} if isinstance(severity, ast.Attribute) else set()
        found.setdefault(str(name.value), set()).update(known)
    return found


def rows() -> dict[str, list[str]]:
    return {code(row[0])[0]: row[1:] for row in SAFETY.table("Hazards")}


def test_every_hazard_is_described() -> None:
    assert set(rows()) == set(hazards()) | ALLOWABLE


def test_severities_are_those_of_the_code() -> None:
    for name, known in hazards().items():
        assert {rows()[name][0]} <= (known or SEVERITIES), name


def test_what_allow_lifts() -> None:
    assert {name for name, cells in rows().items() if cells[-1] == "yes"} == ALLOWABLE
    assert {cells[-1] for cells in rows().values()} == {"yes", "no"}


def test_what_can_be_lifted_is_a_refusal() -> None:
    assert {name for name, cells in rows().items() if cells[0] == "refuse"} == ALLOWABLE


def test_every_kind_that_target_can_be() -> None:
    words = [word for row in REFERENCE.table("What TARGET can be") for word in code(row[0]) if "/" in word]
    assert {word.partition("/")[0] for word in words} == set(KINDS)


def test_exit_statuses() -> None:
    rows = [code(row[0]) for row in REFERENCE.table("Exit status")]
    assert [int(row[0]) for row in rows if row] == [int(status) for status in ExitStatus]


def test_variables_of_our_own() -> None:
    """Whatever begins with our name in the program is a variable that the reference names, or the mark of a copy."""
    words = {
        node.value
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isupper()
    }
    # One that ends in _ is the beginning of those that are named after the settings.
    ours = {word for word in words if word.startswith("KUBECTL_NETSHOOT") and not word.endswith("_")}
    settled = {key.variable for key in KEYS.values()}
    described = {code(variable)[0] for _, variable, *_ in SETTINGS} | {
        word
        for word in code(REFERENCE.section("Files and environment"))
        if word.startswith("KUBECTL_NETSHOOT")
    }
    assert ours | settled == described


def test_settings() -> None:
    """Every key with its variable and its default, in the order of `config view`."""
    described = [
        (code(key)[0], code(variable)[0], "".join(code(default))) for key, variable, default, *_ in SETTINGS
    ]
    assert described == [(key.name, key.variable, key.default) for key in KEYS.values()]


def test_the_label_is_the_one_that_is_selected_by() -> None:
    assert any(f"-l {MANAGED_BY_LABEL}={MANAGED_BY}" in command for command in SAFETY.commands())


@pytest.mark.parametrize("document", [README, SAFETY], ids=str)
def test_what_a_person_sees_is_what_the_program_says(document: Document) -> None:
    """Word for word, but for names and for the noun of the pod."""
    source = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    seen = [words for row in document.table("Something is stuck") for words in code(row[0])]
    parts = [part.strip() for words in seen for part in re.split(r"…|\bcopy\b|^error:", words)]
    assert len(parts) >= len(seen)
    assert [part for part in parts if part not in source] == []
