"""The machine's package manager: what it offers, and the command that installs it."""

import os
import shutil
import subprocess
from collections.abc import Collection, Mapping

INSTALL: Mapping[str, tuple[str, ...]] = {
    "apt": ("apt-get", "install", "--yes", "--no-install-recommends"),
    "dnf": ("dnf", "install", "--assumeyes"),
    "brew": ("brew", "install"),
}
# A mirror that does not answer holds nobody up for long, and another apt-get is waited for.
_APT_GET = (
    "apt-get",
    "--quiet=2",
    "--option=Acquire::Retries=1",
    "--option=Acquire::http::Timeout=20",
    "--option=DPkg::Lock::Timeout=120",
)
_ENVIRONMENT = {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


def manager() -> str | None:
    """The first of INSTALL that this machine has."""
    return next((name for name, command in INSTALL.items() if shutil.which(command[0])), None)


def is_root() -> bool:
    """Whether packages may be installed without sudo."""
    return os.geteuid() == 0


def command(name: str, packages: Collection[str]) -> str:
    """What a person types to have this manager install these."""
    sudo = () if name == "brew" or is_root() else ("sudo",)
    return " ".join((*sudo, *INSTALL[name], *packages))


def offered(name: str, packages: Collection[str]) -> set[str]:
    """Those that this manager could install; of others than apt all, since they are not asked."""
    if name != "apt" or not packages:
        return set(packages)
    listed = _run(("apt-cache", "policy", *packages)).stdout
    candidates = {}
    package = ""
    for line in listed.splitlines():
        if not line.startswith(" "):
            package = line.rstrip(":")
        elif line.strip().startswith("Candidate:"):
            candidates[package] = line.split(":", 1)[1].strip()
    return {package for package, version in candidates.items() if version != "(none)"}


def apt_update() -> bool:
    """Whether each of apt's sources could be read anew."""
    return _run((*_APT_GET, "--option=APT::Update::Error-Mode=any", "update")).returncode == 0


def apt_install(packages: Collection[str]) -> str:
    """Install them in one go; what apt-get said where that failed, else nothing."""
    done = _run((*_APT_GET, *INSTALL["apt"][1:], *sorted(packages)))
    return done.stderr.strip() or "apt-get failed" if done.returncode else ""


def _run(words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        env={**os.environ, **_ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
