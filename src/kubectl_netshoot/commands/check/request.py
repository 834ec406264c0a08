"""What was asked for on the command line, checked."""

import re
from dataclasses import dataclass, field

from kubectl_netshoot.commands.check.scene import CheckTarget
from kubectl_netshoot.commands.check.verdict import TOPICS, Topic
from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.kube.proxies import is_address
from kubectl_netshoot.rules.request import SessionRequest
from kubectl_netshoot.rules.targets import AnyTarget, TargetName

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?")
_PORT = re.compile(r"[0-9]{1,5}")


@dataclass(frozen=True)
class CheckRequest:
    """One `kubectl netshoot check`. `session` says whose pod, and how a copy or the container is made.

    `services` are looked at instead of those that select the pod.
    """

    session: SessionRequest
    live: bool = False
    services: tuple[str, ...] = ()
    to: CheckTarget | None = None
    path: str = "/"
    topics: frozenset[Topic] = field(default_factory=lambda: frozenset(Topic))


def parse_goal(text: str) -> CheckTarget:
    """`HOST:PORT`, `ADDRESS:PORT` or `[ADDRESS]:PORT`. Raises UsageError."""
    host, colon, port = text.rpartition(":")
    plain = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    known = is_address(plain) if ":" in plain else _HOST.fullmatch(plain)
    if not colon or not known or not _PORT.fullmatch(port) or not 0 < int(port) < 65536:
        raise UsageError(f"--to: {text!r} is not HOST:PORT, e.g. db.example.com:5432 or 10.0.0.7:443")
    return CheckTarget(plain, int(port))


def named_by(target: AnyTarget) -> tuple[str, ...]:
    """The Service that TARGET is itself: svc/NAME is a question about that one."""
    return (target.name,) if isinstance(target, TargetName) and target.kind == "svc" else ()


def parse_topics(text: str) -> frozenset[Topic]:
    """`dns,tcp`; empty for all of them. Raises UsageError."""
    words = text.split(",") if text else TOPICS
    for word in words:
        if word not in TOPICS:
            raise UsageError(f"--only: {word!r} is not one of {', '.join(TOPICS)}")
    return frozenset(map(Topic, words))
