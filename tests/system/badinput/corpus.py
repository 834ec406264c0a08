"""The cases that are data: read from the YAML files beside this one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]
HERE = Path(__file__).parent


@dataclass(frozen=True)
class CommandLine:
    """Words that are wrong, and what the error must have of them."""

    words: tuple[str, ...]
    says: tuple[str, ...]

    def __str__(self) -> str:
        return ascii(" ".join(self.words))[1:-1] or "nothing"


@dataclass(frozen=True)
class Broken:
    """A kubeconfig (`text`), or an entry of one, that is wrong; the error `says` and `hints` this, and `hides` that."""

    name: str
    says: Sequence[str] = ()
    hints: Sequence[str] = ()
    hides: Sequence[str] = ()
    text: str = ""
    cluster: Json | None = None
    user: Json | None = None

    def __str__(self) -> str:
        return self.name.replace(" ", "-")

    def put(self, server: str, folder: Path) -> "Broken":
        """The same with what is known only at run time."""
        filled = json.dumps(vars(self)).replace("{server}", server).replace("{folder}", str(folder))
        return Broken(**json.loads(filled))


def command_lines() -> list[CommandLine]:
    return [
        CommandLine(tuple(case["words"]), tuple(case["says"]))
        for cases in _read("argv.yaml").values()
        for case in cases
    ]


def kubeconfigs() -> list[Broken]:
    return [Broken(name, **case) for name, case in _read("kubeconfigs.yaml").items()]


def entries() -> list[Broken]:
    return [Broken(name, **case) for name, case in _read("entries.yaml").items()]


def _read(file: str) -> Json:
    found: Json = yaml.safe_load((HERE / file).read_text())
    return found
