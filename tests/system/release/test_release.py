"""`make release`: the same bytes from the same sources, each by its checksum, for the version that it says."""

import hashlib
import re
import shutil
import sys
import tarfile
from pathlib import Path

import pytest

from tests.system.artefact.checkout import bare_environ, run
from tests.system.release.conftest import ADDRESS, VERSION, Release, make_release


def listed(release: Release) -> dict[str, str]:
    """File to checksum, as SHA256SUMS has them."""
    lines = (release.dist / "SHA256SUMS").read_text().splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def test_the_same_sources_give_the_same_bytes(released: Release, tmp_path: Path) -> None:
    """Of the zipapp itself tests/system/artefact/test_archive.py shows it."""
    elsewhere = tmp_path / "else where"
    shutil.copytree(released.dist.parent, elsewhere, symlinks=True)
    for path in (elsewhere / "dist").iterdir():
        if path.is_file() and path.name != released.zipapp.name:
            path.unlink()
    other = make_release(
        elsewhere, tmp_path / "home", 0o077, TZ="Pacific/Kiritimati", LC_ALL="C", PYTHONHASHSEED="7"
    )
    assert listed(other) == listed(released)


def test_the_checksums_are_those_of_the_files(released: Release) -> None:
    names = {released.archive.name, released.contents.name, "netshoot.yaml", "kubectl-netshoot.rb"}
    assert listed(released) == {
        name: hashlib.sha256((released.dist / name).read_bytes()).hexdigest() for name in names
    }


def test_the_archive_holds_plain_files_of_nobody_in_particular(released: Release) -> None:
    with tarfile.open(released.archive) as archive:
        members = archive.getmembers()
    assert {member.name: member.mode for member in members} == {
        "LICENSE": 0o644,
        "kubectl-netshoot": 0o755,
        "kubectl-netshoot.1": 0o644,
        "kubectl_complete-netshoot": 0o755,
    }
    assert [member.name for member in members] == sorted(member.name for member in members)
    assert {(m.isreg(), m.uid, m.gid, m.uname, m.gname) for m in members} == {(True, 0, 0, "root", "root")}
    assert len({member.mtime for member in members}) == 1


def test_the_manifest_names_the_archive_at_the_projects_address(released: Release) -> None:
    spec = released.manifest["spec"]
    assert (spec["version"], spec["homepage"]) == (VERSION, ADDRESS)
    assert [platform["uri"] for platform in spec["platforms"]] == [
        f"{ADDRESS}/releases/download/{VERSION}/{released.archive.name}"
    ]


def test_the_formula_installs_what_the_archive_holds(released: Release) -> None:
    formula = (released.dist / "kubectl-netshoot.rb").read_text()
    (bins,), (pages,) = (re.findall(rf"{kind}\.install (.+)", formula) for kind in ("bin", "man1"))
    with tarfile.open(released.archive) as archive:
        assert {*re.findall(r'"([^"]+)"', f"{bins} {pages}"), "LICENSE"} == set(archive.getnames())
    fields = dict(re.findall(r'^  (\w+) "([^"]*)"$', formula, re.MULTILINE))
    assert fields["homepage"] == ADDRESS
    assert fields["url"] == f"{ADDRESS}/releases/download/{VERSION}/{released.archive.name}"
    assert fields["sha256"] == hashlib.sha256(released.archive.read_bytes()).hexdigest()


def test_the_formula_keeps_the_rules_of_brew_audit(released: Release) -> None:
    """After brew's own cops for the description (shared/desc_helper.rb) and the order of parts (components_order)."""
    formula = (released.dist / "kubectl-netshoot.rb").read_text()
    (desc,) = re.findall(r'(?m)^  desc "(.*)"$', formula)
    assert len(desc) <= 80
    assert desc == desc.strip()
    assert desc[0].isupper()
    assert not desc.endswith(".")
    assert not re.match(r"(?i)(the|an?)\s|kubectl[\s-]?netshoot\b", desc)
    parts = re.findall(r"(?m)^  (\w+)\b(?=.)", re.sub(r"(?m)^  end$", "", formula))
    assert list(dict.fromkeys(parts)) == [
        "desc",
        "homepage",
        "url",
        "sha256",
        "license",
        "depends_on",
        "def",
        "test",
    ]
    needed = re.findall(r'depends_on "(.*)"', formula)
    assert needed == sorted(needed)


@pytest.mark.parametrize("version", ["", "v99.0.0", VERSION.removeprefix("v")])
def test_another_version_is_refused_in_one_line(released: Release, tmp_path: Path, version: str) -> None:
    before = listed(released)
    command = [sys.executable, "-m", "tools.release", version]
    done = run(command, bare_environ(tmp_path / "home"), released.dist.parent)
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert f"this is {VERSION}" in said
    assert listed(released) == before
