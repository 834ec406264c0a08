"""The keys there are, the file that may set them, which value holds, and what a command's options are by them.

Without a file nothing is read, and no YAML reader is imported.
"""

import os
import re
import stat
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules import request
from kubectl_netshoot.rules.container import RESOURCES, check_image, parse_requests
from kubectl_netshoot.rules.profiles import PROFILES
from kubectl_netshoot.rules.targets import check_names
from kubectl_netshoot.terminal import Terminal


@dataclass(frozen=True)
class Entry:
    """A value as its flag would take it, and its line, counted from 1."""

    text: str
    line: int


Section = Mapping[str, Entry]


@dataclass(frozen=True)
class Document:
    """`general` by key, `contexts` by the context's name and key; `warnings` are about the file as a whole."""

    path: str
    general: Section = field(default_factory=dict)
    contexts: Mapping[str, Section] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def depends_on_context(self, keys: frozenset[str]) -> bool:
        """Whether some context has a say in one of these keys, so that its name must be known."""
        return any(keys & set(section) for section in self.contexts.values())


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
    Key("image", "image", request.DEFAULT_IMAGE, check_image),
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


def near_key(word: str, allowed: list[str]) -> str:
    """The one of `allowed` that was probably meant, perhaps written like a flag or like a field of Kubernetes."""
    from difflib import get_close_matches

    spaced = "".join(f"-{letter}" if letter.isupper() else letter for letter in word.replace("_", "-"))
    plain = spaced.lower().strip("-")
    found = [name for name in allowed if plain.endswith(name)] or get_close_matches(plain, allowed, 1)
    return found[0] if found else ""


# Written like a flag, or like a field of Kubernetes.
_SET = re.compile(r"-*set[-_]?(image|env|command|args)", re.IGNORECASE)


def hint(word: str, allowed: list[str]) -> str:
    """What to know of a key that is none of `allowed`."""
    if found := _SET.fullmatch(word):
        return f"--set-{found[1].lower()} has no setting, which would change every copy"
    meant = near_key(word, allowed)
    return f"did you mean {meant}?" if meant else f"the keys are {', '.join(allowed)}"


CONFIG = "KUBECTL_NETSHOOT_CONFIG"
# The pure YAML reader takes seconds for a megabyte, and no settings are that long.
LARGEST_BYTES = 64_000


def location(environ: Mapping[str, str]) -> Path | None:
    """Where the file would be: KUBECTL_NETSHOOT_CONFIG names one, else it is in XDG_CONFIG_HOME or ~/.config.

    None where there is no home; a relative XDG_CONFIG_HOME is none, as its specification has it.
    """
    if named := environ.get(CONFIG):
        return Path(named)
    base = environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(base):
        home = os.path.expanduser("~")
        if not os.path.isabs(home):
            return None
        base = os.path.join(home, ".config")
    return Path(base, "kubectl-netshoot", "config.yaml")


