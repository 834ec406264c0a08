"""Hides CycloneDX: what the zipapp carries, read from the zipapp itself, with what the locks know of it.

The document has neither a date nor a random number, so that the same zipapp has the same list.
"""

import hashlib
import json
import re
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from email import message_from_bytes, message_from_string
from email.message import Message
from importlib.metadata import metadata
from pathlib import Path

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement

from tools.release.licences import licence_of
from tools.release.lock import Locked, normal

SCHEMA = SchemaVersion.V1_6
PROGRAM = "kubectl-netshoot"
# Its bootstrap lies at the archive's root, without metadata.
PACKER, PACKED = "shiv", "_bootstrap/__init__.py"
_METADATA = re.compile(r"[^/]+/[^/]+\.dist-info/METADATA")


class Unlocked(Exception):
    """The zipapp carries what no lock names."""


def bill_of_materials(zipapp: Path, version: str, locks: Mapping[str, Locked]) -> str:
    """What `zipapp`, which is of this version, carries, as JSON. Raises Unlocked, UnknownLicence."""
    found = {normal(read["Name"]): read for read in carried(zipapp)}
    ours = installed(PROGRAM)
    parts = {name: component(name, read, locks) for name, read in found.items()}
    digest = hashlib.sha256(zipapp.read_bytes()).hexdigest()
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_OID, digest), components=parts.values())
    program = Component(
        name=PROGRAM,
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref=PROGRAM,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        licenses=[licence_of(PROGRAM, ours)],
    )
    bom.metadata.component = program
    for target, read in ((program, ours), *((parts[name], found[name]) for name in parts)):
        bom.register_dependency(target, [parts[name] for name in needs(read) if name in parts])
    # Nobody requires it: it came with the packing.
    bom.register_dependency(program, [part for name, part in parts.items() if name == PACKER])
    return undated(make_outputter(bom, OutputFormat.JSON, SCHEMA).output_as_string())


def carried(zipapp: Path) -> Iterator[Message]:
    """The metadata of every distribution in the archive, and of what packed it where that is in there, too."""
    with zipfile.ZipFile(zipapp) as archive:
        names = archive.namelist()
        yield from (message_from_bytes(archive.read(name)) for name in names if _METADATA.fullmatch(name))
    if PACKED in names:
        yield installed(PACKER)


def installed(name: str) -> Message:
    """The metadata of a distribution that is installed here."""
    return message_from_string(str(metadata(name)))


def component(name: str, read: Message, locks: Mapping[str, Locked]) -> Component:
    """One package; the hashes are those of the files that the lock admits for it."""
    locked = locks.get(name)
    if locked is None or locked.version != read["Version"]:
        raise Unlocked(f"{name} {read['Version']} is in the zipapp and in no lock")
    purl = PackageURL("pypi", name=name, version=locked.version)
    return Component(
        name=name,
        version=locked.version,
        bom_ref=str(purl),
        purl=purl,
        licenses=[licence_of(name, read)],
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(str(purl)),
                comment="one of the files with these checksums",
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in locked.hashes],
            )
        ],
    )


def needs(read: Message) -> Iterator[str]:
    """The normal names of what a distribution requires; the caller knows which of them are there."""
    for text in read.get_all("Requires-Dist", []):
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield normal(requirement.name)


def undated(text: str) -> str:
    """The document without the time at which it was written."""
    document = json.loads(text)
    del document["metadata"]["timestamp"]
    return json.dumps(document, indent=2) + "\n"
