"""`wireshark install`, `uninstall` and `status`: which folder, what is listed, and what is never overwritten."""

import os
import sys
from pathlib import Path

import pytest

from kubectl_netshoot import __version__
from kubectl_netshoot.cli.main import run
from kubectl_netshoot.completion import extcap
from kubectl_netshoot.completion.extcap import NAME
from tests.unit.completion.stub import Stub

NEW, OLD = extcap.PERSONAL


@pytest.fixture
def place(tmp_path: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> Path:
    """HOME; the plugin runs from its `bin`, kubectl is a stand-in, and there is no tshark."""
    (tmp_path / "bin").mkdir()
    plugin = tmp_path / "bin" / "kubectl-netshoot"
    plugin.write_text("#!/bin/sh\n")
    plugin.chmod(0o755)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "awk", "cksum", "head", "tr", "mv", "ps", "sleep", "dirname", "cat", "date", "grep"):
        (tools / name).symlink_to(
            next(path for path in (f"/usr/bin/{name}", f"/bin/{name}") if os.path.exists(path))
        )
    monkeypatch.setattr(sys, "argv", [str(plugin)])
    monkeypatch.setenv("PATH", f"{stub.program.parent}:{tools}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    stub.prints("view", "prod\nshop")
    return tmp_path


@pytest.fixture
def stub(tmp_path: Path) -> Stub:
    return Stub(tmp_path / "stub")


def wireshark(*words: str) -> int:
    return run(["wireshark", *words], "kubectl-netshoot")


def tshark(place: Path, line: str) -> None:
    """One that says its folders so."""
    program = place / "tools" / "tshark"
    program.write_text(f"#!/bin/sh\n[ \"$*\" = '-G folders' ] && printf '{line}\\n'\n")
    program.chmod(0o755)


@pytest.mark.parametrize(
    ("line", "folder"),
    [
        ("", NEW),
        ("Personal configuration:\\t%s/.config/wireshark\\nExtcap path:\\t/usr/lib/extcap", OLD),
        (
            "Personal configuration:\\t%s/x\\nPersonal Extcap path:\\t%s/my extcap\\nGlobal Extcap path:\\t/y",
            "my extcap",
        ),
        ("nonsense", NEW),
    ],
    ids=["no tshark", "before 4.2", "from 4.2 on", "another"],
)
def test_it_goes_where_wireshark_looks(
    place: Path, capsys: pytest.CaptureFixture[str], line: str, folder: str
) -> None:
    if line:
        tshark(place, line.replace("%s", str(place)))
    before = os.umask(0o077)
    try:
        assert wireshark("install") == 0
    finally:
        os.umask(before)
    entry = place / folder / NAME
    said = capsys.readouterr()
    assert said.out == f"installed {entry}\n"
    assert "7 targets of namespace shop, context prod, 0s old" in said.err
    assert os.listdir(entry.parent) == [NAME]
    assert entry.stat().st_mode & 0o777 == 0o755
    assert extcap.program_of(entry) == str(place / "bin" / "kubectl-netshoot")
    assert extcap.list_file(os.environ).stat().st_mode & 0o777 == 0o600
    assert wireshark("status") == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        f"entry    {entry}",
        f"runs     {place / 'bin' / 'kubectl-netshoot'}",
    ]
    assert wireshark("uninstall") == 0
    assert capsys.readouterr().out == f"took away {entry}\n"
    assert not os.listdir(extcap.list_file(os.environ).parent)


def test_a_cluster_that_does_not_answer_is_no_hindrance(
    place: Path, stub: Stub, capsys: pytest.CaptureFixture[str]
) -> None:
    stub.program.write_text("#!/bin/sh\nexit 1\n")
    assert wireshark("install") == 0
    assert "nothing is listed yet: no cluster answered" in capsys.readouterr().err
    assert (place / NEW / NAME).exists()
    assert wireshark("status") == 0
    assert capsys.readouterr().out.endswith("list     empty\n")


def test_a_file_of_somebody_else_stays(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = place / NEW / NAME
    theirs.parent.mkdir(parents=True)
    # Another script of ours under this name is none of this kind either.
    text = "#!/bin/sh\n# kubectl_complete-netshoot, made by kubectl-netshoot 0.0.9.\n"
    theirs.write_text(text)
    assert wireshark("install") == 1
    assert f"{theirs} was not made by kubectl-netshoot, and was left alone" in capsys.readouterr().err
    assert (wireshark("status"), wireshark("uninstall")) == (1, 0)
    assert theirs.read_text() == text


def test_an_older_one_is_told_and_replaced(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = place / OLD / NAME
    entry.parent.mkdir(parents=True)
    entry.write_text(f"#!/bin/sh\n# {NAME}, made by kubectl-netshoot 0.0.9.\nprogram='/gone/k n'\n")
    assert wireshark("status") == 0
    said = capsys.readouterr()
    assert "runs     /gone/k n" in said.out
    assert "/gone/k n is not there any more" in said.err
    assert f"was made by version 0.0.9, this is {__version__}" in said.err
    assert wireshark("install", "--dir", str(entry.parent)) == 0
    capsys.readouterr()
    assert wireshark("status") == 0
    assert "warning" not in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_to(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "file").touch()
    (place / ".local").symlink_to(place / "file")
    for words, said in (
        ((), "cannot be made: Not a directory"),
        (("--dir", "nowhere"), "no folder nowhere\n  try: mkdir -p nowhere\n"),
        (
            ("--dir", str(place / "file")),
            f"file/{NAME} cannot be written: Not a directory\n  try: kubectl netshoot wireshark install\n",
        ),
    ):
        assert wireshark("install", *words) == 1
        err = capsys.readouterr().err
        assert said in err
        assert "\n  try: " in err
    assert not extcap.list_file(os.environ).exists()


def test_a_program_that_wireshark_could_not_run(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `python -m` has it."""
    (place / "__main__.py").touch(mode=0o644)
    monkeypatch.setattr(sys, "argv", [str(place / "__main__.py")])
    assert wireshark("install") == 1
    assert "__main__.py is not a program that Wireshark could run" in capsys.readouterr().err
    assert not (place / NEW).exists()


def test_there_is_none(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (wireshark("status"), wireshark("uninstall")) == (1, 0)
    said = capsys.readouterr().err
    assert f"error: no {place / NEW / NAME} made by kubectl-netshoot was found" in said
    assert "try: kubectl netshoot wireshark install" in said
