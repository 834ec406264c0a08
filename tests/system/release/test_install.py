"""The released archive, installed through its manifest as krew does it, and run by kubectl with nothing else there."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from kubectl_netshoot import __version__
from tests.system.artefact.checkout import bare_environ, run
from tests.system.release import krew
from tests.system.release.conftest import VERSION, Release

KUBECTL = Path(sys.executable).with_name("kubectl")
MACHINES = [(os, arch) for os in ("linux", "darwin") for arch in ("amd64", "arm64")]


@dataclass(frozen=True)
class Krew:
    """A KREW_ROOT with the plugin in it, and a home that was empty."""

    root: Path
    environ: dict[str, str]

    def kubectl(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return run([str(KUBECTL), *words], self.environ, self.root)


@pytest.fixture
def installed(released: Release, tmp_path: Path) -> Krew:
    root = tmp_path / "krew"
    link = krew.install(released.manifest, released.archive, root, MACHINES[0])
    return Krew(root, {**bare_environ(tmp_path / "home", link.parent), "KREW_ROOT": str(root)})


@pytest.mark.parametrize("machine", MACHINES, ids="-".join)
def test_every_machine_gets_the_command_and_the_licence(
    released: Release, tmp_path: Path, machine: krew.Machine
) -> None:
    link = krew.install(released.manifest, released.archive, tmp_path, machine)
    store = tmp_path / "store" / "netshoot" / VERSION
    assert link == tmp_path / "bin" / "kubectl-netshoot"
    assert link.resolve() == store / "kubectl-netshoot"
    assert {path.name for path in store.iterdir()} == {"kubectl-netshoot", "LICENSE"}
    assert link.resolve().stat().st_mode & 0o777 == 0o755


def test_kubectl_runs_it(installed: Krew) -> None:
    done = installed.kubectl("netshoot", "version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"kubectl-netshoot {__version__}\n", "")
    assert installed.kubectl("netshoot", "--help").returncode == 0
    assert installed.kubectl("netshoot", "rbac").stdout.startswith("apiVersion:")


def test_kubectl_lists_it(installed: Krew) -> None:
    done = installed.kubectl("plugin", "list")
    assert str(installed.root / "bin" / "kubectl-netshoot") in done.stdout.splitlines()
    assert "warning" not in done.stderr


def test_completion_is_installed_beside_it_and_answers_kubectl(installed: Krew) -> None:
    done = installed.kubectl("netshoot", "completion", "install")
    assert done.returncode == 0, done.stderr
    script = installed.root / "bin" / "kubectl_complete-netshoot"
    assert script.is_file()
    offered = installed.kubectl("__complete", "netshoot", "vers")
    assert offered.stdout.splitlines()[0].split("\t")[0] == "version"
    assert installed.kubectl("netshoot", "completion", "uninstall").returncode == 0
    assert not script.exists()


def test_the_archive_alone_is_enough(released: Release, tmp_path: Path) -> None:
    """Unpacked by tar into a folder on PATH: the command, and TAB without `completion install`."""
    folder = tmp_path / "some where"
    folder.mkdir()
    environ = bare_environ(tmp_path / "home", folder)
    assert run(["tar", "-xzf", str(released.archive)], environ, folder).returncode == 0
    done = run([str(KUBECTL), "netshoot", "version"], environ)
    assert (done.returncode, done.stdout) == (0, f"kubectl-netshoot {__version__}\n")
    assert run([str(KUBECTL), "__complete", "netshoot", "vers"], environ).stdout.startswith("version")


def test_another_archive_is_not_installed(released: Release, tmp_path: Path) -> None:
    """The checksum in the manifest is the archive's: what this module does as krew does would stop otherwise."""
    changed = tmp_path / "changed.tar.gz"
    changed.write_bytes(released.archive.read_bytes() + b"\0")
    with pytest.raises(AssertionError):
        krew.install(released.manifest, changed, tmp_path / "krew", MACHINES[0])
