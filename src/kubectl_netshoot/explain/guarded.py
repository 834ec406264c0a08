"""Text from packets of which parts must not be shown unasked."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Guarded:
    """Text from a packet of which the `secrets`, (start, end) in characters, are shown only when asked for."""

    text: str = field(repr=False)
    secrets: tuple[tuple[int, int], ...] = ()

    def masked(self, mark: str) -> str:
        """The text with `mark` in the place of each secret."""
        parts, position = [], 0
        for start, end in self.secrets:
            parts += [self.text[position:start], mark]
            position = end
        return "".join((*parts, self.text[position:]))


@dataclass(frozen=True)
class Header:
    """A header field of a message, its name as it was sent."""

    name: str
    value: Guarded
