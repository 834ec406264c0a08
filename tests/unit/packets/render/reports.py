"""Reports for the renderings, valid by default; and one that holds every step and every finding there can be."""

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

from kubectl_netshoot.packets import messages
from kubectl_netshoot.packets.ledger import WORST_FIRST
from kubectl_netshoot.packets.messages.kinds import FindingKind, StepKind
from kubectl_netshoot.packets.messages.language import Language
from kubectl_netshoot.packets.read.frame import Format
from kubectl_netshoot.packets.render.phrases import Teller, Voice
from kubectl_netshoot.packets.report import (
    Application,
    Capture,
    Conversation,
    ConversationEnd,
    Finding,
    Group,
    Guarded,
    Header,
    Outcome,
    Phase,
    Report,
    Role,
    Side,
    Step,
    Transport,
    Value,
    Volume,
)

STEPS: tuple[StepKind, ...] = tuple(
    row
    for module in pkgutil.iter_modules(messages.__path__, messages.__name__ + ".")
    for row in vars(importlib.import_module(module.name)).values()
    if isinstance(row, StepKind)
)
CLIENT = ConversationEnd("10.244.0.1", 41234)
SERVER = ConversationEnd("10.244.0.7", 8080, frozenset({Role.CAPTURING}))
SECRET = "opensesame"
TARGET = Guarded(f"/login?token={SECRET}", ((13, 13 + len(SECRET)),))
HEADERS = (Header("Authorization", Guarded(f"Bearer {SECRET}", ((7, 7 + len(SECRET)),))),)

# A value for every name of a parameter that no unit gives away.
SAMPLES: dict[str, Value] = {
    "target": TARGET,  # of requests
    "headers": HEADERS,
    "client": ConversationEnd("10.244.0.1"),
    "server": SERVER,
    "endpoint": SERVER,
    "reporter": ConversationEnd("10.244.0.254"),
    "source": CLIENT,
    "side": Side.SERVER,
    "status": 503,
    "reason": "Service Unavailable",
    "method": "GET",
    "grpc_status": 14,
    "grpc_message": Guarded("try again"),
    "alpn": ("h2", "http/1.1"),
    "answers": ("10.96.0.10", "10.96.0.11"),
    "tried": ("db.shop.svc.cluster.local", "db.svc.cluster.local"),
    "hardware": "02:42:0a:f4:00:07",
    "link_types": ("EN10MB", "LINUX_SLL2"),
    "percent": 3.25,
    "window_scale": 7,
    "protocol": "websocket",
    "version": "TLS 1.2",
    "moment": "response-cut",
    "failure": "status",
    "code": "port",
    "packets": 4,
    "address": "10.244.0.9",
    "name": "db.shop",
    "type": "AAAA",
    "transport": "udp",
    "description": "unknown_ca",
}
FLAGS = (
    "sack",
    "timestamps",
    "fast_open",
    "chunked",
    "complete",
    "first",
    "grpc",
    "fatal",
    "retry",
    "truncated",
)
NUMBERS = (
    *("attempts", "count", "fast", "kept", "offset", "after_packet", "requests", "stream"),
    *("accepted", "refused", "unanswered", "crafted"),
)


def parameters(names: tuple[str, ...], **changes: Value) -> dict[str, Value]:
    """A value for each of these parameters."""
    return {name: changes.get(name, sample(name)) for name in names}


def sample(name: str) -> Value:
    if name in SAMPLES:
        return SAMPLES[name]
    if name in FLAGS:
        return True
    if name.endswith("seconds"):
        return 0.0031
    return 3 if name in NUMBERS else 238 if name.endswith("bytes") else name


def step(kind: StepKind, number: int = 1, **changes: Any) -> Step:
    """A step of the server's, from packet `number` on."""
    told = {
        "phase": Phase.DATA,
        "side": Side.SERVER,
        "packets": (number,),
        "count": 1,
        "at": number / 1000,
        "until": number / 1000,
        "parameters": parameters(kind.parameters),
    }
    return Step(kind, **{**told, **changes})


def finding(kind: FindingKind, **changes: Any) -> Finding:
    """A finding about conversation 1."""
    told = {
        "parameters": parameters(kind.parameters),
        "packets": (3, 4, 5, 9),
        "packet_count": 6,
        "conversations": (1,),
        "conversation_count": 1,
    }
    return Finding(kind, **{**told, **changes})


def conversation(number: int = 1, *steps: Step, **changes: Any) -> Conversation:
    """An HTTP conversation that ended well."""
    told = {
        "transport": Transport.TCP,
        "application": Application.HTTP,
        "client": CLIENT,
        "server": SERVER,
        "start_seen": True,
        "outcome": Outcome.CLOSED,
        "from_client": Volume(6, 400, 80),
        "from_server": Volume(6, 1503, 853),
        "first_packet": number,
        "at": 0.0,
        "until": 0.0031,
        "steps": steps,
    }
    return Conversation(number, **{**told, **changes})


def group(shown: tuple[int, ...] = (1,), **changes: Any) -> Group:
    """All that CLIENT's address had with SERVER."""
    told = {
        "transport": Transport.TCP,
        "application": Application.HTTP,
        "client": ConversationEnd(CLIENT.address),
        "server": SERVER,
        "outcome": Outcome.CLOSED,
        "count": len(shown),
        "odd": 0,
        "packets": 12 * len(shown),
        "bytes": 1903 * len(shown),
        "at": 0.0,
        "until": 0.0031,
        "shown": shown,
    }
    return Group(**{**told, **changes})


def capture(**changes: Any) -> Capture:
    """Twelve packets of a pcap file, taken on 2024-05-01."""
    told = {
        "format": Format.PCAP,
        "link_types": ("EN10MB",),
        "packets": 12,
        "bytes": 1903,
        "first": 1714557600.0,
        "last": 1714557600.0031,
    }
    return Capture(**{**told, **changes})


def report(*conversations: Conversation, findings: tuple[Finding, ...] = (), **changes: Any) -> Report:
    """A report about these conversations, all in one group."""
    told = {
        "capture": capture(),
        "conversations": conversations,
        "conversation_count": len(conversations),
        "findings": findings,
        "groups": (group(tuple(c.number for c in conversations)),) if conversations else (),
    }
    return Report(**{**told, **changes})


def everything() -> Report:
    """One conversation with every step, and every finding."""
    steps = [step(kind, number) for number, kind in enumerate(STEPS, start=1)]
    return report(conversation(1, *steps), findings=tuple(map(finding, WORST_FIRST)))


def teller(
    of: Report, language: str = "en", *, show_secrets: bool = False, names: Mapping[str, str] | None = None
) -> Teller:
    return Teller(of, Voice(Language(language), names or {}, show_secrets))
