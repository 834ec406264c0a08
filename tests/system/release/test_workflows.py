"""The workflows: actionlint finds no fault, every action is pinned, and no job may do more than it needs."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.system.artefact.build import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
SUPPORTED = ["3.10", "3.11", "3.12", "3.13", "3.14"]


def read(name: str) -> Any:
    # BaseLoader: YAML 1.1 takes the key `on` for a truth.
    return yaml.load((ROOT / ".github" / "workflows" / name).read_text(), Loader=yaml.BaseLoader)


def test_actionlint_finds_no_fault() -> None:
    actionlint = Path(sys.executable).with_name("actionlint")
    done = subprocess.run([str(actionlint), *WORKFLOWS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit_with_the_version_beside_it(path: Path) -> None:
    used = re.findall(r"uses: (.+)$", path.read_text(), re.MULTILINE)
    assert used
    assert [action for action in used if not PINNED.fullmatch(action)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_only_what_publishes_may_write(path: Path) -> None:
    workflow = read(path.name)
    assert set(workflow["permissions"].values()) <= {"read"}
    jobs = {name: job.get("permissions", workflow["permissions"]) for name, job in workflow["jobs"].items()}
    assert all(permissions for permissions in jobs.values())
    assert {name for name, rights in jobs.items() if "write" in rights.values()} <= {
        "publish",
        "publish-python",
    }


def test_every_python_is_tested_on_linux_and_the_oldest_and_newest_on_macos() -> None:
    jobs = read("test.yml")["jobs"]
    runs = {name: (job["runs-on"], job["strategy"]["matrix"]["python"]) for name, job in jobs.items()}
    assert runs == {
        "all": ("ubuntu-latest", SUPPORTED),
        "without-a-cluster": ("macos-latest", [SUPPORTED[0], SUPPORTED[-1]]),
    }


def test_what_is_published_was_tested_and_is_what_the_index_says() -> None:
    build = [step["run"] for step in read("release.yml")["jobs"]["build"]["steps"] if "run" in step]
    assert build[0].startswith("make test")
    assert build[1].startswith("make release VERSION=")
    assert build[2] == "cmp dist/netshoot.yaml plugins/netshoot.yaml"


def test_nothing_but_what_was_built_goes_to_the_index_of_packages_and_no_token_is_kept() -> None:
    jobs = read("release.yml")["jobs"]
    job = jobs["publish-python"]
    assert (job["permissions"], job["environment"]) == ({"id-token": "write"}, "pypi")
    got, uploaded = job["steps"]
    kept = [step["with"] for step in jobs["build"]["steps"] if "upload-artifact" in step.get("uses", "")]
    assert {"name": got["with"]["name"], "path": "dist/python"} in kept
    assert "with" not in uploaded
    assert "secrets." not in (ROOT / ".github" / "workflows" / "release.yml").read_text()
