"""Why a text is no capture, and what to do instead, where its form tells."""

import re

from kubectl_netshoot.packets.read.frame import NotACaptureError

# How texts that hold a capture in another form begin.
_DETAILS = re.compile(
    r"^Frame \d+: \d+ bytes on wire|^\s*Internet Protocol Version \d, Src|\"_index\": ?\"packets-|<[pP][ds]ml\b"
    r"|\"layers\": ?\{\"frame\"",
    re.MULTILINE,
)
_BASE64 = re.compile(r"\s*(?:1MOyoQ|TTyyoQ|obLD1|obI8TQ|Cg0NCg)[\w+/]{8}")
_XXD = re.compile(r"\s*0{7,8}: (?:d4c3 b2a1|a1b2 c3d4|4d3c b2a1|0a0d 0d0a) ")


def refusal(first: list[str]) -> NotACaptureError:
    """The error for a text in whose lines no packet is found; `first` are the first of them."""
    text = "\n".join(first)
    if _DETAILS.search(text):
        return NotACaptureError(
            "not a list of packets: their details, as tshark -V and -T print them, are not read",
            "try: tshark -n -r CAPTURE | kubectl netshoot explain -",
        )
    for pattern, name, command in ((_BASE64, "base64", "base64 -d"), (_XXD, "xxd", "xxd -r")):
        if pattern.match(text):
            return NotACaptureError(
                f"not a capture yet: a capture that {name} has made text of",
                f"try: {command} FILE | kubectl netshoot explain -",
            )
    return NotACaptureError(
        "not a capture: neither pcap, pcapng nor text of tcpdump",
        "text must be what tcpdump prints, best with -nv, or a packet list of tshark or Wireshark",
    )
