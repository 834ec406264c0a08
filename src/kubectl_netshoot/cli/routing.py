"""Which command a command line means: TARGET is the root command's argument, and flags may stand before it.

`kubectl netshoot -n shop nginx --join-service` must work as written, so the words are looked through for the first
that is neither a flag nor a flag's value. Is it a subcommand's name, it goes first (and behind it, in the same way, one
of that subcommand's own); else it is TARGET.
Everything behind the first `--` is COMMAND, untouched.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules.targets import is_kind

# Nobody can name a pod or a subcommand so: names in Kubernetes are lower case.
TARGET = "TARGET"


@dataclass(frozen=True)
class Flags:
    """The flags of all commands, by whether a value follows: `valued` and `plain`, each as written (-n, --name)."""

    valued: frozenset[str]
    plain: frozenset[str]


def split_command(words: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """What is ours, and the COMMAND behind the first `--`."""
    if "--" not in words:
        return list(words), ()
    at = list(words).index("--")
    return list(words[:at]), tuple(words[at + 1 :])


def route(words: Sequence[str], flags: Flags, commands: Mapping[str, Collection[str]]) -> list[str]:
    """The words with the command first. No positional word and a --help: as it is, for the root's own help.

    `commands` are the subcommands, each with the names of those below it.
    """
    plain = [word for spelled in words for word in _spelled_out(spelled, flags)]
    at = _first_positional(plain, flags)
    if at is None:
        return plain if not plain or {"-h", "--help", "--version"} & set(plain) else [TARGET, *plain]
    if plain[at] not in commands or plain[at] == TARGET:
        return [TARGET, *plain]
    first, rest = plain[at], [*plain[:at], *plain[at + 1 :]]
    below = _first_positional(rest, flags)
    if below is None or rest[below] not in commands[first]:
        return [first, *rest]
    return [first, rest[below], *rest[:below], *rest[below + 1 :]]


def check_one_target(words: Sequence[str], flags: Flags) -> None:
    """Raises UsageError for a word behind TARGET: kind and name apart, or a COMMAND that lacks its `--`."""
    at = _first_positional(words, flags)
    behind = words[at + 1 :] if at is not None else ()
    more = _first_positional(behind, flags)
    # Whether a value follows a flag that there is not, nobody knows: the parser will say so.
    unknown = any(word.startswith("-") and not _is_known(word, flags) for word in words)
    if at is None or more is None or unknown:
        return
    if is_kind(words[at]):
        raise UsageError(f"TARGET is one word: {words[at]}/{behind[more]}")
    raise UsageError(
        f"{behind[more]!r} is a word too many behind TARGET {words[at]!r}",
        "what is to run there stands behind `--`",
    )


def last_value(words: Sequence[str], flag: str, flags: Flags) -> str:
    """What this long flag was last given in routed words, as the parser will read them; empty where it was not."""
    found, follows = "", ""
    for word in words:
        if follows:
            found, follows = (word if follows == flag else found), ""
        elif word.startswith(f"{flag}="):
            found = word.partition("=")[2]
        elif word.startswith("-") and _value_follows(word, flags):
            follows = word
    return found


def _spelled_out(word: str, flags: Flags) -> list[str]:
    """kubectl takes -n=shop, and --flag=true and --flag=false for a switch; ours are just there or not."""
    name, equals, value = word.partition("=")
    if equals and len(name) == 2 and name in flags.valued:
        return [name, value]
    if not equals or name not in flags.plain or value not in ("true", "false"):
        return [word]
    return [name] if value == "true" else []


def _first_positional(words: Sequence[str], flags: Flags) -> int | None:
    skip = False
    for index, word in enumerate(words):
        if skip:
            skip = False
        elif not word.startswith("-") or word == "-":
            return index
        else:
            skip = _value_follows(word, flags)
    return None


def _is_known(word: str, flags: Flags) -> bool:
    name = word.partition("=")[0] if word.startswith("--") else word[:2]
    return name in flags.valued or name in flags.plain


def _value_follows(word: str, flags: Flags) -> bool:
    if word.startswith("--"):
        return word in flags.valued
    # A cluster of short flags (-qn shop): a value follows when the first that takes one is the last letter.
    for index, letter in enumerate(word[1:], start=1):
        if f"-{letter}" in flags.valued:
            return index == len(word) - 1
    return False
