"""What is in the zipapp, and that nothing but its sources decides about its bytes."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.system.artefact.checkout import copy_checkout
from tools.zipapp.tree import refuse_compiled
from tools.zipapp.wheels import ImpureBuild, refuse_platform_wheels

OTHERWISE = {
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "C",
    "PYTHONHASHSEED": "7",
    "PYTHONDONTWRITEBYTECODE": "" if "PYTHONDONTWRITEBYTECODE" in os.environ else "1",
    "SOURCE_DATE_EPOCH": "1000000000",
}


def test_only_the_sources_decide_about_the_bytes(zipapp: Path, tmp_path: Path) -> None:
    assert zipapp.exists()
    checkout = copy_checkout(tmp_path / "checkout")
    elsewhere = shutil.copytree(checkout, tmp_path / "elsewhere", ignore=shutil.ignore_patterns(".cache"))
    command = [sys.executable, "-m", "tools.zipapp", "dist/kubectl-netshoot"]
    for folder, umask, environ in ((checkout, 0o022, {}), (elsewhere, 0o077, OTHERWISE)):
        subprocess.run(command, cwd=folder, env=os.environ | environ, umask=umask, check=True)
    assert digest(elsewhere) == digest(checkout)


def digest(checkout: Path) -> str:
    return hashlib.sha256((checkout / "dist" / "kubectl-netshoot").read_bytes()).hexdigest()


def test_the_zipapp_is_executable_by_everyone(zipapp: Path) -> None:
    assert stat.S_IMODE(zipapp.stat().st_mode) == 0o755
    assert zipapp.read_bytes().startswith(b"#!/usr/bin/env python3\n")


def test_every_file_is_plain_and_none_is_compiled(zipapp: Path) -> None:
    with zipfile.ZipFile(zipapp) as archive:
        entries = archive.infolist()
    assert {info.external_attr >> 16 for info in entries} == {0o100644}
    assert {info.date_time for info in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert not [
        info.filename for info in entries if info.filename.endswith((".so", ".pyd", ".dylib", ".pyc"))
    ]


def test_no_file_knows_where_it_was_built(zipapp: Path) -> None:
    with zipfile.ZipFile(zipapp) as archive:
        traces = [name for name in archive.namelist() if str(Path.cwd()).encode() in archive.read(name)]
    assert traces == []


def test_licences_of_what_is_bundled_come_along(zipapp: Path) -> None:
    with zipfile.ZipFile(zipapp) as archive:
        names = archive.namelist()
    bundled = {name.split("/")[1] for name in names if ".dist-info/" in name}
    licensed = {name.split("/")[1] for name in names if ".dist-info/" in name and "METADATA" not in name}
    assert bundled
    assert bundled == licensed


@pytest.mark.parametrize("tag", ["cp311-cp311-manylinux_2_28_x86_64", "cp310-abi3-macosx_11_0_arm64"])
def test_a_wheel_for_one_platform_stops_the_build(tag: str) -> None:
    pure = Path("six-1.17.0-py2.py3-none-any.whl")
    refuse_platform_wheels([pure])
    with pytest.raises(ImpureBuild, match="yarl"):
        refuse_platform_wheels([pure, Path(f"yarl-1.0-{tag}.whl")])


@pytest.mark.parametrize("name", ["fast.so", "fast.cpython-311-darwin.so", "fast.pyd", "fast.abi3.dylib"])
def test_a_compiled_file_stops_the_build_whatever_its_wheel_is_called(tmp_path: Path, name: str) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "pure.py").touch()
    refuse_compiled(tmp_path)
    (tmp_path / "package" / name).touch()
    with pytest.raises(ImpureBuild, match="fast"):
        refuse_compiled(tmp_path)
