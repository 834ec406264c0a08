"""Hides how the format of a capture is told by its first bytes."""

from kubectl_netshoot.packets.frame import NotACaptureError, Reader
from kubectl_netshoot.packets.pcap import MAGICS, PcapReader
from kubectl_netshoot.packets.pcapng import MAGIC, PcapngReader
from kubectl_netshoot.packets.tcpdump_text import TextReader
from kubectl_netshoot.packets.unpacking import unpacking

# Enough to tell every format; a shorter file is text, or nothing.
ENOUGH = 8


def reader_for(beginning: bytes) -> Reader:
    """A reader for what begins so, compressed or not, which has been given nothing yet; raises NotACaptureError."""
    return unpacking(beginning, plain_reader_for, ENOUGH) or plain_reader_for(beginning)


def plain_reader_for(beginning: bytes) -> Reader:
    """The same for what is not compressed."""
    magic = beginning[:4]
    if magic in MAGICS:
        return PcapReader()
    if magic == MAGIC:
        return PcapngReader()
    if not beginning:
        raise NotACaptureError(
            "the capture is empty", "Was tcpdump stopped before the first packet? Without -U it writes late"
        )
    if any(byte < 32 and byte not in b"\t\n\r\x1b\x0c" for byte in beginning):
        raise NotACaptureError("this is neither pcap nor pcapng nor text from tcpdump")
    return TextReader()
