"""Every message with the scene that brings it: what is on the screen, to the letter.

A table, `scenes.yaml`: by what they are about, in which world (`worlds.py`) which command line says what. What is wider
than a terminal of 80 or 60 columns stands in `left` as it is broken there: `make screens` writes these files anew.
"""

import os
import platform
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.system.badinput.stage import Stage, staged
from tests.system.messages.worlds import WORLDS
from tests.unit.kube import kubectls
from tests.unit.kube.apiserver import ApiServer

FOLDER = "~"
# The rows that a message may take, so that it is read, and not scrolled past.
NARROW, MOST_ROWS = 60, 12


LEFT = Path(__file__).parent / "left"
WIDTHS = (80, 60)
# What the program does not break: an error's first word, whatever it is, and a command to paste, up to its end.
DATA = re.compile(r" *(error: )?\S+| *(try: |kubectl ).*")


@dataclass(frozen=True)
class Scene:
    world: str
    line: str
    status: int
    says: str

    def __str__(self) -> str:
        return f"{self.world}: {self.line}"

    def is_wider(self, columns: int) -> bool:
        return any(len(line) > columns for line in self.says.splitlines())


def scenes() -> Iterator[Scene]:
    table = yaml.safe_load(Path(__file__).with_name("scenes.yaml").read_text())
    for group in table.values():
        for scene in group:
            yield Scene(scene.get("in", "good"), scene["line"], scene["status"], scene["says"])


def said(stage: Stage, scene: Scene) -> tuple[int, str]:
    """Status and screen of this command line."""
    WORLDS[scene.world](stage)
    outcome = stage.run(*shlex.split(scene.line))
    return outcome.status, anybodys(stage, outcome.stderr + outcome.stdout)


def anybodys(stage: Stage, text: str) -> str:
    """The text; what is another each time has the same name each time."""
    for place in (str(stage.home), str(stage.kubeconfig.parent)):
        text = text.replace(place, FOLDER)
    address = stage.server.url.partition("://")[2]
    for mine, same in ((address, "SERVER"), (sys.executable, "PYTHON"), (platform.python_version(), "3.N")):
        text = text.replace(mine, same)
    return re.sub(r"v1\.\d+\.\d+", "v1.N", text).rstrip("\n")


@pytest.mark.parametrize("scene", list(scenes()), ids=str)
def test_what_is_said(stage: Stage, scene: Scene) -> None:
    assert said(stage, scene) == (scene.status, scene.says.rstrip("\n"))


def test_there_are_enough_scenes_and_every_world_has_one() -> None:
    found = list(scenes())
    assert len(found) >= 120
    assert {scene.world for scene in found} == set(WORLDS)


@pytest.mark.parametrize("scene", [scene for scene in scenes() if scene.says.startswith("error: ")], ids=str)
def test_an_error_is_one_line_with_a_next_step(scene: Scene) -> None:
    first, *rest = scene.says.splitlines()
    assert all(line.startswith("  ") for line in rest)
    assert rest, "no next step"
    rows = sum(-(-len(line) // NARROW) for line in (first, *rest))
    assert rows <= MOST_ROWS


@pytest.mark.parametrize("columns", WIDTHS)
def test_what_is_left_on_a_terminal(server: ApiServer, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(kubectls.installed()))
    # Paths of one length: they are broken at the same place each time.
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    left = {scene: on_terminal(server, scene, columns) for scene in scenes() if scene.is_wider(columns)}
    for scene, text in left.items():
        assert not [line for line in re.findall(r"try: .*", scene.says) if line not in text], scene
    file = LEFT / f"{columns}.txt"
    now = "\n".join(f"# {scene}\n{text}\n" for scene, text in left.items())
    if os.environ.get("WRITE_SCREENS"):
        file.write_text(now)
    assert now == file.read_text()


def on_terminal(server: ApiServer, scene: Scene, columns: int) -> str:
    """What the scene leaves there; no line is wider, but data."""
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as folder,
        pytest.MonkeyPatch.context() as patch,
        staged(server, Path(folder), patch) as stage,
    ):
        WORLDS[scene.world](stage)
        text = stage.on_terminal(columns, *shlex.split(scene.line))
        wide = [line for line in text.splitlines() if len(line) > columns]
        assert all(DATA.fullmatch(line) for line in wide), text
        return anybodys(stage, text)
