"""The keys there are: what each one's value may be, its variable, and the parameter whose default it is."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from kubectl_netshoot import request
from kubectl_netshoot.names import check_names
from kubectl_netshoot.profiles import PROFILES
from kubectl_netshoot.resources import RESOURCES, parse_requests

COLOURS = ("auto", "always", "never")
LANGUAGES = ("en", "zh")
CONTEXTS = "contexts"


class Form(Enum):
    """How a value is written in the file. In a variable the items stand behind each other, with commas."""

    TEXT = "text"
    DURATION = "text, as 90s or 1h30m"
    LIST = "a list, as [regcred]"
    MAPPING = "a mapping, as {cpu: 10m, memory: 32Mi}"


@dataclass(frozen=True)
class Key:
    """One setting. `parameter` is the commands' own name of it, empty where no command has a flag for it; `default` is
    what holds without any setting; `note` says where it cannot hold.

    `check(text, where)` raises UsageError, which begins with `where`, for a value that is none.
    """

    name: str
    parameter: str
    default: str
    check: Callable[[str, str], Any]
    form: Form = Form.TEXT
    note: str = ""

    @property
    def variable(self) -> str:
        return f"KUBECTL_NETSHOOT_{self.name.upper().replace('-', '_')}"

    def argument(self, text: str) -> str | list[str]:
        """The value as the parameter takes it."""
        if self.form is Form.LIST:
            return text.split(",") if text else []
        return text


def _choice(*allowed: str) -> Callable[[str, str], str]:
    return lambda text, where: request.check_choice(text, allowed, where)


def _names(text: str, where: str) -> None:
    check_names(text.split(",") if text else (), where)


_TABLE = (
    Key("image", "image", request.DEFAULT_IMAGE, request.check_image),
    Key("pull-policy", "image_pull_policy", "", _choice(*request.PULL_POLICIES)),
    Key(
        "pull-secrets",
        "image_pull_secret",
        "",
        _names,
        Form.LIST,
        "pods of our own only: a copy and a container in a running pod are pulled with the pod's own pull secrets "
        "and its service account's",
    ),
    Key("ttl", "ttl", "1h", request.parse_ttl, Form.DURATION),
    Key("profile", "profile", PROFILES[0], _choice(*PROFILES)),
    Key(
        "requests",
        "requests",
        ",".join(f"{name}={quantity}" for name, quantity in RESOURCES["requests"].items()),
        parse_requests,
        Form.MAPPING,
        "copies (kubectl 1.31 or newer) and pods of our own: Kubernetes gives none to a container that is added to a "
        "running pod",
    ),
    Key("settle", "settle", "5s", request.parse_duration, Form.DURATION),
    Key("drain", "drain", "60s", request.parse_duration, Form.DURATION),
    Key("shell", "shell", "", request.check_program),
    Key("colour", "", COLOURS[0], _choice(*COLOURS)),
    Key("language", "lang", "", _choice(*LANGUAGES)),
)
KEYS: dict[str, Key] = {key.name: key for key in _TABLE}


def near(word: str, allowed: list[str]) -> str:
    """The one of `allowed` that was probably meant, perhaps written like a flag or like a field of Kubernetes."""
    from difflib import get_close_matches

    spaced = "".join(f"-{letter}" if letter.isupper() else letter for letter in word.replace("_", "-"))
    plain = spaced.lower().strip("-")
    found = [name for name in allowed if plain.endswith(name)] or get_close_matches(plain, allowed, 1)
    return found[0] if found else ""
