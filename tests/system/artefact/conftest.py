"""A probe of the zipapp's entry, with a home of its own; and the files of the real one."""

import zipfile
from pathlib import Path

import pytest

from tests.system.artefact.probe import Probe, build_probe


@pytest.fixture(scope="session")
def probe_zipapp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_probe(tmp_path_factory.mktemp("probe"))


@pytest.fixture
def probe(probe_zipapp: Path, tmp_path: Path) -> Probe:
    """The probe in an empty environment, HOME and TMPDIR below the test's folder."""
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    return Probe(probe_zipapp, {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")})


@pytest.fixture(scope="session")
def site(zipapp: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the zipapp carries, in a folder."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(zipapp) as archive:
        archive.extractall(folder)
    return folder / "site-packages"
