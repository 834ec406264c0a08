"""Hides how the wheel and the source distribution of a release are made.

They are those of the checkout, with the project's address, and with README's links leading there: an index shows README
alone.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.release.archive import DATE

ROOT = Path(__file__).resolve().parents[2]
_PACKAGE = "src/kubectl_netshoot"
_LINK = re.compile(r"(?P<picture>!?)(?P<text>\[[^\]]*\])\((?P<path>[^)\s#:]+)(?P<anchor>#[^)\s]*)?\)")
_SCRIPTS = "[project.scripts]\n"
# setuptools puts words of its own into sys.argv.
_BUILD = (
    "import sys; from setuptools import build_meta as b; o = sys.argv[1]; b.build_wheel(o); b.build_sdist(o)"
)


def build_distributions(version: str, homepage: str, output: Path) -> list[Path]:
    """Write both into `output`, which is emptied before; version as v0.1.0."""
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder)
        readme, project = (
            (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "pyproject.toml")
        )
        write(checkout / "README.md", whole_links(readme, version, homepage))
        write(checkout / "pyproject.toml", with_address(project, homepage))
        shutil.copy2(ROOT / "LICENSE", checkout)
        shutil.copytree(ROOT / _PACKAGE, checkout / _PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
        environ = os.environ | {"SOURCE_DATE_EPOCH": str(DATE)}
        command = [sys.executable, "-c", _BUILD, str(output)]
        done = subprocess.run(command, cwd=checkout, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the wheel could not be built:\n{done.stderr}")
    return sorted(output.iterdir())


def write(path: Path, text: str) -> None:
    """A text as it is, on every system."""
    path.write_text(text, encoding="utf-8", newline="\n")


def whole_links(readme: str, version: str, homepage: str) -> str:
    """README with every link to a file of the repository as one to that version's."""

    def whole(link: "re.Match[str]") -> str:
        kind = "raw" if link["picture"] else "blob"
        anchor = link["anchor"] or ""
        return f"{link['picture']}{link['text']}({homepage}/{kind}/{version}/{link['path']}{anchor})"

    return _LINK.sub(whole, readme)


def with_address(pyproject: str, homepage: str) -> str:
    """pyproject.toml that names the project's address."""
    assert _SCRIPTS in pyproject
    return pyproject.replace(_SCRIPTS, f'[project.urls]\nHomepage = "{homepage}"\n\n{_SCRIPTS}')
