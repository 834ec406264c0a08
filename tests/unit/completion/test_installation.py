"""`completion install`, `uninstall` and `script`: which folder, and what is never overwritten."""

import os
import sys
from pathlib import Path

import pytest

from kubectl_netshoot import __version__
from kubectl_netshoot.cli.main import run
from kubectl_netshoot.completion import installation
from kubectl_netshoot.completion.installation import NAME
from kubectl_netshoot.completion.script import SHELLS, registration, shell_of


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The plugin runs from the folder `bin`; PATH has `first`, which is ours too, then `bin`."""
    for name in ("first", "bin"):
        (tmp_path / name).mkdir(mode=0o755)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "bin" / "kubectl-netshoot")])
    monkeypatch.setenv("PATH", f"relative::{tmp_path / 'first'}:{tmp_path / 'bin'}:/usr/bin")
    monkeypatch.setenv("SHELL", "/bin/fish")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def complete(*words: str) -> int:
    return run(["completion", *words], "kubectl-netshoot")


def test_it_goes_beside_the_plugin(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = os.umask(0o077)
    try:
        assert complete("install") == 0
    finally:
        os.umask(before)
    path = place / "bin" / NAME
    assert path.stat().st_mode & 0o777 == 0o755
    assert installation.version_of(path) == __version__
    assert os.listdir(place / "bin") == [NAME]
    said = capsys.readouterr()
    assert said.out == f"installed {path}\n"
    assert SHELLS["fish"].keep in said.err


def test_a_link_to_the_plugin_is_where_kubectl_found_it(place: Path) -> None:
    """As krew does it."""
    (place / "store").mkdir()
    (place / "store" / "kubectl-netshoot").touch()
    (place / "bin" / "kubectl-netshoot").symlink_to(place / "store" / "kubectl-netshoot")
    assert complete("install") == 0
    assert (place / "bin" / NAME).exists()


def test_a_plugin_that_is_not_on_path_gets_the_first_folder_that_is_ours(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [str(place / "dist" / "kubectl-netshoot")])
    assert complete("install") == 0
    assert os.listdir(place / "first") == [NAME]


@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_folder_that_others_can_write_to_is_not_used(place: Path, mode: int) -> None:
    (place / "bin").chmod(mode)
    assert complete("install") == 0
    assert os.listdir(place / "first") == [NAME]


@pytest.mark.usefixtures("place")
def test_no_folder_at_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin:relative:/nowhere")
    assert complete("install") == 1
    assert f"try: mkdir -p ~/.local/bin && {installation.ELSEWHERE}\n" in capsys.readouterr().err


def test_a_folder_that_is_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "mine").mkdir()
    assert complete("install", "--dir", "mine") == 0
    assert "mine is not on PATH" in capsys.readouterr().err
    assert complete("uninstall", "--dir", "mine") == 0
    assert os.listdir(place / "mine") == []


def test_one_that_comes_first_on_path_is_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = place / "first" / NAME
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    assert complete("install") == 0
    assert f"{other} comes first" in capsys.readouterr().err


def test_an_older_one_of_ours_is_replaced(place: Path) -> None:
    path = place / "bin" / NAME
    path.write_text(f"#!/bin/sh\n# {NAME}, made by kubectl-netshoot 0.0.9.\n")
    assert complete("install") == 0
    assert installation.version_of(path) == __version__


def test_a_file_of_somebody_else_stays(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = place / "bin" / NAME
    path.write_text("#!/bin/sh\necho mine\n")
    assert complete("install") == 1
    assert f"was left alone\n  move it away\n  try: mv {path} {path}.old\n" in capsys.readouterr().err
    assert complete("uninstall") == 0
    assert path.read_text() == "#!/bin/sh\necho mine\n"


def test_a_link_is_not_followed(place: Path) -> None:
    theirs = installation.install(f"# {NAME}, made by kubectl-netshoot 0.0.9.\n", place, "")
    (place / "bin" / NAME).symlink_to(theirs)
    assert complete("install") == 1
    assert installation.version_of(theirs) == "0.0.9"


def test_a_folder_that_is_not_there_or_is_none(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "file").touch()
    (place / "closed").mkdir(mode=0o555)
    for name, said in (
        ("no where", "error: no folder no where\n  try: mkdir -p 'no where'\n"),
        ("~nobody-has-this/x", "error: no folder ~nobody-has-this/x\n  try: mkdir -p '~nobody-has-this/x'\n"),
        ("file", f"error: file/{NAME} cannot be written: Not a directory\n  try: {installation.AGAIN}\n"),
        (
            "closed",
            f"error: closed/{NAME} cannot be written: Permission denied\n  try: {installation.AGAIN}\n",
        ),
    ):
        if name != "closed" or os.geteuid():
            assert complete("install", "--dir", name) == 1
            assert capsys.readouterr().err == said


@pytest.mark.usefixtures("place")
def test_uninstall_takes_ours_away_wherever_it_is_on_path(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("first", "bin"):
        assert complete("install", "--dir", name) == 0
    capsys.readouterr()
    assert complete("uninstall") == 0
    assert capsys.readouterr().out.count("removed ") == 2
    assert complete("uninstall") == 0
    assert f"no {NAME}" in capsys.readouterr().err


def test_script_prints_what_install_writes(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert complete("install", "--dir", "bin") == 0
    capsys.readouterr()
    assert complete("script") == 0
    assert capsys.readouterr().out == (place / "bin" / NAME).read_text()


@pytest.mark.parametrize("shell", SHELLS)
def test_script_prints_what_a_shell_is_told(capsys: pytest.CaptureFixture[str], shell: str) -> None:
    assert complete("script", shell) == 0
    assert capsys.readouterr().out == registration(shell)
    assert f"completion script {shell}" in SHELLS[shell].keep


def test_a_shell_that_nobody_knows(capsys: pytest.CaptureFixture[str]) -> None:
    assert complete("script", "csh") == 2
    assert "powershell" in capsys.readouterr().err
    assert (shell_of("/bin/csh"), shell_of("/usr/bin/pwsh"), shell_of("")) == ("", "powershell", "")
