"""Every krew manifest of ours keeps krew's rules, and all come from plugin.yaml."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_netshoot import __version__
from tests.system.artefact.build import ROOT, ZIPAPP
from tests.system.release.krew import MACHINES, Machine, faults, serving
from tools.release.manifest import fill, homepage_of

INDEX = ROOT / "plugins"
SERVED = {machine for machine in MACHINES if machine[0] in ("linux", "darwin")}


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def template() -> Any:
    return read(ROOT / "plugin.yaml")


@pytest.mark.parametrize("path", ["plugin.yaml", "plugins/netshoot.yaml"])
def test_it_keeps_the_rules_of_krew_and_of_its_index(path: str) -> None:
    assert faults(read(ROOT / path), "netshoot") == []


BROKEN = {
    "apiVersion": lambda m: m.update(apiVersion="krew.googlecontainertools.github.com/v1"),
    "name": lambda m: m["metadata"].update(name="net shoot"),
    "version": lambda m: m["spec"].update(version="0.1.0"),
    "short description": lambda m: m["spec"].update(shortDescription="a" * 51),
    "description's width": lambda m: m["spec"].update(description="a " * 41),
    "description without usage": lambda m: m["spec"].update(description="Try:\n  kubectl netshoot POD"),
    "caveats' width": lambda m: m["spec"].update(caveats="a " * 41),
    "arch that does not matter": lambda m: m["spec"]["platforms"][0]["selector"].update(
        matchLabels={"arch": "amd64"}
    ),
    "platforms": lambda m: m["spec"].update(platforms=[]),
    "unused": lambda m: m["spec"]["platforms"][0]["selector"]["matchExpressions"][0].update(values=["plan9"]),
    "overlap": lambda m: m["spec"]["platforms"].append(m["spec"]["platforms"][0]),
    "uri": lambda m: m["spec"]["platforms"][0].update(uri="https://example.invalid/plugin.pyz"),
    "sha256": lambda m: m["spec"]["platforms"][0].update(sha256="A" * 64),
    "files": lambda m: m["spec"]["platforms"][0]["files"][0].update(to="../bin"),
    "selector": lambda m: m["spec"]["platforms"][0]["selector"].update(matchLabels={"libc": "musl"}),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_manifest_that_breaks_a_rule_would_be_found(rule: str) -> None:
    broken = read(ROOT / "plugin.yaml")
    BROKEN[rule](broken)
    assert rule in faults(broken, "netshoot")


@pytest.mark.parametrize("name", ["net shoot", "nétshoot", "COM1", ""])
def test_a_name_that_krew_does_not_take_would_be_found(template: Any, name: str) -> None:
    named = {**template, "metadata": {"name": name}}
    assert faults(named, name) == ["name"]


def test_it_says_which_version_it_is_and_what_it_needs(template: Any) -> None:
    assert template["spec"]["version"] == f"v{__version__}"
    caveats = template["spec"]["caveats"]
    for needed in ("Python 3.10", "kubectl 1.27", "completion install", "completion uninstall"):
        assert needed in caveats


@pytest.mark.parametrize("machine", MACHINES, ids="-".join)
def test_exactly_one_platform_serves_each_machine_that_is_promised(template: Any, machine: Machine) -> None:
    assert len(serving(template, machine)) == (machine in SERVED)


def test_every_platform_installs_the_command_and_the_licence(template: Any) -> None:
    for platform in template["spec"]["platforms"]:
        assert platform["bin"] == ZIPAPP.name
        assert {entry["from"] for entry in platform["files"]} == {ZIPAPP.name, "LICENSE"}


def test_the_custom_index_holds_this_plugin_as_krew_reads_it() -> None:
    """krew takes every plain file of plugins/ that ends in .yaml, and follows no link."""
    assert [path.name for path in INDEX.iterdir()] == ["netshoot.yaml"]
    assert not (INDEX / "netshoot.yaml").is_symlink()


def test_the_custom_index_is_the_template_filled_in() -> None:
    text = (INDEX / "netshoot.yaml").read_text(encoding="utf-8")
    spec = yaml.safe_load(text)["spec"]
    template = (ROOT / "plugin.yaml").read_text(encoding="utf-8")
    assert fill(template, spec["version"], homepage_of(text), spec["platforms"][0]["sha256"]) == text
