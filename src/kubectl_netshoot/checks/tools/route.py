"""tcptraceroute, traceroute -T and tracepath: the hops on the way, and the path MTU that tracepath found."""

import re
from dataclasses import dataclass

_HOP = re.compile(r"^\s*([0-9]+):?\s+(?:([0-9a-fA-F.:]+[0-9a-fA-F])\s+|(\*|no reply))(.*)$", re.MULTILINE)
_PMTU = re.compile(r"\bpmtu ([0-9]+)")
_STATE = re.compile(r"\[(open|closed)\]")


@dataclass(frozen=True)
class Route:
    """`hops` are addresses, `*` for one that kept silent. `mtu` is 0 where it was not found."""

    hops: tuple[str, ...]
    reached: bool
    mtu: int = 0

    def __str__(self) -> str:
        return " > ".join(self.hops)


def read(text: str, host: str) -> Route:
    """Of any of the three; `host` is the address that was aimed at."""
    hops: dict[int, str] = {}
    for number, address, _, _ in _HOP.findall(text):
        if address or int(number) not in hops:
            hops[int(number)] = address or "*"
    told = _PMTU.findall(text)
    reached = _STATE.search(text) is not None or "ms reached" in text or host in hops.values()
    return Route(tuple(hops[n] for n in sorted(hops)), reached, int(told[-1]) if told else 0)
