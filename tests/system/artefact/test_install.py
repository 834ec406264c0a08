"""`make install`, and the launcher of the checkout, each in an environment that has nothing else."""

import os
import sys
from pathlib import Path

import pytest

from kubectl_netshoot import __version__
from tests.system.artefact.checkout import bare_environ, copy_checkout, run

KUBECTL = Path(sys.executable).with_name("kubectl")


@pytest.fixture
def checkout(zipapp: Path, tmp_path: Path) -> Path:
    assert zipapp.exists()
    return copy_checkout(tmp_path / "checkout")


def change_version(checkout: Path) -> None:
    init = checkout / "src" / "kubectl_netshoot" / "__init__.py"
    init.write_text(init.read_text().replace(__version__, "99.0.0"))


def test_kubectl_finds_what_was_installed(checkout: Path, tmp_path: Path) -> None:
    prefix = tmp_path / "a prefix"
    environ = bare_environ(tmp_path / "home", prefix / "bin")
    installed = run(["make", "install", f"PREFIX={prefix}"], environ, checkout)
    assert installed.returncode == 0, installed.stderr
    assert "not on PATH" not in installed.stdout
    assert installed.stdout.endswith("Next: kubectl netshoot doctor\n")
    assert sorted(os.listdir(prefix / "bin")) == ["kubectl-netshoot", "kubectl_complete-netshoot"]
    assert all(os.access(path, os.X_OK) for path in (prefix / "bin").iterdir())
    assert os.listdir(prefix / "share" / "man" / "man1") == ["kubectl-netshoot.1"]
    done = run([str(KUBECTL), "netshoot", "version"], environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert __version__ in done.stdout


def test_install_says_when_kubectl_would_not_find_it(checkout: Path, tmp_path: Path) -> None:
    environ = bare_environ(tmp_path / "home")
    installed = run(["make", "install"], environ, checkout)
    assert f"{tmp_path}/home/.local/bin is not on PATH" in installed.stdout


def test_uninstall_takes_away_what_install_brought(checkout: Path, tmp_path: Path) -> None:
    environ = bare_environ(tmp_path / "home")
    for target in ("install", "uninstall"):
        assert run(["make", target, f"PREFIX={tmp_path}/prefix"], environ, checkout).returncode == 0
    assert [path for path in (tmp_path / "prefix").rglob("*") if path.is_file()] == []


def test_the_launcher_builds_when_a_source_is_newer_and_only_then(checkout: Path, tmp_path: Path) -> None:
    environ = bare_environ(tmp_path / "home")
    change_version(checkout)
    # As if kubectl had found it through a link, and from elsewhere.
    link = tmp_path / "home" / "bin" / "kubectl-netshoot"
    link.symlink_to(checkout / "kubectl-netshoot")
    first = run([str(link), "version"], environ, tmp_path)
    assert first.returncode == 0, first.stderr
    assert "99.0.0" in first.stdout
    built = (checkout / "dist" / "kubectl-netshoot").stat()
    second = run([str(link), "version"], environ, tmp_path)
    assert (second.stdout, second.stderr) == (first.stdout, "")
    assert (checkout / "dist" / "kubectl-netshoot").stat().st_mtime_ns == built.st_mtime_ns


def test_tab_in_the_checkout_is_answered_by_what_was_built_and_builds_nothing(
    checkout: Path, tmp_path: Path
) -> None:
    environ = bare_environ(tmp_path / "home", checkout)
    press = [str(checkout / "kubectl_complete-netshoot"), "list", "--q"]
    assert run(press, environ).stdout == ":4\n"
    assert not (checkout / "dist" / "kubectl_complete-netshoot").exists()
    assert run([str(checkout / "kubectl-netshoot"), "version"], environ).returncode == 0
    assert run(press, environ).stdout == "--quiet\tSay only what went wrong\n:4\n"
    assert run([str(KUBECTL), "__complete", "netshoot", "list", "--q"], environ).stdout.startswith(
        "--quiet\t"
    )
