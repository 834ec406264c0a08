"""The JSON's keys are a promise to scripts."""

import json

from kubectl_netshoot.packets.ledger import WORST_FIRST
from kubectl_netshoot.packets.messages import tcp_steps
from kubectl_netshoot.packets.points.losses import Losses
from kubectl_netshoot.packets.read.frame import Damage, DamageKind
from kubectl_netshoot.packets.render.json_report import document
from kubectl_netshoot.packets.report import Crossing, SeenAt, Side
from tests.unit.jsonshape import shape
from tests.unit.packets.render.reports import (
    CLIENT,
    SERVER,
    STEPS,
    capture,
    conversation,
    everything,
    group,
    report,
    step,
    teller,
)

ENDPOINT = {"address": str, "port": int, "name": str, "roles": [str]}
VOLUME = {"packets": int, "bytes": int, "payload": int}
CAPTURE = {
    "format": str,
    "linkTypes": [str],
    "packets": int,
    "bytes": int,
    "firstTime": float,
    "lastTime": float,
    "dated": bool,
    "damage": {"kind": str, "offset": int, "afterPacket": int},
    "cutShort": int,
    "notUnderstood": int,
    "kernelDrops": int,
    "unreadLines": int,
}
CROSSING = {
    "side": str,
    "sender": str,
    "receiver": str,
    "sent": int,
    "lost": int,
    "lostPackets": [int],
    "lostRepeats": int,
    "duplicates": int,
    "missingBytes": int,
    "notJudged": int,
    "partial": bool,
    "sentence": str,
}
KEYS = {
    "schema": str,
    "language": str,
    "answer": {"who": str, "what": str, "wrong": str},
    "capture": CAPTURE,
    "points": [{"name": str, **CAPTURE}],
    "conversationCount": int,
    "groups": [
        {
            "transport": str,
            "application": str,
            "client": {**ENDPOINT, "port": type(None), "roles": []},
            "server": ENDPOINT,
            "outcome": str,
            "count": int,
            "odd": int,
            "packets": int,
            "bytes": int,
            "at": float,
            "until": float,
            "conversations": [int],
        }
    ],
    "conversations": [
        {
            "number": int,
            "transport": str,
            "application": str,
            "client": {**ENDPOINT, "roles": []},
            "server": ENDPOINT,
            "startSeen": bool,
            "outcome": str,
            "fromClient": VOLUME,
            "fromServer": VOLUME,
            "firstPacket": int,
            "at": float,
            "until": float,
            "roundTripSeconds": float,
            "retransmissions": int,
            "odd": bool,
            "stepsDropped": int,
            "point": str,
            "elsewhere": [{"point": str, "client": {**ENDPOINT, "roles": []}, "server": ENDPOINT}],
            "crossings": [CROSSING],
            "steps": [
                {
                    "id": str,
                    "phase": str,
                    "side": str,
                    "packets": [int],
                    "count": int,
                    "at": float,
                    "until": float,
                    "parameters": {
                        "mssBytes": int,
                        "windowScale": int,
                        "sack": bool,
                        "timestamps": bool,
                        "fastOpen": bool,
                        "windowBytes": int,
                    },
                    "sentence": str,
                }
            ],
        }
    ],
    "findings": [
        {
            "id": str,
            "severity": str,
            "packets": [int],
            "packetCount": int,
            "conversations": [int],
            "conversationCount": int,
            "alike": int,
            "point": str,
            "parameters": {
                "client": {**ENDPOINT, "port": type(None), "roles": []},
                "server": ENDPOINT,
                "attempts": int,
            },
            "headline": str,
            "next": str,
        }
    ],
}


def test_the_keys_are_frozen() -> None:
    whole = everything()
    file = capture(damage=Damage(DamageKind.CUT, 99, 12), kernel_drops=2)
    told = conversation(
        1,
        step(tcp_steps.TCP_SYN),
        round_trip=0.0002,
        elsewhere=(SeenAt("db-0", CLIENT, SERVER),),
        crossings=(Crossing(Side.CLIENT, "front", "db-0", Losses(3, (1, 2))),),
    )
    full = report(told, findings=whole.findings, capture=file, captures={"front": file})
    assert shape(document(teller(full), None)) == KEYS
    assert list(document(teller(full), None)) == list(KEYS)


def test_the_schema_has_its_name() -> None:
    assert document(teller(everything()), None)["schema"] == "kubectl-netshoot/explain/v1"


def test_every_parameter_is_there_by_its_own_name() -> None:
    """Those of the vocabulary, in camel case; what they are is JSON."""
    found = json.loads(json.dumps(document(teller(everything()), None)))
    steps = {step["id"]: set(step["parameters"]) for step in found["conversations"][0]["steps"]}
    findings = {finding["id"]: set(finding["parameters"]) for finding in found["findings"]}
    assert steps == {kind.id: set(map(camel, kind.parameters)) for kind in STEPS}
    assert findings == {kind.id: set(map(camel, kind.parameters)) for kind in WORST_FIRST}


def camel(name: str) -> str:
    return name.title().replace("_", "")[:1].lower() + name.title().replace("_", "")[1:]


def test_what_is_not_known_is_null() -> None:
    found = document(teller(report(conversation(), groups=(group(),))), None)
    assert found["conversations"][0]["roundTripSeconds"] is None
    assert found["capture"]["damage"] is None
    assert found["capture"]["kernelDrops"] is None


def test_one_conversation_and_what_was_found_of_it() -> None:
    of = report(conversation(1), conversation(2), findings=everything().findings)
    found = document(teller(of), 2)
    assert [told["number"] for told in found["conversations"]] == [2]
    assert found["findings"] == []


def test_sentences_are_in_the_language_and_ids_are_not() -> None:
    english, chinese = (document(teller(everything(), tag), None) for tag in ("en", "zh"))
    for of in (english, chinese):
        of["ids"] = [step.pop("id") for told in of["conversations"] for step in told["steps"]]
    assert english["ids"] == chinese["ids"]
    assert english["findings"][0]["headline"] != chinese["findings"][0]["headline"]
