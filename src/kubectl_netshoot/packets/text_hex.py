"""The bytes of a packet, where its text holds them (`-x`, `-X`, `-XX`)."""

import re

from kubectl_netshoot.packets.link import IPV4, IPV6

# At most 16 bytes in pairs; what stands behind two blanks shows them as characters.
_ROW = re.compile(
    r"\s*0x(?P<at>[0-9a-f]{4,5}):\s+(?P<bytes>(?:[0-9a-f]{2}){1,2}(?: (?:[0-9a-f]{2}){1,2}){0,7})(?:\s|$)"
)
# With the link level header (`-XX`): where the packet behind it may begin. Ethernet, tagged once, cooked, loopback.
_STARTS = (0, 14, 18, 16, 20, 4, 22)


def is_hex(line: str) -> bool:
    """Whether a line is of a dump."""
    return "0x" in line and bool(_ROW.match(line))


def dumped(below: list[str], kind: int) -> bytes | None:
    """The IP packet that the lines below its head show in full; None where they do not."""
    made = bytearray()
    for line in below:
        row = _ROW.match(line)
        if row is None:
            # Also the characters of a row that was broken.
            continue
        if int(row["at"], 16) != len(made):
            break
        made += bytes.fromhex(row["bytes"])
    return _packet(bytes(made), kind)


def _packet(data: bytes, kind: int) -> bytes | None:
    for start in _STARTS:
        packet = data[start:]
        if kind == IPV4 and len(packet) >= 20 and packet[0] >> 4 == 4 and packet[0] & 15 >= 5:
            if 20 <= int.from_bytes(packet[2:4], "big") <= len(packet):
                return packet[: int.from_bytes(packet[2:4], "big")]
        elif kind == IPV6 and len(packet) >= 40 and packet[0] >> 4 == 6:
            end = int.from_bytes(packet[4:6], "big") + 40
            if end <= len(packet):
                return packet[:end]
    return None
