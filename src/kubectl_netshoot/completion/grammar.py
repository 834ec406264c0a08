"""What may be typed, as plain values: commands, their arguments and their flags. Hides which library reads them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """One flag. `names` has the long one first; `metavar` is empty for a switch, which takes no value; `panel` is the
    heading below which help shows it, empty for those that everybody uses.
    """

    names: tuple[str, ...]
    help: str
    metavar: str = ""
    repeated: bool = False
    panel: str = ""

    @property
    def choices(self) -> tuple[str, ...]:
        """The values there are, where the metavar lists them."""
        return choices(self.metavar)


@dataclass(frozen=True)
class Argument:
    """One word that is no flag."""

    metavar: str
    help: str


@dataclass(frozen=True)
class Subcommand:
    """One subcommand, or, with an empty name, the root with TARGET as its argument. `runs` says that words after
    `--` are its own; `usage` is what stands after the name; `group` is its heading in the root's help.
    """

    name: str
    help: str
    usage: str
    arguments: tuple[Argument, ...]
    options: tuple[Option, ...]
    runs: bool = False
    commands: tuple["Subcommand", ...] = ()
    group: str = ""
    aliases: tuple[str, ...] = ()


def choices(metavar: str) -> tuple[str, ...]:
    """The values that a metavar lists (`text|json`); none where it only names what is wanted."""
    return tuple(metavar.split("|")) if "|" in metavar else ()
