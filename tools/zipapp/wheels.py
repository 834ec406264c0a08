"""Hides how locked requirements become pure wheels in a folder.

pip checks every file against the lock's hashes. The platform `any` admits `*-none-any` wheels only; PyYAML
has none and is built from its sdist, which needs no compiler as long as it is told not to look for libyaml.
"""

import os
import subprocess
import sys
from pathlib import Path

SDISTS = "PyYAML"
ANY_PLATFORM = ("--platform", "any", "--implementation", "py", "--abi", "none", "--python-version", "3.10")


class ImpureBuild(Exception):
    """Something compiled, or made for one platform, was about to be shipped."""


def pip(*arguments: str | Path) -> None:
    """Run this interpreter's pip; its failure is ours."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *map(str, arguments)]
    # Without the backend's own environment, only what the dev lock pins takes part in the build.
    subprocess.run(command, check=True, env={**os.environ, "PYYAML_FORCE_LIBYAML": "0"})


def fetch_wheels(lock: Path, folder: Path) -> list[Path]:
    """Download what `lock` names into `folder` and return the wheels, sorted; raises ImpureBuild."""
    pip(
        *("download", "--require-hashes", "--requirement", lock, "--dest", folder, "--no-deps"),
        *("--only-binary", ":all:", "--no-binary", SDISTS, "--no-build-isolation", *ANY_PLATFORM),
    )
    for sdist in folder.glob("*.tar.gz"):
        pip("wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, sdist)
    wheels = sorted(folder.glob("*.whl"))
    refuse_platform_wheels(wheels)
    return wheels


def refuse_platform_wheels(wheels: list[Path]) -> None:
    """Raise ImpureBuild when a wheel's name says that it serves less than every platform."""
    impure = [wheel.name for wheel in wheels if not wheel.name.endswith("-none-any.whl")]
    if impure:
        raise ImpureBuild(f"not none-any: {', '.join(impure)}")
