"""Hides where formula.rb, the template of the Homebrew formula, is filled in."""

import re
from pathlib import Path

from tools.release.manifest import archive_address

TEMPLATE = Path(__file__).with_name("formula.rb")
_FILLED = re.compile(r'^(?P<key>  (?P<name>homepage|url|sha256)) ""$', re.MULTILINE)
_REMARKS = re.compile(r"\A(#.*\n)*")


def formula(version: str, homepage: str, sha256: str) -> str:
    """The formula of a release: version as v0.1.0, the project's address, the archive's checksum in hex."""
    values = {"homepage": homepage, "url": archive_address(homepage, version), "sha256": sha256}
    template = _REMARKS.sub("", TEMPLATE.read_text(encoding="utf-8"))
    return _FILLED.sub(lambda line: f'{line["key"]} "{values[line["name"]]}"', template)
