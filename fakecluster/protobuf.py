"""Kubernetes' protobuf encoding, which kubectl from 1.35 on uses for the typed objects it creates.

`protobuf_schema.json` has the wire numbers of the messages that kubectl sends, as published in k8s.io/api:
message -> number -> [JSON name, type, `*` for repeated or `map`]. Answers are JSON, which such clients accept too.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fakecluster.kinds import Object
from fakecluster.statuses import ApiError
from fakecluster.timestamps import from_epoch

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\0"
_SCHEMA: Object = json.loads(Path(__file__).with_name("protobuf_schema.json").read_text())
_FIELDS: dict[str, dict[str, list[str]]] = _SCHEMA["messages"]
#: Go embeds these in their parent, so JSON has their fields one level up.
_INLINE = frozenset(_SCHEMA["inline"])
#: The zero value of any other scalar means that it is not set: Go encodes it all the same.
_ZERO_MATTERS = frozenset(_SCHEMA["zeroMatters"])


def decode(data: bytes) -> Object:
    """The object in a request body. Raises ApiError 400, and 415 for a message kubectl is not known to send."""
    if not data.startswith(_MAGIC):
        raise ApiError.bad_request("provided data does not appear to be a protobuf message")
    envelope = _message("runtime.Unknown", data[len(_MAGIC) :])
    head = envelope.get("typeMeta", {})
    message = _message_name(head.get("apiVersion", ""), head.get("kind", ""))
    if message not in _FIELDS:
        raise ApiError.unsupported_media_type("application/json")
    return {**head, **_message(message, base64.b64decode(envelope.get("raw", "")))}


def _message_name(api_version: str, kind: str) -> str:
    group = api_version.rpartition("/")[0].partition(".")[0]
    return "meta.DeleteOptions" if kind == "DeleteOptions" else f"{group or 'core'}.{kind}"


def _message(name: str, data: bytes) -> Object:
    decoded: Object = {}
    for number, raw in _wire(data):
        field = _FIELDS[name].get(str(number))
        if field is None:
            continue
        key, type_, *repeated = field
        if repeated == ["map"]:
            decoded.setdefault(key, {}).update([_map_entry(type_, raw)])
        elif repeated:
            decoded.setdefault(key, []).append(_value(type_, raw))
        else:
            _set(decoded, key, _value(type_, raw))
    return decoded


def _set(decoded: Object, key: str, value: Any) -> None:
    if key in _INLINE:
        decoded.update(value)
    elif value not in (None, "", 0, False) or (key in _ZERO_MATTERS and value is not None):
        decoded[key] = value


def _map_entry(type_: str, raw: Any) -> tuple[str, Any]:
    parts = dict(_wire(raw))
    empty: Any = b""
    return parts.get(1, b"").decode(), _value(type_, parts.get(2, empty))


def _value(type_: str, raw: Any) -> Any:
    if type_ == "string":
        return raw.decode()
    if type_ == "bool":
        return bool(raw)
    if type_ == "int":
        return raw - (1 << 64) if raw >= 1 << 63 else raw
    if type_ == "bytes":
        return base64.b64encode(raw).decode()
    special = _SPECIAL.get(type_)
    return special(raw) if special else _message(type_, raw)


def _time(raw: bytes) -> str | None:
    parts = dict(_wire(raw))
    return from_epoch(parts[1]) if 1 in parts else None


def _quantity(raw: bytes) -> str:
    text: str = dict(_wire(raw)).get(1, b"").decode()
    return text


def _int_or_string(raw: bytes) -> int | str:
    parts = dict(_wire(raw))
    number: int = parts.get(2, 0)
    return parts.get(3, b"").decode() if parts.get(1) else number


_SPECIAL = {"meta.Time": _time, "Quantity": _quantity, "IntOrString": _int_or_string}


def _wire(data: bytes) -> Iterator[tuple[int, Any]]:
    """(field number, int or bytes) of every field. Raises ApiError 400 for what is cut short."""
    at = 0
    try:
        while at < len(data):
            key, at = _varint(data, at)
            number, wire_type = key >> 3, key & 7
            if wire_type == 0:
                value, at = _varint(data, at)
                yield number, value
            elif wire_type == 2:
                size, at = _varint(data, at)
                yield number, data[at : at + size]
                at += size
            else:
                width = 8 if wire_type == 1 else 4
                yield number, struct.unpack_from("<Q" if width == 8 else "<I", data, at)[0]
                at += width
    except (IndexError, struct.error) as error:
        raise ApiError.bad_request("unexpected end of a protobuf message") from error


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
