"""The programs of the machine that tests run, a row each, and the packages that bring them."""

import glob
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """`packages` by package manager; `commands`: other names on PATH; `files`: where it may be besides, as patterns.

    `variable` of the environment may name another one.
    """

    name: str
    packages: Mapping[str, str]
    commands: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    variable: str = ""

    def path(self) -> str | None:
        """Where it is; None where it is not installed."""
        named = os.environ.get(self.variable, "") if self.variable else ""
        on_path = (shutil.which(command) for command in (named, self.name, *self.commands) if command)
        files = (file for pattern in self.files for file in glob.glob(pattern))
        return next(filter(None, (*on_path, *files)), None)


def _row(name: str, *, apt: str = "", dnf: str = "", brew: str = "") -> Program:
    packages = {"apt": apt, "dnf": dnf, "brew": brew}
    return Program(name, {manager: package for manager, package in packages.items() if package})


_CHROMIUM = Program(
    "chromium",
    {"apt": "chromium", "dnf": "chromium", "brew": "google-chrome"},
    commands=("chromium-browser", "google-chrome", "google-chrome-stable"),
    files=("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",),
    variable="CHROMIUM",
)
_BASH_COMPLETION = Program(
    "bash-completion",
    {"apt": "bash-completion", "dnf": "bash-completion", "brew": "bash-completion@2"},
    files=tuple(
        f"{prefix}/share/bash-completion/bash_completion"
        for prefix in ("/usr", "/usr/local", "/opt/homebrew")
    ),
)
# No program: the Node.js that drives Chromium is linked to it, and a small Debian does without.
_LIBATOMIC = Program(
    "libatomic",
    {"apt": "libatomic1", "dnf": "libatomic"},
    files=("/usr/lib/*/libatomic.so.1", "/usr/lib*/libatomic.so.1"),
)
PROGRAMS: Mapping[str, Program] = {
    row.name: row
    for row in (
        _row("bash", apt="bash", dnf="bash", brew="bash"),
        _BASH_COMPLETION,
        _row("busybox", apt="busybox", dnf="busybox"),
        _CHROMIUM,
        _row("dash", apt="dash", dnf="dash", brew="dash-shell"),
        _row("dumpcap", apt="wireshark-common", dnf="wireshark-cli", brew="wireshark"),
        _row("fish", apt="fish", dnf="fish", brew="fish"),
        _row("gawk", apt="gawk", dnf="gawk", brew="gawk"),
        _LIBATOMIC,
        _row("mandoc", apt="mandoc", dnf="mandoc", brew="mandoc"),
        _row("mawk", apt="mawk", dnf="mawk", brew="mawk"),
        _row("mksh", apt="mksh", dnf="mksh", brew="mksh"),
        _row("openssl", apt="openssl", dnf="openssl", brew="openssl"),
        _row("original-awk", apt="original-awk"),
        _row("ps", apt="procps", dnf="procps-ng"),
        _row("ss", apt="iproute2", dnf="iproute"),
        _row("tcpdump", apt="tcpdump", dnf="tcpdump", brew="tcpdump"),
        _row("timeout", apt="coreutils", dnf="coreutils"),
        _row("tshark", apt="tshark", dnf="wireshark-cli", brew="wireshark"),
        _row("zsh", apt="zsh", dnf="zsh", brew="zsh"),
    )
}


def missing() -> list[Program]:
    """What is not installed here."""
    return [program for program in PROGRAMS.values() if program.path() is None]
