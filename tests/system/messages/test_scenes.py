"""Every message with the scene that brings it: what is on the screen, to the letter.

A table, `scenes.yaml`: by what they are about, in which world (`worlds.py`) which command line says what.
"""

import platform
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.system.badinput.stage import Stage
from tests.system.messages.worlds import WORLDS

FOLDER = "~"
# The rows that a message may take, so that it is read, and not scrolled past.
NARROW, MOST_ROWS = 60, 12


@dataclass(frozen=True)
class Scene:
    world: str
    line: str
    status: int
    says: str

    def __str__(self) -> str:
        return f"{self.world}: {self.line}"


def scenes() -> Iterator[Scene]:
    table = yaml.safe_load(Path(__file__).with_name("scenes.yaml").read_text())
    for group in table.values():
        for scene in group:
            yield Scene(scene.get("in", "good"), scene["line"], scene["status"], scene["says"])


def said(stage: Stage, line: str, world: str) -> tuple[int, str]:
    """Status and screen of this command line; what is another each time has the same name each time."""
    WORLDS[world](stage)
    outcome = stage.run(*shlex.split(line))
    text = outcome.stderr + outcome.stdout
    for place in (str(stage.home), str(stage.kubeconfig.parent)):
        text = text.replace(place, FOLDER)
    address = stage.server.url.partition("://")[2]
    for mine, anybodys in (
        (address, "SERVER"),
        (sys.executable, "PYTHON"),
        (platform.python_version(), "3.N"),
    ):
        text = text.replace(mine, anybodys)
    return outcome.status, re.sub(r"v1\.\d+\.\d+", "v1.N", text).rstrip("\n")


@pytest.mark.parametrize("scene", list(scenes()), ids=str)
def test_what_is_said(stage: Stage, scene: Scene) -> None:
    assert said(stage, scene.line, scene.world) == (scene.status, scene.says.rstrip("\n"))


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
