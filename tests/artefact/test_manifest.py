"""plugin.yaml keeps krew's rules: https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/"""

import re
from itertools import product
from typing import Any

import pytest
import yaml

from kubectl_netshoot import __version__
from tests.artefact_build import ROOT, ZIPAPP


@pytest.fixture(scope="module")
def manifest() -> Any:
    return yaml.safe_load((ROOT / "plugin.yaml").read_text())


def serves(platform: Any, os: str, arch: str) -> bool:
    machine = {"os": os, "arch": arch}
    rules = platform["selector"]["matchExpressions"]
    assert {rule["operator"] for rule in rules} == {"In"}
    return all(machine[rule["key"]] in rule["values"] for rule in rules)


def test_it_names_this_plugin_and_version(manifest: Any) -> None:
    assert manifest["metadata"]["name"] == "netshoot"
    assert manifest["spec"]["version"] == f"v{__version__}"


def test_its_texts_have_the_length_and_say_what_is_needed(manifest: Any) -> None:
    assert 0 < len(manifest["spec"]["shortDescription"]) <= 50
    assert "Python 3.10" in manifest["spec"]["caveats"]
    assert "kubectl 1.27" in manifest["spec"]["caveats"]


@pytest.mark.parametrize(("os", "arch"), [*product(["linux", "darwin", "windows"], ["amd64", "arm64"])])
def test_exactly_one_platform_serves_each_machine_but_windows(manifest: Any, os: str, arch: str) -> None:
    platforms = [platform for platform in manifest["spec"]["platforms"] if serves(platform, os, arch)]
    assert len(platforms) == (0 if os == "windows" else 1)


def test_every_platform_installs_the_command_and_the_licence(manifest: Any) -> None:
    for platform in manifest["spec"]["platforms"]:
        assert platform["bin"] == ZIPAPP.name
        assert {entry["from"] for entry in platform["files"]} == {ZIPAPP.name, "LICENSE"}
        assert re.fullmatch(r"[0-9a-f]{64}", platform["sha256"])
        assert platform["uri"].endswith((".tar.gz", ".zip"))
