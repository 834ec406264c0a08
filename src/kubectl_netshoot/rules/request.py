"""What was asked for on the command line, checked: everything here is known good before anything is changed."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from kubectl_netshoot.errors import UnknownWordError, UsageError, near
from kubectl_netshoot.rules.set_fields import SetFields
from kubectl_netshoot.rules.targets import MAX_LABEL, SERVICE, AnyTarget, TargetName, is_label

DEFAULT_IMAGE = "nicolaka/netshoot:v0.16"
PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_DURATION = re.compile(r"(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?")
_PATH = re.compile(r"/[\x21-\x7e]{0,500}")
MIN_TTL, MAX_TTL = timedelta(seconds=10), timedelta(hours=24)
SETTLE = timedelta(seconds=5)
# For the requests of leaving, and for a shell to end.
SLACK = timedelta(seconds=2)
USEFUL = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Stay:
    """What every wish for a session says, whatever its pod is; `command` is empty for a shell.

    `settle` is None where nobody has said it: then it depends on the Services. `summary` is the file for it, if any.
    """

    name: str = ""
    image: str = DEFAULT_IMAGE
    pull_policy: str = ""
    requests: Mapping[str, str] = field(default_factory=dict)
    profile: str = "auto"
    shell: str = ""
    ttl: timedelta = timedelta(hours=1)
    settle: timedelta | None = None
    drain: timedelta = timedelta(seconds=60)
    timeout: timedelta = timedelta(seconds=120)
    keep: bool = False
    wait: bool = False
    summary: str = ""
    dry_run: bool = False
    allow: frozenset[str] = field(default_factory=frozenset)
    command: tuple[str, ...] = ()
    rerun: bool = False


@dataclass(frozen=True)
class SessionRequest(Stay):
    """One `kubectl netshoot TARGET`. `pick`: the person chooses among its pods; `set_fields` differ in the copy."""

    target: AnyTarget
    pick: bool = False
    join: bool = False
    services: tuple[str, ...] = ()
    share_processes: bool = False
    same_node: bool = False
    set_fields: SetFields = field(default_factory=SetFields)

    @property
    def joining(self) -> bool:
        return self.join or bool(self.services)

    @property
    def named_services(self) -> tuple[str, ...]:
        """The Services to join; none of them named: every one that selects the pod.

        Who says svc/NAME means that one, unless --service says otherwise.
        """
        if self.join and not self.services and isinstance(self.target, TargetName):
            return (self.target.name,) if self.target.kind == SERVICE else ()
        return self.services


def parse_duration(text: str, flag: str) -> timedelta:
    """`90s`, `30m`, `1h30m`, at most 24 hours. Raises UsageError.

    A bare number is refused but for 0, since nobody can tell its unit.
    """
    match = _DURATION.fullmatch(text)
    if text == "0":
        return timedelta()
    if not match or not text or len(text) > 12:
        raise UsageError(f"{flag}: {text!r} is not a duration: write 90s, 30m, 2h or 1h30m")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    if hours * 3600 + minutes * 60 + seconds > MAX_TTL.total_seconds():
        raise UsageError(f"{flag}: {text} is longer than 24h")
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def parse_ttl(text: str, flag: str = "--ttl") -> timedelta:
    """The time until the cluster ends the copy: 10 seconds to 24 hours. Raises UsageError."""
    ttl = parse_duration(text, flag)
    if not MIN_TTL <= ttl <= MAX_TTL:
        raise UsageError(f"{flag}: {text} is not between 10s and 24h")
    return ttl


def teardown_time(settle: timedelta, drain: timedelta, joined: bool) -> timedelta:
    """How long leaving may take: settle and drain time where clients may come, and some slack for the requests."""
    return (settle + drain if joined else timedelta()) + SLACK


def check_time_to_leave(ttl: timedelta, settle: timedelta | None, drain: timedelta) -> None:
    """Raise UsageError for a join whose --ttl would be over before it could leave in good order."""
    least = teardown_time(SETTLE if settle is None else settle, drain, joined=True) + USEFUL
    if ttl < least:
        raise UsageError(
            f"--ttl: {int(ttl.total_seconds())}s is too short to join a Service and leave it again: give at least "
            f"{math.ceil(least.total_seconds())}s (--settle, --drain and a few seconds)"
        )


def check_copy_name(name: str, what: str = "--name") -> str:
    """A name for the copy. It becomes the hostname too (so a DNS label), and a StatefulSet adopts `<set>-<digits>`."""
    if not is_label(name):
        raise UsageError(
            f"{what}: {name!r} cannot name the pod: at most {MAX_LABEL} lower-case letters, digits and '-', "
            "first and last a letter or digit"
        )
    if re.search(r"-\d+$", name):
        raise UsageError(f"{what}: {name!r} ends in -<digits>: a StatefulSet could adopt such a pod")
    return name


def default_copy_name(source: str, letters: str) -> str:
    """The source's name, cut as needed, `-netshoot-` and these letters."""
    suffix = f"-netshoot-{letters}"
    return source.replace(".", "-")[: MAX_LABEL - len(suffix)].rstrip("-") + suffix


def check_program(program: str, what: str) -> str:
    """A program to run in the copy. Raises UsageError for what can be none: no copy is made to find that out."""
    if not program.strip() or not program.isprintable() or program.startswith("-"):
        raise UsageError(f"{what}: {program!r} is not a program")
    return program


def check_command(command: tuple[str, ...]) -> tuple[str, ...]:
    """COMMAND and its arguments; only the first word must be a program. Raises UsageError."""
    if command:
        check_program(command[0], "COMMAND")
    return command


def check_number(value: int, flag: str, least: int, most: int) -> int:
    """The value of a flag if it lies between these. Raises UsageError."""
    if not least <= value <= most:
        raise UsageError(f"{flag}: {value} is not between {least} and {most}")
    return value


def check_path(path: str) -> str:
    """What stands behind the host in a URL. Raises UsageError."""
    if not _PATH.fullmatch(path):
        raise UsageError(f"--path: {path!r} is not a path: begin with / and leave no blanks, e.g. /healthz")
    return path


def check_choice(value: str, allowed: tuple[str, ...], flag: str) -> str:
    """The value if it is one of `allowed`. Raises UsageError."""
    if value not in allowed:
        message = f"{flag}: {value!r} is not one of {', '.join(allowed)}"
        if meant := near(value, allowed):
            raise UnknownWordError(message, value, meant, flags=(flag,) if flag.startswith("-") else ())
        raise UsageError(message)
    return value
