"""Hides where plugin.yaml, the template of the krew manifest, is filled in; its order and its form stay.

The address of the project stands in plugin.yaml alone: `homepage`, from which the archive's own address follows.
"""

import re

import yaml

_REMARKS = re.compile(r"\A(#.*\n)*")
_FILLED = re.compile(r"^(?P<key> *(?P<name>version|homepage|uri|sha256): ).*$", re.MULTILINE)


def archive_name(version: str) -> str:
    """The archive of this version, as v0.1.0."""
    return f"kubectl-netshoot-{version}.tar.gz"


def archive_address(homepage: str, version: str) -> str:
    """Where the archive of this version is."""
    return f"{homepage}/releases/download/{version}/{archive_name(version)}"


def homepage_of(manifest: str) -> str:
    """The address that a manifest names."""
    return str(yaml.safe_load(manifest)["spec"]["homepage"])


def fill(template: str, version: str, homepage: str, sha256: str) -> str:
    """The manifest of a release: version as v0.1.0, the project's address, the archive's checksum in hex.

    What the template says above its first line is about the template, and stays out.
    """
    values = {
        "version": version,
        "homepage": homepage,
        "uri": archive_address(homepage, version),
        # Digits alone would be a number.
        "sha256": f'"{sha256}"',
    }
    return _FILLED.sub(lambda line: line["key"] + values[line["name"]], _REMARKS.sub("", template))
