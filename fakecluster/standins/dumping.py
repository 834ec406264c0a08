"""What the fake tcpdump captures and how it ends: the pod's wire, and a packet every TCPDUMP_INTERVAL seconds (0.1).

They are traffic with TCPDUMP_PORT (8080). After TCPDUMP_PACKETS of them no more come, after -c COUNT it ends; or the
pcap file TCPDUMP_REPLAY is written as it is and as fast as somebody reads, and then it ends. TCPDUMP_DROPPED is what
the kernel is said to have dropped. TCPDUMP_STARTUP seconds pass before it listens, as on a busy node: until then any
signal kills it. Later INT and TERM end it with its counts, USR1 has it tell them meanwhile. As from a real kernel's
ring, packets come in blocks, once a second, and with INT or TERM the last block is lost; not in immediate mode.
"""

from __future__ import annotations

import argparse
import mmap
import os
import signal
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from fakecluster.standins import wire
from fakecluster.standins.frames import ETHERNET, Segment, exchanges
from fakecluster.standins.ip import address_of

LINKS = {True: (276, "LINUX_SLL2 (Linux cooked v2)"), False: (1, "EN10MB (Ethernet)")}
CHUNK = 1024 * 1024
BLOCK_SECONDS = 1.0
TICK_SECONDS = 0.1

T = TypeVar("T")


class Stopped(Exception):
    """INT or TERM, which ends a capture in order."""


@dataclass
class Counted:
    """What USR1 and the last lines tell."""

    packets: int = 0
    received: int = 0

    def lines(self) -> list[str]:
        packets = "packet" if self.packets == 1 else "packets"
        dropped = os.environ.get("TCPDUMP_DROPPED", "0")
        return [
            f"{self.packets} {packets} captured",
            f"{self.received} {'packet' if self.received == 1 else 'packets'} received by filter",
            f"{dropped} packets dropped by kernel",
        ]


def capture(options: argparse.Namespace) -> int:
    """Until its end; the exit status."""
    counted = Counted()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    time.sleep(float(os.environ.get("TCPDUMP_STARTUP", "0")))
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGUSR1, lambda *_: _tell(f"tcpdump: {', '.join(counted.lines())}"))
    _banner(options)
    try:
        (_write_file if options.file else _print)(options, counted)
    except Stopped:
        pass
    except BrokenPipeError:
        return 1
    for line in counted.lines():
        _tell(line)
    return 0


def _stop(*_: object) -> None:
    raise Stopped


def _tell(line: str) -> None:
    # Not by print, which may be interrupted by the very signal that asks for this.
    os.write(2, f"{line}\n".encode())


def _banner(options: argparse.Namespace) -> None:
    if not options.file and not options.v:
        _tell("tcpdump: verbose output suppressed, use -v[v]... for full protocol decode")
    _, link = LINKS[options.interface == "any"]
    prefix = "tcpdump: " if options.file or options.v else ""
    _tell(
        f"{prefix}listening on {options.interface}, link-type {link}, snapshot length {options.snaplen} bytes"
    )


def _write_file(options: argparse.Namespace, counted: Counted) -> None:
    """With -U every packet is out at once."""
    with open(1, "wb", closefd=False) if options.file == "-" else open(options.file, "wb") as out:
        if replay := os.environ.get("TCPDUMP_REPLAY"):
            out.flush()
            counted.packets = counted.received = _replay(Path(replay), out.fileno())
            return
        cooked = options.interface == "any"
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, options.snaplen, LINKS[cooked][0]))
        out.flush()
        for at, frame in _in_blocks(_frames(options, counted, cooked), options, counted):
            seconds, fraction = divmod(at, 1)
            kept = frame[: options.snaplen]
            out.write(struct.pack("<IIII", int(seconds), int(fraction * 1e6), len(kept), len(frame)) + kept)
            if options.U:
                out.flush()


def _replay(path: Path, descriptor: int) -> int:
    """Write the file; the number of its packets."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        written = 0
        while written < len(content):
            written += os.write(descriptor, content[written : written + CHUNK])
        at, packets = 24, 0
        while at < len(content):
            at += 16 + struct.unpack_from("<I", content, at + 8)[0]
            packets += 1
        return packets


def _print(options: argparse.Namespace, counted: Counted) -> None:
    for at, segment in _in_blocks(_captured(options, counted), options, counted):
        clock = time.strftime("%H:%M:%S", time.localtime(at)) + f".{int(at % 1 * 1e6):06}"
        where = "eth0  In  " if options.interface == "any" else ""
        text = segment.verbose_text() if options.v else segment.text()
        print(f"{clock} {where}{text}", flush=bool(options.l) or sys.stdout.isatty())


def _in_blocks(
    arriving: Iterator[tuple[float, T] | None], options: argparse.Namespace, counted: Counted
) -> Iterator[tuple[float, T]]:
    """What tcpdump reads: each block when its first packet is a second old. None is the passing of time."""
    block: list[tuple[float, T]] = []
    for one in arriving:
        if one:
            block.append(one)
        if block and (options.immediate_mode or time.time() - block[0][0] >= BLOCK_SECONDS):
            counted.packets += len(block)
            yield from block
            block.clear()
    if block:
        time.sleep(max(0.0, block[0][0] + BLOCK_SECONDS - time.time()))
        counted.packets += len(block)
        yield from block


def _frames(
    options: argparse.Namespace, counted: Counted, cooked: bool
) -> Iterator[tuple[float, bytes] | None]:
    """Those of others, and between them what came over the pod's wire since the beginning."""
    own, address = address_of(options.interface), _address(options)
    _, read = wire.lines(address)
    for one in _captured(options, counted):
        found, read = wire.lines(address, read)
        for line in found if cooked or own else ():
            counted.received += 1
            frame = wire.frame_of(line)
            yield line["at"], frame if cooked else ETHERNET + frame[wire.COOKED :]
        yield one and (one[0], one[1].frame(cooked))


def _address(options: argparse.Namespace) -> str:
    """Whose packets these are."""
    return address_of(options.interface) or os.environ.get("POD_IP", "10.244.0.2")


def _captured(options: argparse.Namespace, counted: Counted) -> Iterator[tuple[float, Segment] | None]:
    limit = options.count or int(os.environ.get("TCPDUMP_PACKETS", "-1"))
    port = int(os.environ.get("TCPDUMP_PORT", "8080"))
    for segment in exchanges(_address(options), port):
        if counted.received == limit:
            break
        time.sleep(float(os.environ.get("TCPDUMP_INTERVAL", "0.1")))
        counted.received += 1
        yield time.time(), segment
    while limit != options.count:
        yield None
        time.sleep(TICK_SECONDS)
