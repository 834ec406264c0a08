"""`pip install .`, and so pipx: the same command from a wheel, with all that its code reads beside it."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_netshoot import __version__
from tests.system.artefact.build import ROOT
from tests.system.artefact.checkout import bare_environ, copy_checkout, run
from tests.system.release.once import once

CAPTURE = ROOT / "tests" / "unit" / "packets" / "render" / "captures" / "get.txt"


@pytest.fixture(scope="session")
def built(zipapp: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout, with a wheel of it, and an environment into which a pip of its own has put that."""
    assert zipapp.exists()
    return once(tmp_path_factory, "wheel", build_and_install)


@pytest.fixture
def wheel(built: Path) -> Path:
    (found,) = (built / "wheels").glob("*.whl")
    return found


@pytest.fixture
def command(built: Path) -> Path:
    return built / "environment" / "bin" / "kubectl-netshoot"


def build_and_install(folder: Path) -> None:
    checkout, environment, wheels = (
        copy_checkout(folder / "checkout"),
        folder / "environment",
        folder / "wheels",
    )
    pip(checkout, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(wheels), ".")
    venv.create(environment, symlinks=True)
    # Behind its own site-packages, and without this environment's .pth files: no code of the checkout is found.
    (site,) = (environment / "lib").glob("python3*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = str(environment / "bin" / "python")
    pip(folder, "--python", python, "install", "--no-deps", "--no-index", *map(str, wheels.glob("*.whl")))


def pip(folder: Path, *words: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", *words], cwd=folder, check=True, capture_output=True)


def beside_the_code() -> Iterator[str]:
    """Every file of the package that is no Python, by its path from src/."""
    package = ROOT / "src" / "kubectl_netshoot"
    for path in package.rglob("*"):
        if path.is_file() and path.suffix not in (".py", ".pyc"):
            yield str(path.relative_to(package.parent))


def test_all_that_lies_beside_the_code_comes_along(wheel: Path) -> None:
    assert wheel.name == f"kubectl_netshoot-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    expected = set(beside_the_code())
    assert len(expected) > 3
    assert expected <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "fakecluster/", "tools/"))]


def test_the_source_distribution_has_what_a_wheel_is_made_of(built: Path, tmp_path: Path) -> None:
    build = f"from setuptools import build_meta; build_meta.build_sdist({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=built / "checkout", check=True, capture_output=True)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        held = {member.partition("/")[2] for member in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE"} <= held
    assert {f"src/{path}" for path in beside_the_code()} <= held


def test_it_is_the_same_command(command: Path, tmp_path: Path) -> None:
    environ = bare_environ(tmp_path / "home", command.parent)
    kubectl = str(Path(sys.executable).with_name("kubectl"))
    for words in ([str(command)], [kubectl, "netshoot"]):
        done = run([*words, "version"], environ, tmp_path)
        assert (done.returncode, done.stdout) == (0, f"kubectl-netshoot {__version__}\n")
        assert run([*words, "--help"], environ, tmp_path).stdout.startswith("Usage: kubectl netshoot ")


def test_it_runs_what_was_installed_and_finds_its_data(command: Path, tmp_path: Path) -> None:
    environ = bare_environ(tmp_path / "home", command.parent)
    for words in (["--lang", "zh"], ["-o", "html"]):
        done = run([str(command), "explain", *words, str(CAPTURE)], environ, tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout
    python = command.with_name("python")
    where = run([str(python), "-c", "import kubectl_netshoot as k; print(k.__file__)"], environ, tmp_path)
    assert Path(where.stdout.strip()).is_relative_to(command.parents[1])
    assert os.listdir(tmp_path) == ["home"]


def test_tab_works_after_completion_install(command: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    environ = bare_environ(tmp_path / "home", folder, command.parent)
    kubectl = str(Path(sys.executable).with_name("kubectl"))
    done = run([kubectl, "netshoot", "completion", "install", "--dir", str(folder)], environ, tmp_path)
    assert done.returncode == 0, done.stderr
    offered = run([kubectl, "__complete", "netshoot", "vers"], environ, tmp_path)
    assert offered.stdout.splitlines()[0].split("\t")[0] == "version"
