"""Where the file is looked for, and which files are not taken or not trusted."""

import os
import socket
from pathlib import Path

import pytest

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.settings.keys import CONFIG, LARGEST_BYTES, Document, load, location

OWN = "kubectl-netshoot/config.yaml"
PLACES = [
    ({"HOME": "/home/me"}, f"/home/me/.config/{OWN}"),
    ({"HOME": "/home/me", "XDG_CONFIG_HOME": "/etc/mine"}, f"/etc/mine/{OWN}"),
    ({"HOME": "/home/me", "XDG_CONFIG_HOME": ""}, f"/home/me/.config/{OWN}"),
    ({"HOME": "/home/me", "XDG_CONFIG_HOME": "relative"}, f"/home/me/.config/{OWN}"),
    ({"HOME": "relative", "XDG_CONFIG_HOME": "/etc/mine"}, f"/etc/mine/{OWN}"),
    ({"HOME": "relative"}, None),
    ({"HOME": "/home/me", CONFIG: "mine.yaml"}, "mine.yaml"),
    ({"HOME": "/home/me", CONFIG: ""}, f"/home/me/.config/{OWN}"),
]


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A good file."""
    path = tmp_path / "settings.yaml"
    path.write_text("ttl: 30m\n")
    path.chmod(0o600)
    return path


def named(path: Path) -> dict[str, str]:
    return {CONFIG: str(path)}


def refused(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        load(named(path))
    assert "\n" not in caught.value.message
    return caught.value.message


@pytest.mark.parametrize(("environ", "path"), PLACES, ids=str)
def test_places(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], path: str | None) -> None:
    monkeypatch.setenv("HOME", environ["HOME"])
    assert location(environ) == (Path(path) if path else None)


def test_a_file_that_is_there(settings: Path) -> None:
    document = load(named(settings))
    assert document is not None
    assert (document.path, document.general["ttl"].text) == (str(settings), "30m")
    assert document.warnings == ()


@pytest.mark.parametrize("below", ["", "settings.yaml/"])
def test_no_file_is_no_settings(tmp_path: Path, below: str) -> None:
    (tmp_path / "settings.yaml").touch()
    assert load({"XDG_CONFIG_HOME": str(tmp_path / below)}) is None


def test_none_at_all() -> None:
    assert load({CONFIG: os.devnull}) is None


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "gone") == f"{CONFIG}: no file {tmp_path / 'gone'}"


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        for path in (tmp_path, tmp_path / "pipe", tmp_path / "socket"):
            assert refused(path) == f"{CONFIG}: {path} is not a file"


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert "cannot be read: " in refused(tmp_path / "loop")
    assert "cannot be read: " in refused(tmp_path / ("x" * 5000))
    assert "cannot be read: " in refused(Path("a\0b"))


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_a_file_without_the_right_to_read_it(settings: Path) -> None:
    settings.chmod(0)
    assert refused(settings) == f"{CONFIG}: {settings} cannot be read: Permission denied"


def test_a_file_that_is_too_large(settings: Path) -> None:
    settings.write_text("#" * (LARGEST_BYTES + 1))
    assert refused(settings) == f"{CONFIG}: {settings} is larger than 64 kB"
    settings.write_text("#" * LARGEST_BYTES)
    assert load(named(settings)) == Document(str(settings))


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o644, False), (0o620, True), (0o602, True)])
def test_a_file_that_others_can_write_is_warned_of(settings: Path, mode: int, warned: bool) -> None:
    settings.chmod(mode)
    document = load(named(settings))
    assert document is not None
    assert [str(settings) in words and "others can write" in words for words in document.warnings] == [
        True
    ] * warned


def test_somebody_elses_file_is_warned_of(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    if os.getuid() == 0:
        # What belongs to root is trusted.
        os.chown(settings, 4712, -1)
    document = load(named(settings))
    assert document is not None
    assert ["belongs to another user" in words for words in document.warnings] == [True]
