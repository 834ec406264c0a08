"""Hides the options of a TCP header."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TcpOptions:
    """The options worth a word; None for those that are not there. `window_scale` is a power of two."""

    mss_bytes: int | None = None
    window_scale: int | None = None
    sack: bool = False
    timestamps: bool = False
    fast_open: bool = False


def tcp_options(raw: bytes) -> TcpOptions:
    """Read what follows the fixed header; garbage ends the reading, it is no error."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(raw) and raw[at] != 0:
        if raw[at] == 1:
            at += 1
            continue
        size = raw[at + 1] if at + 1 < len(raw) else 0
        if size < 2 or at + size > len(raw):
            break
        found[raw[at]] = raw[at + 2 : at + size]
        at += size
    return TcpOptions(
        mss_bytes=int.from_bytes(found[2], "big") if 2 in found else None,
        window_scale=min(found[3][0], 14) if found.get(3) else None,
        sack=4 in found,
        timestamps=8 in found,
        fast_open=34 in found,
    )
