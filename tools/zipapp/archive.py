"""Hides how a tree becomes one executable file whose bytes depend on nothing but the tree.

shiv makes the archive. Then every entry is written again, sorted, with one date and one mode: shiv keeps the
modes of its own installed files and the order in which the file system lists them.
"""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

ENTRY_POINT = "kubectl_netshoot.__main__:main"
SHEBANG = "/usr/bin/env python3"
ENTRY = Path(__file__).parent / "entry"
BUILD_ID = "@BUILD_ID@"
NONE: Mapping[str, bytes] = MappingProxyType({})
# The earliest date that a zip archive can hold.
DATE = (1980, 1, 1, 0, 0, 0)


def write_archive(site: Path, scratch: Path, output: Path, beside: Mapping[str, bytes] = NONE) -> None:
    """Pack `site` into the executable `output`, and the entries `beside` it; `scratch` is for what lies between."""
    packed = scratch / "shiv.pyz"
    pack(site, packed)
    entries = read_entries(packed)
    build_id = json.loads(entries["environment.json"])["build_id"]
    main = (ENTRY / "__main__.py").read_text(encoding="utf-8")
    entries["__main__.py"] = main.replace(BUILD_ID, build_id).encode()
    for name in ("start.py", "told.py"):
        entries[name] = (ENTRY / name).read_bytes()
    entries.update(beside)
    output.parent.mkdir(parents=True, exist_ok=True)
    unfinished = output.with_name(f".{output.name}.{os.getpid()}")
    write_entries(entries, unfinished)
    unfinished.replace(output)


def pack(site: Path, packed: Path) -> None:
    """Run shiv on a finished tree."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "shiv", "--reproducible"]
    options = ["--site-packages", str(site), "--entry-point", ENTRY_POINT, "--output-file", str(packed)]
    environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    subprocess.run([*command, *options], check=True, env=environment)


def read_entries(packed: Path) -> dict[str, bytes]:
    """Every file of an archive by its name."""
    with zipfile.ZipFile(packed) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_entries(entries: dict[str, bytes], output: Path) -> None:
    """Write an executable zip archive, the same for the same entries."""
    with output.open("wb") as file:
        file.write(f"#!{SHEBANG}\n".encode())
        with zipfile.ZipFile(file, "w") as archive:
            for name in sorted(entries):
                archive.writestr(zip_info(name), entries[name], zipfile.ZIP_DEFLATED, 9)
    output.chmod(0o755)


def zip_info(name: str) -> zipfile.ZipInfo:
    """What an archive says about a file; the creating system is always Unix, so that modes are read."""
    info = zipfile.ZipInfo(name, DATE)
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    return info
