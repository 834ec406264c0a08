"""Hides what of the wheels and of our own source goes into the zipapp's site-packages, and what stays out."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from tools.zipapp.wheels import ImpureBuild, pip

COMPILED = {".so", ".pyd", ".dylib", ".dll", ".a"}
# Rich's help and tracebacks show Python and plain text; each other lexer would cost start-up time.
KEPT_LEXERS = {"__init__.py", "_mapping.py", "python.py", "special.py", "text.py"}
# Reading a DNS message needs these of dnspython (and every record type); the rest resolves, signs and serves zones.
KEPT_DNS = {
    *(
        "__init__.py",
        "_features.py",
        "_immutable_ctx.py",
        "dnssectypes.py",
        "edns.py",
        "entropy.py",
        "enum.py",
    ),
    *("exception.py", "flags.py", "immutable.py", "inet.py", "ipv4.py", "ipv6.py", "message.py", "name.py"),
    *(
        "opcode.py",
        "rcode.py",
        "rdata.py",
        "rdataclass.py",
        "rdataset.py",
        "rdatatype.py",
        "rdtypes",
        "renderer.py",
    ),
    *("rrset.py", "set.py", "tokenizer.py", "tsig.py", "ttl.py", "version.py", "wire.py", "zonetypes.py"),
}
KEPT_METADATA = {"METADATA", "licenses", "LICENSE", "LICENSE.txt", "NOTICE"}
UNUSED = ("bin", "websocket/tests", "**/*.pyi", "**/py.typed")


def install(wheels: list[Path], site: Path) -> None:
    """Unpack `wheels` into `site` and remove what is never used; raises ImpureBuild."""
    pip("install", "--no-index", "--no-deps", "--no-compile", "--target", site, *wheels)
    for pattern in UNUSED:
        remove(site.glob(pattern))
    remove(path for path in site.glob("pygments/lexers/*") if path.name not in KEPT_LEXERS)
    remove(path for path in site.glob("dns/*") if path.name not in KEPT_DNS)
    remove(path for path in site.glob("*.dist-info/*") if path.name not in KEPT_METADATA)
    refuse_compiled(site)


def remove(paths: Iterable[Path]) -> None:
    """Delete files and whole folders."""
    for path in list(paths):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def refuse_compiled(site: Path) -> None:
    """Raise ImpureBuild when a file below `site` is machine code, whatever its wheel was called."""
    compiled = [str(path.relative_to(site)) for path in site.rglob("*") if COMPILED & set(path.suffixes)]
    if compiled:
        raise ImpureBuild(f"compiled: {', '.join(compiled)}")


def add_package(package: Path, site: Path) -> None:
    """Copy our own package into `site` without what Python leaves beside its source."""
    shutil.copytree(package, site / package.name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    refuse_compiled(site / package.name)
