"""Usage: python -m tools.release VERSION [HOMEPAGE]

Takes what `make release` has built in dist/ and writes there the archive, the krew manifest, the Homebrew formula, the
list of what is inside, and the checksums of them all; and into dist/python the wheel and the source distribution.
VERSION is v and what `kubectl_netshoot.__version__` says; HOMEPAGE is the project's address, where it is not the one
of plugin.yaml.
"""

import hashlib
import sys
from pathlib import Path

from kubectl_netshoot import __version__
from tools.release.archive import write_archive
from tools.release.distributions import build_distributions
from tools.release.formula import formula
from tools.release.lock import read_lock
from tools.release.manifest import archive_name, fill, homepage_of
from tools.release.sbom import bill_of_materials

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
LOCKS = ("dev.lock", "runtime.lock")


def release(version: str, homepage: str = "") -> None:
    """Write the files of a release; exits with one line where `version` is not this one."""
    if version != f"v{__version__}":
        sys.exit(
            f"VERSION is {version or 'not given'}, but this is v{__version__}: see CONTRIBUTING.md, A release"
        )
    archive = DIST / archive_name(version)
    write_archive(contents(), archive)
    template = (ROOT / "plugin.yaml").read_text(encoding="utf-8")
    homepage = homepage or homepage_of(template)
    manifest = fill(template, version, homepage, digest(archive))
    locks = "".join((ROOT / "requirements" / name).read_text(encoding="utf-8") for name in LOCKS)
    bill = bill_of_materials(DIST / "kubectl-netshoot", __version__, read_lock(locks))
    written = [
        archive,
        write("netshoot.yaml", manifest),
        write("kubectl-netshoot.rb", formula(version, homepage, digest(archive))),
        write(f"kubectl-netshoot-{version}.cdx.json", bill),
    ]
    sums = write("SHA256SUMS", "".join(f"{digest(path)}  {path.name}\n" for path in written))
    written += [sums, *build_distributions(version, homepage, DIST / "python")]
    print(*(path.relative_to(ROOT) for path in written), sep="\n")


def contents() -> dict[str, Path]:
    """The files in the archive by their name there."""
    built = ("kubectl-netshoot", "kubectl-netshoot.1", "kubectl_complete-netshoot")
    return {"LICENSE": ROOT / "LICENSE", **{name: DIST / name for name in built}}


def write(name: str, text: str) -> Path:
    """Write a text into dist/ and return its path."""
    path = DIST / name
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def digest(path: Path) -> str:
    """The SHA-256 of a file, in lower case."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    release(*sys.argv[1:3])
