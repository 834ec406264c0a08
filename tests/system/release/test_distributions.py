"""The wheel and the source distribution of a release: what an index of packages checks, and what it shows."""

import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.metadata import Metadata

from kubectl_netshoot import __version__
from tests.system.release.conftest import ADDRESS, VERSION, Release
from tools.markdown import README, Document


def metadata(path: Path) -> bytes:
    """METADATA of a wheel, PKG-INFO of a source distribution."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
            return wheel.read(name)
    with tarfile.open(path) as archive:
        found = archive.extractfile(f"kubectl_netshoot-{__version__}/PKG-INFO")
        assert found is not None
        return found.read()


@pytest.fixture(params=["py3-none-any.whl", ".tar.gz"])
def distribution(released: Release, request: pytest.FixtureRequest) -> Path:
    (found,) = (path for path in (released.dist / "python").iterdir() if path.name.endswith(request.param))
    return found


def test_there_is_one_of_each(released: Release) -> None:
    names = sorted(path.name for path in (released.dist / "python").iterdir())
    stem = f"kubectl_netshoot-{__version__}"
    assert names == [f"{stem}-py3-none-any.whl", f"{stem}.tar.gz"]


def test_its_metadata_are_valid_and_name_the_project(distribution: Path) -> None:
    found = Metadata.from_email(metadata(distribution), validate=True)
    assert (found.name, str(found.version)) == ("kubectl-netshoot", __version__)
    assert found.license_expression == "Apache-2.0"
    assert found.project_urls == {"Homepage": ADDRESS}
    assert found.description_content_type == "text/markdown"


def test_what_is_shown_is_readme_with_links_that_lead_to_this_version(
    distribution: Path, tmp_path: Path
) -> None:
    shown = tmp_path / "shown.md"
    shown.write_text(Metadata.from_email(metadata(distribution)).description or "", encoding="utf-8")
    links = Document(str(shown)).links()
    assert len(links) == len(README.links())
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    assert f"{ADDRESS}/raw/{VERSION}/docs/session.svg" in links
    assert f"{ADDRESS}/blob/{VERSION}/docs/safety.md#hazards" in links
