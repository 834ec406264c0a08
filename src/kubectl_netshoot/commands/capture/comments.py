"""Findings as comments of the packets that they rest on, in a pcapng file of ours that is complete."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from kubectl_netshoot.commands.capture.outputs import MODE, NEW, part_of, write_all
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.packets.messages.language import Language
from kubectl_netshoot.packets.points.merged import explained
from kubectl_netshoot.packets.render.phrases import Teller, Voice
from kubectl_netshoot.session.tools.pcapng import blocks, commented


def add_comments(path: Path, called: Mapping[str, str], language: str) -> None:
    """Write it anew with them; a file without findings stays as it is. Raises NetshootError, and leaves it so."""
    try:
        found = _comments(path, called, language)
        if found:
            _rewrite(path, found)
    except OSError as error:
        raise NetshootError(
            f"{path} is complete, and its packets have no comments: {error.strerror}"
        ) from error


def _comments(path: Path, called: Mapping[str, str], language: str) -> dict[int, list[str]]:
    """By the numbers of packets."""
    with path.open("rb") as stream:
        report = explained(stream)
    teller = Teller(report, Voice(Language(language), called))
    found: dict[int, list[str]] = {}
    for finding in report.findings:
        said = f"{teller.severity(finding.kind.severity)}: {teller.headline(finding)}"
        for number in finding.packets:
            found.setdefault(number, []).append(said)
    return found


def _rewrite(path: Path, found: Mapping[int, list[str]]) -> None:
    new = part_of(path)
    descriptor = os.open(new, NEW, MODE)
    try:
        with path.open("rb") as stream:
            for block in commented(blocks(stream), found):
                write_all(descriptor, memoryview(block))
        os.replace(new, path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    finally:
        os.close(descriptor)
