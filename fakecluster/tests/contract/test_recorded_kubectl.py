"""Every request that kubectl was recorded to make, made again: the same status, content type and shape."""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
import websocket

from fakecluster.client import Api, eventually
from fakecluster.tests.contract.recordings import FOLDER, Exchange, load
from fakecluster.tests.contract.scene import Scene, said
from fakecluster.tests.contract.shapes import differences

VERSIONS = ("1.27", "1.31", "1.37")
STEPS = sorted(path.stem.partition("-")[2] for path in FOLDER.glob("1.31-*.jsonl") if "exec" not in path.stem)
_numbers = count()


pytestmark = pytest.mark.usefixtures("unzoned")


@pytest.fixture
def scene(api: Api) -> Iterator[Scene]:
    """A namespace whose name is as long as the recorded one, with the recorded source pod and Service."""
    number = next(_numbers)
    name = "n" + string.ascii_lowercase[number // 26] + string.ascii_lowercase[number % 26]
    api.create("/api/v1/namespaces", {"metadata": {"name": name}})
    scene = Scene(api, name)
    scene.source()
    yield scene
    api("DELETE", f"/api/v1/namespaces/{name}")


def _make_copy(scene: Scene, version: str) -> None:
    """What `kubectl debug --copy-to` of that version had made before the recorded command."""
    post = next(e for e in load(f"{version}-debug-copy") if e.method == "POST")
    assert scene.replay(post).status == 201
    scene.ready(f"copy-{version.replace('.', '-')}")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("step", STEPS)
def test_the_same_request_gets_the_same_answer(scene: Scene, version: str, step: str) -> None:
    if not step.startswith(("debug", "complete")):
        _make_copy(scene, version)
    name = f"copy-{version.replace('.', '-')}"
    if step in ("logs", "unlabel"):
        labels = {"metadata": {"labels": {"app": "nginx"}}}
        scene.api(
            "PATCH",
            f"/api/v1/namespaces/{scene.namespace}/pods/{name}",
            labels,
            "application/merge-patch+json",
        )
    for exchange in load(f"{version}-{step}"):
        if exchange.path.startswith(("/api", "/apis")) and "timeout=32s" in exchange.path:
            continue
        _check(scene, exchange)


def _check(scene: Scene, exchange: Exchange) -> None:
    if exchange.method == "GET" and _is_deleting(exchange.answer):
        # Recorded right after the delete; here it may be gone already.
        return
    ours = scene.replay(exchange)
    assert ours.status == exchange.status, ours.body
    if exchange.content_type != "application/vnd.kubernetes.protobuf":
        assert ours.headers["content-type"] == exchange.content_type
        _same_body(exchange.answer, ours.body)


def _is_deleting(answer: Any) -> bool:
    return isinstance(answer, dict) and "deletionTimestamp" in answer.get("metadata", {})


def _same_body(recorded: Any, ours: Any) -> None:
    if isinstance(ours, list) and len(ours) == 1:
        ours = ours[0]
    if isinstance(recorded, dict) and recorded.get("kind") == "Status":
        assert said(ours) == said(recorded)
    if isinstance(recorded, dict) and recorded.get("kind") == "Table":
        columns = [(c["name"], c["type"], c["format"], c["priority"]) for c in recorded["columnDefinitions"]]
        assert [
            (c["name"], c["type"], c["format"], c["priority"]) for c in ours["columnDefinitions"]
        ] == columns
    if not isinstance(recorded, dict):
        assert recorded is None, "a body that is not JSON is not recorded"
        return
    assert list(differences(recorded, ours)) == []


def _frames(exchange: Exchange) -> list[bytes]:
    """The payloads of the binary messages that the server sent after an upgrade."""
    payloads = []
    for frame in exchange.answer:
        raw = bytes.fromhex(frame["hex"])
        while frame["from"] == "server" and raw:
            size, start = raw[1], 2
            if size == 126:
                size, start = int.from_bytes(raw[2:4], "big"), 4
            if raw[0] & 0x0F == 2:
                payloads.append(raw[start : start + size])
            raw = raw[start + size :]
    return payloads


def _channels(payloads: list[bytes]) -> dict[int, bytes]:
    """What was said on each channel; an empty announcement of a channel says nothing."""
    channels: dict[int, bytes] = {}
    for payload in payloads:
        channels[payload[0]] = channels.get(payload[0], b"") + payload[1:]
    return {channel: text for channel, text in channels.items() if text}


@pytest.mark.parametrize("version", ["1.31", "1.37"])
@pytest.mark.parametrize("step", ["exec", "exec-stdin"])
def test_exec_says_the_same_on_every_channel(scene: Scene, version: str, step: str) -> None:
    _make_copy(scene, version)
    exchange = load(f"{version}-{step}")[-1]
    stream = websocket.create_connection(
        scene.api.server.replace("https", "wss") + scene.moved(exchange.path),
        sslopt={"ca_cert_data": scene.api.ca, "context": scene.api.tls},
        subprotocols=[exchange.headers["sec-websocket-protocol"]],
        header=[f"Authorization: Bearer {scene.api.token}"],
        timeout=20,
    )
    try:
        assert stream.getsubprotocol() == exchange.answer_headers["sec-websocket-protocol"]
        if step == "exec-stdin":
            stream.send_binary(b"\x00hello\n")
            stream.send_binary(b"\xff\x00")
        ours: list[bytes] = []
        while message := stream.recv():
            assert isinstance(message, bytes)
            ours.append(message)
    finally:
        if stream.sock is not None:
            stream.sock.close()
    assert _channels(ours) == _channels(_frames(exchange))


@pytest.mark.parametrize("version", ["1.27"])
def test_spdy_is_refused_with_a_reason(scene: Scene, version: str) -> None:
    _make_copy(scene, version)
    exchange = load(f"{version}-exec")[-1]
    plain = replace(exchange, headers={k: v for k, v in exchange.headers.items() if k != "connection"})
    answer = scene.replay(plain)
    assert answer.status == 400
    assert "1.31" in answer.body["message"]


def test_a_deleted_pod_is_gone_after_its_grace_period(scene: Scene) -> None:
    _make_copy(scene, "1.37")
    delete = next(e for e in load("1.37-delete") if e.method == "DELETE")
    assert scene.replay(delete).body["metadata"]["deletionGracePeriodSeconds"] == 1
    assert eventually(lambda: scene.get("copy-1-37").get("code") == 404)
