"""Hides how packages say their licence: in three fields, two of them free text. What comes out is SPDX."""

from email.message import Message

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.license import DisjunctiveLicense, License

# Read in the licence files of those whose metadata name no SPDX licence.
READ = {
    "kubernetes": "Apache-2.0",
    "pysocks": "BSD-3-Clause",
    "shellingham": "ISC",
    "shiv": "BSD-2-Clause",
}


class UnknownLicence(Exception):
    """A package's metadata name no SPDX licence, and nobody has read its files."""


def licence_of(name: str, metadata: Message) -> License:
    """The licence of a package by its normal name and its METADATA; raises UnknownLicence."""
    stated = READ.get(name) or metadata["License-Expression"] or metadata["License"] or ""
    licence = LicenseFactory().make_from_string(stated)
    if isinstance(licence, DisjunctiveLicense) and licence.id is None:
        raise UnknownLicence(f"{name}: {stated!r} is no SPDX licence; read its files, and see {__name__}")
    return licence
