"""x"""

from collections.abc import Iterator

from kubectl_netshoot.packets.frame import Damage, Format, Frame


class TextReader:
    format = Format.TEXT
    dated = False
    kernel_drops: int | None = None

    def __init__(self) -> None:
        self.damage: Damage | None = None
        self.unread_lines = 0

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        yield from ()

    def close(self) -> Iterator[Frame]:
        yield from ()
