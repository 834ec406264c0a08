"""What a report says of the file itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kubectl_netshoot.packets.frame import Damage, Format


@dataclass(frozen=True)
class Capture:
    """Facts of the file. Times are seconds since 1970, UTC; None in a capture without packets.

    `dated` is False for text without dates: times are then of the day, as printed. `link_types` are names as tcpdump
    gives them (EN10MB, LINUX_SLL2 ...). `cut_short` packets are longer than what was kept of them (snap length),
    `not_understood` have a link type or a network protocol that is not told. `kernel_drops` is what the capturing
    host says it lost, None where it does not say. `unread_lines` is of text. `names` are those
    that the file itself gives to addresses.
    """

    format: Format
    link_types: tuple[str, ...]
    packets: int
    bytes: int
    first: float | None
    last: float | None
    dated: bool = True
    damage: Damage | None = None
    cut_short: int = 0
    not_understood: int = 0
    kernel_drops: int | None = None
    unread_lines: int = 0
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """From the first packet to the last."""
        return self.last - self.first if self.first is not None and self.last is not None else 0.0
