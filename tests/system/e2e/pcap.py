"""What a capture file holds, read by the book (pcap-savefile(5)), and by tshark where there is one."""

import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.prerequisites.programs import PROGRAMS

HEADER, RECORD_HEAD = 24, 16


@dataclass(frozen=True)
class Packet:
    """`at` in seconds since 1970; `length` is what it had on the wire."""

    at: float
    data: bytes
    length: int


def packets(content: bytes) -> list[Packet]:
    """Every packet. AssertionError for a file that ends in the middle of one, or is none."""
    assert content[:4] == b"\xd4\xc3\xb2\xa1", content[:4]
    found, at = [], HEADER
    while at < len(content):
        assert at + RECORD_HEAD <= len(content), "cut in a record's head"
        seconds, micros, kept, length = struct.unpack_from("<IIII", content, at)
        at += RECORD_HEAD + kept
        assert at <= len(content), "cut in a packet"
        found.append(Packet(seconds + micros / 1e6, content[at - kept : at], length))
    return found


def link_type(content: bytes) -> int:
    return int(struct.unpack_from("<I", content, 20)[0])


def opens(path: Path) -> list[Packet]:
    """The packets of a file that is whole, in tshark's opinion too."""
    found = packets(path.read_bytes())
    tshark = PROGRAMS["tshark"].path()
    if tshark:
        argv = [tshark, "-r", str(path), "-T", "fields", "-e", "frame.number"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "cut short" not in done.stderr
        assert len(done.stdout.split()) == len(found)
    return found