def load(environ: Mapping[str, str]) -> Document | None:
    """The file's settings, None where there is no file. Raises UsageError for a file that cannot be taken as it is.

    The file that KUBECTL_NETSHOOT_CONFIG names must be there; /dev/null is one with nothing in it.
    """
    path = location(environ)
    if path is None or str(path) == os.devnull:
        return None
    where = CONFIG if environ.get(CONFIG) else "settings"
    try:
        # Before it is opened: a pipe would make us wait for who writes into it.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise UsageError(f"{where}: {path} is not a file")
        with path.open("rb") as file:
            found, content = os.fstat(file.fileno()), file.read(LARGEST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        if where == CONFIG:
            raise UsageError(f"{where}: no file {path}", f"try: unset {CONFIG}") from None
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{where}: {path} cannot be read: {reason}") from None
    if len(content) > LARGEST_BYTES:
        raise UsageError(f"{where}: {path} is larger than {LARGEST_BYTES // 1000} kB")
    from kubectl_netshoot.settings.document import read_document

    try:
        return read_document(content, str(path), _distrust(path, found))
    except UsageError as error:
        hint = f"correct it, or do without it\ntry: export {CONFIG}={os.devnull}"
        raise UsageError(error.message, hint) from None


def _distrust(path: Path, found: os.stat_result) -> tuple[str, ...]:
    """A warning where somebody else can say which image is run in production."""
    if not hasattr(os, "geteuid"):
        return ()
    if found.st_uid not in (0, os.geteuid()):
        return (f"{path} belongs to another user, who decides which image runs in your pods",)
    if stat.S_IMODE(found.st_mode) & 0o022:
        return (
            f"others can write {path}, and so decide which image runs in your pods: `chmod go-w` takes that away",
        )
    return ()


DEFAULT = "default"
FILE = "file"
VARIABLE = "variable"
NO_COLOR = "NO_COLOR"


@dataclass(frozen=True)
class Origin:
    """`kind` is DEFAULT, FILE or VARIABLE; `where` a FILE:LINE or the variable's name; `context` the file's section."""

    kind: str = DEFAULT
    where: str = ""
    context: str = ""

    @property
    def is_default(self) -> bool:
        return self.kind == DEFAULT

    def __str__(self) -> str:
        section = f" (contexts.{self.context})" if self.context else ""
        return f"{self.where}{section}" if self.where else self.kind


@dataclass(frozen=True)
class Setting:
    """A key with the value that holds, as its flag would take it."""

    key: Key
    text: str
    origin: Origin

    def checked(self) -> str:
        """The text. Raises UsageError, naming the variable, where a variable holds what is no value of this key."""
        if self.origin.kind == VARIABLE:
            try:
                self.key.check(self.text, self.origin.where)
            except UsageError as error:
                raise UsageError(error.message, f"try: unset {self.origin.where}") from None
        return self.text


def in_force(
    document: Document | None,
    context: str,
    environ: Mapping[str, str],
    keys: frozenset[str] = frozenset(KEYS),
) -> tuple[Setting, ...]:
    """Every one of these keys with what holds for it where this context is in use; no flags are known here.

    An empty variable counts as none.
    """
    return tuple(_setting(key, document, context, environ) for key in KEYS.values() if key.name in keys)


def _setting(key: Key, document: Document | None, context: str, environ: Mapping[str, str]) -> Setting:
    if text := environ.get(key.variable):
        return Setting(key, text, Origin(VARIABLE, key.variable))
    if key.name == "colour" and environ.get(NO_COLOR):
        return Setting(key, "never", Origin(VARIABLE, NO_COLOR))
    sections = ((document.contexts.get(context, {}), context), (document.general, "")) if document else ()
    for section, named in sections:
        if entry := section.get(key.name):
            assert document is not None
            return Setting(key, entry.text, Origin(FILE, f"{document.path}:{entry.line}", named))
    return Setting(key, key.default, Origin())


COLOUR = "colour"
CONTEXT = "context"


def defaults(
    parameters: Collection[str], given: Mapping[str, Any], current_context: Callable[[str], str]
) -> dict[str, Any]:
    """What these parameters of a command are where no flag says otherwise (typer's default_map), so that no command
    knows of settings. `given` are those that a flag says; `current_context` is asked with the flag's kubeconfig.

    Raises UsageError for a file that is wrong. A variable that is wrong is complained of when it is needed.
    """
    Terminal.preference = KEYS[COLOUR].default
    keys = frozenset(name for name, key in KEYS.items() if key.parameter in parameters)
    if not keys and CONTEXT not in parameters:
        return {}
    try:
        return _settled(keys, CONTEXT in parameters, given, current_context)
    except UsageError as error:
        if keys:
            raise
        # Nobody is kept from taking a copy out of service by a file that says how copies are made.
        Terminal().warn(f"continuing without settings: {error.message}")
        return {}


def _settled(
    keys: frozenset[str], connects: bool, given: Mapping[str, Any], current_context: Callable[[str], str]
) -> dict[str, Any]:
    document, asked = load(os.environ), ""
    context = given.get(CONTEXT, "")
    if document and connects and not context and document.depends_on_context(keys | {COLOUR}):
        asked = context = current_context(given.get("kubeconfig", ""))
    settings = in_force(document, context, os.environ, keys | {COLOUR})
    Terminal.preference = next(s for s in settings if s.key.name == COLOUR).checked()
    for warning in document.warnings if document else ():
        Terminal().warn(warning)
    settled = {s.key.parameter: _argument(s) for s in settings if s.key.parameter and not s.origin.is_default}
    # The context may be switched at any moment: what follows uses the one whose settings these are.
    return {**settled, CONTEXT: asked} if asked else settled


def _argument(setting: Setting) -> Callable[[], str | list[str]]:
    # typer calls it only where there is no flag.
    return lambda: setting.key.argument(setting.checked())
