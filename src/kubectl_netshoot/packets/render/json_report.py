"""The explanation as JSON: a promise to scripts, frozen by a test. Docs name it by SCHEMA.

Keys are camelCase, as in Kubernetes. Times are seconds since the capture's first packet. Ids and parameters are the
same in every language; `sentence`, `headline`, `next` and `answer` are for people.
"""

from typing import Any

from kubectl_netshoot.packets.render import outline
from kubectl_netshoot.packets.render.phrases import Teller
from kubectl_netshoot.packets.report import (
    PACKETS_SHOWN,
    Capture,
    Conversation,
    ConversationEnd,
    Crossing,
    Finding,
    Group,
    Guarded,
    Header,
    Parameters,
    SeenAt,
    Step,
    Value,
    Volume,
)

SCHEMA = "kubectl-netshoot/explain/v1"


def document(teller: Teller, flow: int | None) -> dict[str, Any]:
    """All conversations that were kept, or the one that was asked for. Raises UsageError."""
    report = teller.report
    told = report.conversations if flow is None else outline.told_in_full(report, flow)
    findings = [f for f in report.findings if flow is None or flow in f.conversations]
    return {
        "schema": SCHEMA,
        "language": teller.voice.language.tag,
        "answer": outline.answer(teller)._asdict(),
        "capture": _capture(report.capture),
        "points": [{"name": name, **_capture(capture)} for name, capture in report.captures.items()],
        "conversationCount": report.conversation_count,
        "groups": [_group(teller, group) for group in report.groups],
        "conversations": [_conversation(teller, conversation) for conversation in told],
        "findings": [_finding(teller, finding) for finding in findings],
    }


def _capture(capture: Capture) -> dict[str, Any]:
    damage = capture.damage
    return {
        "format": capture.format.value,
        "linkTypes": list(capture.link_types),
        "packets": capture.packets,
        "bytes": capture.bytes,
        "firstTime": capture.first,
        "lastTime": capture.last,
        "dated": capture.dated,
        "damage": damage
        and {"kind": damage.kind.value, "offset": damage.offset, "afterPacket": damage.after_packet},
        "cutShort": capture.cut_short,
        "notUnderstood": capture.not_understood,
        "kernelDrops": capture.kernel_drops,
        "unreadLines": capture.unread_lines,
    }


def _group(teller: Teller, group: Group) -> dict[str, Any]:
    return {
        "transport": group.transport.value,
        "application": group.application.value,
        "client": _endpoint(teller, group.client),
        "server": _endpoint(teller, group.server),
        "outcome": group.outcome.value,
        "count": group.count,
        "odd": group.odd,
        "packets": group.packets,
        "bytes": group.bytes,
        "at": group.at,
        "until": group.until,
        "conversations": list(group.shown),
    }


def _conversation(teller: Teller, conversation: Conversation) -> dict[str, Any]:
    return {
        "number": conversation.number,
        "transport": conversation.transport.value,
        "application": conversation.application.value,
        "client": _endpoint(teller, conversation.client),
        "server": _endpoint(teller, conversation.server),
        "startSeen": conversation.start_seen,
        "outcome": conversation.outcome.value,
        "fromClient": _volume(conversation.from_client),
        "fromServer": _volume(conversation.from_server),
        "firstPacket": conversation.first_packet,
        "at": conversation.at,
        "until": conversation.until,
        "roundTripSeconds": conversation.round_trip,
        "retransmissions": conversation.retransmissions,
        "odd": conversation.odd,
        "stepsDropped": conversation.steps_dropped,
        "point": conversation.point,
        "elsewhere": [_seen_at(teller, seen) for seen in conversation.elsewhere],
        "crossings": [_crossing(teller, crossing) for crossing in conversation.crossings],
        "steps": [_step(teller, step) for step in conversation.steps],
    }


def _seen_at(teller: Teller, seen: SeenAt) -> dict[str, Any]:
    return {
        "point": seen.point,
        "client": _endpoint(teller, seen.client),
        "server": _endpoint(teller, seen.server),
    }


def _crossing(teller: Teller, crossing: Crossing) -> dict[str, Any]:
    found = crossing.losses
    return {
        "side": crossing.side.value,
        "sender": crossing.sender,
        "receiver": crossing.receiver,
        "sent": found.sent,
        "lost": len(found.lost),
        "lostPackets": list(found.lost[:PACKETS_SHOWN]),
        "lostRepeats": found.repeats_lost,
        "duplicates": found.duplicates,
        "missingBytes": found.missing,
        "notJudged": found.unjudged,
        "partial": found.partial,
        "sentence": teller.crossing(crossing),
    }


def _volume(volume: Volume) -> dict[str, int]:
    return {"packets": volume.packets, "bytes": volume.bytes, "payload": volume.payload}


def _step(teller: Teller, step: Step) -> dict[str, Any]:
    return {
        "id": step.kind.id,
        "phase": step.phase.value,
        "side": step.side.value,
        "packets": list(step.packets),
        "count": step.count,
        "at": step.at,
        "until": step.until,
        "parameters": _parameters(teller, step.parameters),
        "sentence": teller.sentence(step),
    }


def _finding(teller: Teller, finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.kind.id,
        "severity": finding.kind.severity.value,
        "packets": list(finding.packets),
        "packetCount": finding.packet_count,
        "conversations": list(finding.conversations),
        "conversationCount": finding.conversation_count,
        "alike": finding.alike,
        "point": finding.point,
        "parameters": _parameters(teller, finding.parameters),
        "headline": teller.headline(finding),
        "next": teller.advice(finding),
    }


def _endpoint(teller: Teller, endpoint: ConversationEnd) -> dict[str, Any]:
    return {
        "address": endpoint.address,
        "port": endpoint.port,
        "name": teller.voice.name(endpoint),
        "roles": sorted(role.value for role in endpoint.roles),
    }


def _parameters(teller: Teller, parameters: Parameters) -> dict[str, Any]:
    return {_camel(name): _value(teller, value) for name, value in parameters.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _value(teller: Teller, value: Value) -> Any:
    if isinstance(value, Guarded):
        return teller.voice.revealed(value)
    if isinstance(value, Header):
        return {"name": value.name, "value": teller.voice.revealed(value.value)}
    if isinstance(value, ConversationEnd):
        return _endpoint(teller, value)
    if isinstance(value, tuple):
        return [_value(teller, item) for item in value]
    return value if isinstance(value, (str, int, float)) or value is None else value.value
