"""The bill of materials, held against the zipapp, the locks, and CycloneDX' own schema."""

import hashlib
import json
import re
import zipfile
from email import message_from_bytes
from typing import Any

import pytest
from cyclonedx.validation.json import JsonStrictValidator

from tests.system.artefact.build import ROOT
from tests.system.release.conftest import Release
from tools.release.licences import UnknownLicence, licence_of
from tools.release.lock import normal
from tools.release.sbom import SCHEMA, Unlocked, bill_of_materials


@pytest.fixture
def bill(released: Release) -> Any:
    return json.loads(released.contents.read_text(encoding="utf-8"))


def test_it_is_valid(released: Release) -> None:
    assert JsonStrictValidator(SCHEMA).validate_str(released.contents.read_text(encoding="utf-8")) is None


def test_it_lists_what_the_zipapp_carries_and_what_packed_it(released: Release, bill: Any) -> None:
    with zipfile.ZipFile(released.zipapp) as archive:
        names = archive.namelist()
        read = [message_from_bytes(archive.read(name)) for name in names if name.endswith("/METADATA")]
    carried = {(normal(metadata["Name"]), metadata["Version"]) for metadata in read}
    listed = {(part["name"], part["version"]) for part in bill["components"]}
    assert len(carried) > 5
    assert {name for name, _ in listed - carried} == (
        {"shiv"} if "_bootstrap/__init__.py" in names else set()
    )
    assert carried <= listed


def test_every_package_of_code_is_accounted_for(released: Release, bill: Any) -> None:
    """A distribution whose metadata was lost on the way would be carried and not listed."""
    with zipfile.ZipFile(released.zipapp) as archive:
        tops = {name.split("/")[1] for name in archive.namelist() if name.startswith("site-packages/")}
    modules = {normal(top.removesuffix(".py")) for top in tops if not top.endswith(".dist-info")}
    named = {"dns": "dnspython", "socks": "pysocks", "yaml": "pyyaml"}
    listed = {part["name"] for part in bill["components"]} | {"kubectl-netshoot"}
    assert {named.get(module, module) for module in modules} <= listed


def test_the_checksums_are_the_locks(bill: Any) -> None:
    lock = (ROOT / "requirements" / "runtime.lock").read_text()
    for part in bill["components"]:
        (files,) = part["externalReferences"]
        hashes = {entry["content"] for entry in files["hashes"]}
        assert part["purl"] == f"pkg:pypi/{part['name']}@{part['version']}"
        if part["name"] != "shiv":
            entry = re.search(rf"^{re.escape(part['name'])}==.*(\n    --hash.*)+", lock, re.MULTILINE)
            assert entry is not None
            assert hashes == set(re.findall(r"sha256:([0-9a-f]{64})", entry[0]))


def test_every_part_has_a_licence_and_somebody_who_needs_it(bill: Any) -> None:
    assert [part["name"] for part in bill["components"] if not part.get("licenses")] == []
    needed = {ref for dependency in bill["dependencies"] for ref in dependency.get("dependsOn", [])}
    assert {part["bom-ref"] for part in bill["components"]} <= needed


def test_it_is_of_this_zipapp(released: Release, bill: Any) -> None:
    (digest,) = bill["metadata"]["component"]["hashes"]
    assert digest["content"] == hashlib.sha256(released.zipapp.read_bytes()).hexdigest()


def test_what_no_lock_names_stops_the_release(released: Release) -> None:
    with pytest.raises(Unlocked, match="is in the zipapp and in no lock"):
        bill_of_materials(released.zipapp, "1.0.0", {})


def test_a_licence_in_free_text_is_not_guessed() -> None:
    metadata = message_from_bytes(b"Name: some\nLicense: as you like it\n")
    with pytest.raises(UnknownLicence, match="as you like it"):
        licence_of("some", metadata)
