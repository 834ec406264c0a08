"""The PROXY protocol (haproxy's proxy-protocol.txt): who the client behind a proxy is, before all else."""

import re
import struct
from collections.abc import Iterator

from kubectl_netshoot.explain.report import Application, Endpoint, Side, Value
from kubectl_netshoot.explain.services.reader import NoFrameError, Said
from kubectl_netshoot.explain.step_ids import StepId
from kubectl_netshoot.packets.internet import address

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_HEADER = 16
# The longest that the first version allows, and what of the second is believed.
_LINE, _LONGEST = 107, 2048
_ONE = re.compile(rb"PROXY TCP[46] ([0-9a-fA-F.:]{2,39}) ([0-9a-fA-F.:]{2,39}) (\d{1,5}) (\d{1,5})\r\n")
_UNKNOWN = re.compile(rb"PROXY UNKNOWN[^\r\n]*\r\n")
_PROXY = 1
# Address family -> length of an address; both ports follow both addresses.
_LENGTHS = {1: 4, 2: 16}


class ProxyProtocol:
    """See reader.Reader; one header, and then what it is about."""

    application = Application.NONE

    def size(self, side: Side, data: bytes) -> int:  # noqa: ARG002
        """Of either version's header."""
        if data[:6] == b"PROXY "[: len(data)]:
            size = data.find(b"\r\n", 0, _LINE) + 2
            if size < 2 and len(data) >= _LINE:
                raise NoFrameError
            return size if size >= 2 else 0
        if data[:12] != _SIGNATURE[: len(data)]:
            raise NoFrameError
        if len(data) < _HEADER:
            return 0
        size = _HEADER + int.from_bytes(data[14:16], "big")
        if size > _LONGEST:
            raise NoFrameError
        return size

    def words(self, side: Side, frame: bytes) -> Iterator[Said]:  # noqa: ARG002
        """Whom the proxy speaks for; None where it speaks for itself."""
        source = target = None
        if frame.startswith(_SIGNATURE):
            version, family = 2, frame[13] >> 4
            if frame[12] >> 4 != version:
                raise NoFrameError
            length = _LENGTHS.get(family, 0)
            if frame[12] & 15 == _PROXY and length and len(frame) >= _HEADER + 2 * length + 4:
                here, there = frame[16 : 16 + length], frame[16 + length : 16 + 2 * length]
                ports = struct.unpack_from(">HH", frame, 16 + 2 * length)
                source, target = Endpoint(address(here), ports[0]), Endpoint(address(there), ports[1])
        else:
            version, match = 1, _ONE.fullmatch(frame)
            if match is None and not _UNKNOWN.fullmatch(frame):
                raise NoFrameError
            if match:
                source = Endpoint(match[1].decode(), int(match[3]))
                target = Endpoint(match[2].decode(), int(match[4]))
        about: dict[str, Value] = {"source": source, "target": target, "version": str(version)}
        yield Said(StepId.PROXIED, about, nests=True)
