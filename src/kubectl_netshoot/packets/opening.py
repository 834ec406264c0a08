"""Hides how the format of a capture is told by its first bytes."""

from kubectl_netshoot.packets.frame import NotACaptureError, Reader
from kubectl_netshoot.packets.pcap import MAGICS, PcapReader
from kubectl_netshoot.packets.pcapng import MAGIC, PcapngReader
from kubectl_netshoot.packets.tcpdump_text import TextReader

# Enough to tell every format; a shorter file is text, or nothing.
ENOUGH = 8
_COMPRESSED = {b"\x1f\x8b": "gzip -dc", b"\x28\xb5": "zstd -dc", b"BZ": "bzip2 -dc", b"\xfd7": "xz -dc"}


def reader_for(beginning: bytes) -> Reader:
    """A reader for what begins so, which has been given nothing yet; raises NotACaptureError."""
    magic = beginning[:4]
    if magic in MAGICS:
        return PcapReader()
    if magic == MAGIC:
        return PcapngReader()
    if not beginning:
        raise NotACaptureError(
            "the capture is empty", "Was tcpdump stopped before the first packet? Without -U it writes late"
        )
    if unpack := _COMPRESSED.get(beginning[:2]):
        raise NotACaptureError(
            "the capture is compressed", f"Unpack it first: {unpack} FILE | kubectl netshoot explain -"
        )
    if any(byte < 32 and byte not in b"\t\n\r\x1b\x0c" for byte in beginning):
        raise NotACaptureError("this is neither pcap nor pcapng nor text from tcpdump")
    return TextReader()
