"""A release, made once by `make release` in a copy of the checkout."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_netshoot import __version__
from tests.system.artefact.checkout import bare_environ, copy_checkout, run
from tests.system.release.once import once

VERSION = f"v{__version__}"
ADDRESS = "https://example.com/somebody/kubectl-netshoot"


@dataclass(frozen=True)
class Release:
    """The folder dist/ of a checkout in which `make release` has run."""

    dist: Path

    @property
    def zipapp(self) -> Path:
        return self.dist / "kubectl-netshoot"

    @property
    def archive(self) -> Path:
        return self.dist / f"kubectl-netshoot-{VERSION}.tar.gz"

    @property
    def contents(self) -> Path:
        """The bill of materials."""
        return self.dist / f"kubectl-netshoot-{VERSION}.cdx.json"

    @property
    def manifest(self) -> Any:
        return yaml.safe_load((self.dist / "netshoot.yaml").read_text(encoding="utf-8"))


def make_release(checkout: Path, home: Path, umask: int = 0o022, **environ: str) -> Release:
    """Run `make release` in a checkout."""
    command = f'umask {umask:o}; exec make release VERSION="{VERSION}" HOMEPAGE="{ADDRESS}"'
    done = run(["sh", "-c", command], bare_environ(home) | environ, checkout)
    assert done.returncode == 0, done.stderr
    return Release(checkout / "dist")


@pytest.fixture(scope="session")
def released(zipapp: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    assert zipapp.exists()

    def make(folder: Path) -> None:
        make_release(copy_checkout(folder / "checkout"), folder / "home")

    return Release(once(tmp_path_factory, "released", make) / "checkout" / "dist")
