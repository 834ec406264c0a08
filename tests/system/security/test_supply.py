"""What is in the file that people run: exactly the locked packages, each by its hash, no compiled code.

That the build gives the same bytes again is in tests/system/artefact/test_archive.py.
"""

import re
import zipfile
from pathlib import Path

import pytest

from tests.system.artefact.build import ROOT

REQUIREMENT = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", ["runtime.lock", "dev.lock"])
def test_every_locked_package_has_a_hash(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text()
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)
    packages = [entry for entry in entries if REQUIREMENT.match(entry)]
    assert len(packages) == len([entry for entry in entries if entry and not entry.startswith("#")]) > 5
    assert [entry for entry in packages if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []


def test_the_zipapp_holds_the_locked_packages_and_no_other(zipapp: Path) -> None:
    locked = {
        (normal(name), version)
        for name, version in REQUIREMENT.findall((ROOT / "requirements" / "runtime.lock").read_text())
    }
    with zipfile.ZipFile(zipapp) as archive:
        found = {
            match.groups()
            for match in (re.search(r"([^/]+)-([^-/]+)\.dist-info/", name) for name in archive.namelist())
            if match
        }
    bundled = {(normal(name), version) for name, version in found}
    assert bundled
    assert bundled <= locked
