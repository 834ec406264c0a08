"""How the format of a capture is told by its first bytes, and how a compressed one is read while it is unpacked."""

import codecs
import zlib
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Protocol, TypeAlias

from kubectl_netshoot.packets.read.frame import (
    Damage,
    DamageKind,
    Format,
    Frame,
    NotACaptureError,
    Reader,
    Remarks,
    UnreadLines,
)
from kubectl_netshoot.packets.read.pcap import MAGIC, MAGICS, PcapngReader, PcapReader
from kubectl_netshoot.packets.read.text.reader import TextReader

PIECE = 1 << 18
# What is given to an unpacker at once is lost when it finds a fault in it.
SLICE = 1 << 12
ReaderFor: TypeAlias = Callable[[bytes], Reader]


class Unpacker(Protocol):
    """One member of a compressed file, as bz2, lzma and compression.zstd have it."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Gzip:
    """The same by zlib."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most so many bytes."""
        piece = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = not self._inner.unconsumed_tail and len(piece) < max_length
        return piece


# The first bytes -> what unpacks the rest, and the command that does.
_KINDS: dict[bytes, tuple[str, str, str]] = {
    b"\x1f\x8b": ("", "", "gzip -dc"),
    b"\x28\xb5": ("compression.zstd", "ZstdDecompressor", "zstd -dc"),
    b"BZ": ("bz2", "BZ2Decompressor", "bzip2 -dc"),
    b"\xfd7": ("lzma", "LZMADecompressor", "xz -dc"),
}


def unpacking(beginning: bytes, reader_for: ReaderFor, enough: int) -> "Unpacked | None":
    """A reader for what is compressed, and begins so; None for what is not.

    `reader_for` opens what is inside by its first `enough` bytes. Raises NotACaptureError where this Python cannot.
    """
    kind = _KINDS.get(beginning[:2])
    if kind is None:
        return None
    module, name, command = kind
    if not module:
        return Unpacked(Gzip, reader_for, enough)
    try:
        make = getattr(import_module(module), name)
    except ImportError:
        raise NotACaptureError(
            "the capture is compressed, and this Python cannot unpack it",
            f"try: {command} FILE | kubectl netshoot explain -",
        ) from None
    return Unpacked(make, reader_for, enough)


class Unpacked:
    """See frame.Reader. Offsets of damage are in what was unpacked."""

    def __init__(self, make: Callable[[], Unpacker], reader_for: ReaderFor, enough: int) -> None:
        self._make, self._reader_for, self._enough = make, reader_for, enough
        self._unpacker = make()
        self._beginning = b""
        self._inner: Reader | None = None
        self._own: Damage | None = None
        self._given = self._packets = 0

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """The packets that are complete now."""
        slices = (chunk[at : at + SLICE] for at in range(0, len(chunk), SLICE))
        for piece in (piece for data in slices for piece in self._pieces(data)):
            self._given += len(piece)
            if self._inner is None:
                self._beginning += piece
                if len(self._beginning) < self._enough:
                    continue
                self._inner = self._reader_for(self._beginning)
                yield from self._counted(self._inner.feed(self._beginning))
            else:
                yield from self._counted(self._inner.feed(piece))

    def close(self) -> Iterator[Frame]:
        """The end of the file; where it ends inside of a member, it is cut."""
        if self._inner is None and self._own:
            raise NotACaptureError("the capture is compressed, and damaged at its beginning")
        if self._inner is None:
            self._inner = self._reader_for(self._beginning)
            yield from self._counted(self._inner.feed(self._beginning))
        yield from self._counted(self._inner.close())
        if not self._unpacker.eof and self._own is None:
            self._own = Damage(DamageKind.CUT, self._given, self._packets)

    def _counted(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            self._packets += 1
            yield frame

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        while not self._own:
            if self._unpacker.eof:
                # Members may follow each other; zeros may fill the rest.
                data = (self._unpacker.unused_data + data).lstrip(b"\0")
                if not data:
                    return
                self._unpacker = self._make()
            elif not data and self._unpacker.needs_input:
                return
            try:
                piece = self._unpacker.decompress(data, PIECE)
            except Exception:  # noqa: BLE001 zlib.error, OSError, LZMAError, ZstdError: each module has its own
                self._own = Damage(DamageKind.GARBLED, self._given, self._packets)
                return
            data = b""
            yield piece

    @property
    def _reader(self) -> Reader:
        if self._inner is None:
            raise NotACaptureError("the capture is compressed and holds nothing")
        return self._inner

    @property
    def format(self) -> Format:
        return self._reader.format

    @property
    def damage(self) -> Damage | None:
        """The compressed file's own, for what is inside ends with it."""
        return self._own or self._reader.damage

    @property
    def unread(self) -> UnreadLines:
        return self._inner.unread if self._inner else UnreadLines()

    @property
    def remarks(self) -> Remarks:
        return self._reader.remarks

    @property
    def kernel_drops(self) -> int | None:
        return self._reader.kernel_drops

    @property
    def dated(self) -> bool:
        return self._reader.dated

    @property
    def names(self) -> Mapping[bytes, str]:
        return self._reader.names


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
            "the capture is empty", "was tcpdump stopped before the first packet? Without -U it writes late"
        )
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        # What PowerShell writes behind `>`.
        return TextReader("utf-16")
    if beginning[1::2].strip(b"\0") == b"" and b"\0" not in beginning[::2]:
        # The same without its mark.
        return TextReader("utf-16-le")
    if any(byte < 32 and byte not in b"\t\n\r\x1b\x0c" for byte in beginning):
        raise NotACaptureError("not a capture: neither pcap, pcapng nor text of tcpdump")
    return TextReader()
