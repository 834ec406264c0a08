"""How lists for people are written: columns and ages, as kubectl prints them, and how many there are."""

from collections.abc import Callable, Sequence
from datetime import timedelta


def columns(
    header: Sequence[str], rows: Sequence[Sequence[str]], paint: Callable[[str], str] = str
) -> list[str]:
    """The lines of a table: three blanks between the columns, no rules. `paint` adds what takes no room to a cell."""
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    return [
        "   ".join(
            paint(cell) + " " * (width - len(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    ]


def number(count: int, noun: str) -> str:
    """`1 SYN`, `3 SYNs`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def span(duration: timedelta) -> str:
    """An age or a time left: the two largest units."""
    seconds = max(0, int(duration.total_seconds()))
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    if hours:
        return f"{hours}h{minutes}m" if minutes else f"{hours}h"
    if minutes:
        return f"{minutes}m{rest}s" if rest else f"{minutes}m"
    return f"{rest}s"
