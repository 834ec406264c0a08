"""`kubectl_complete-netshoot`: the script that kubectl asks for candidates, made for one command tree."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from kubectl_netshoot import __version__
from kubectl_netshoot.completion import candidates
from kubectl_netshoot.completion.grammar import Option, Subcommand
from kubectl_netshoot.model import MANAGED_BY, MANAGED_BY_LABEL
from kubectl_netshoot.process import child
from kubectl_netshoot.rules.targets import KINDS, NODE

COMMAND = "kubectl netshoot completion script"


@dataclass(frozen=True)
class Registration:
    """`file` is what the shell reads, `keep` a line to type once, so that every new shell reads it."""

    file: str
    keep: str


# A file that the shell loads when it needs it, rather than a line that starts us with every new shell.
SHELLS = {
    "bash": Registration(
        "kubectl-netshoot.bash",
        f"{COMMAND} bash > ~/.local/share/bash-completion/completions/kubectl-netshoot",
    ),
    "zsh": Registration("kubectl-netshoot.zsh", f'{COMMAND} zsh > "${{fpath[1]}}/_kubectl-netshoot"'),
    "fish": Registration(
        "kubectl-netshoot.fish", f"{COMMAND} fish > ~/.config/fish/completions/kubectl-netshoot.fish"
    ),
    "powershell": Registration("kubectl-netshoot.ps1", f"{COMMAND} powershell >> $PROFILE"),
}


def registration(shell: str) -> str:
    """What a shell of SHELLS reads to know `kubectl-netshoot`."""
    return (files(__package__) / SHELLS[shell].file).read_text(encoding="utf-8")


def shell_of(login_shell: str) -> str:
    """The name in SHELLS of the program that $SHELL names; empty for one that is not there."""
    name = login_shell.rpartition("/")[2].replace("pwsh", "powershell")
    return name if name in SHELLS else ""


# The root's own place, as in the script: no subcommand can be named so.
ROOT = "TARGET"
Places = dict[str, Subcommand]


@dataclass(frozen=True)
class Case:
    """One branch of a `case`: what it matches, and what is done."""

    patterns: tuple[str, ...]
    action: str


def places(root: Subcommand) -> Places:
    """Every command by its place: the root's, `list`, `completion/install`."""
    return {ROOT: root, **dict(_below(root.commands, ""))}


def grammar_functions(root: Subcommand) -> str:
    """All of them: enter, know, subcommands, options, flag_values, arguments, resource."""
    found = places(root)
    functions = (
        _function("enter", _enter(found)),
        _function("know", ["flag=$1 takes=''", *_cases('"$1"', _know(found))]),
        _function("subcommands", _cases('"$place"', _subcommands(found))),
        _function("options", _options(found)),
        _function("flag_values", ["flag=$1", "shift", *_cases('"$place/$flag"', _flag_values(found))]),
        _function("arguments", _cases('"$place/$count"', _arguments(found))),
        _function("resource", ["kind=''", *_cases('"$1"', _resource())]),
    )
    return "\n".join(functions)


def sentence(text: str) -> str:
    """The first sentence of a help text, in printable characters, without its full stop."""
    told = " ".join(text.partition("  [")[0].split())
    first = re.split(r"(?<=[.!?])\s+(?=[A-Z])", told, maxsplit=1)[0]
    return "".join(filter(str.isprintable, first)).removesuffix(".")


def _below(commands: Sequence[Subcommand], above: str) -> Iterator[tuple[str, Subcommand]]:
    for command in commands:
        yield above + command.name, command
        yield from _below(command.commands, f"{above}{command.name}/")


def _enter(found: Places) -> list[str]:
    paths = tuple(f"/{path}" if "/" not in path else path for path in found if path != ROOT)
    aliases = {path: tuple(f"/{alias}" for alias in command.aliases) for path, command in found.items()}
    also = [Case(names, f"place={path}") for path, names in aliases.items() if names]
    return _cases('"$place/$1"', [Case(paths, "place=${place:+$place/}$1"), *also, Case(("*",), "return 1")])


def _know(found: Places) -> Iterator[Case]:
    """A flag's long name, and whether a value follows; where commands differ, one that takes a value goes first,
    since the words before a subcommand may be any command's.
    """
    meanings: dict[str, dict[tuple[str, bool], list[str]]] = {}
    for place, command in found.items():
        for option in command.options:
            for name in option.names:
                meaning = (option.names[0], bool(option.metavar))
                meanings.setdefault(name, {}).setdefault(meaning, []).append(place)
    alike: dict[str, list[str]] = {}
    for name, by_meaning in meanings.items():
        *others, first = sorted(by_meaning, key=lambda meaning: meaning[1])
        action = _meaning(*first)
        if others:
            cases = [Case(tuple(by_meaning[other]), _meaning(*other)) for other in others]
            action = " ".join(_cases('"$place"', [*cases, Case(("*",), action)]))
        alike.setdefault(action, []).append(name)
    return (Case(tuple(names), action) for action, names in alike.items())


def _meaning(name: str, takes: bool) -> str:
    return f"flag={name} takes=yes" if takes else f"flag={name}"


def _subcommands(found: Places) -> Iterator[Case]:
    for place, command in found.items():
        if command.commands:
            offers = [f"offer {c.name} {shlex.quote(sentence(c.help))}" for c in command.commands]
            yield Case(("''" if place == ROOT else place,), "; ".join(offers))


def _options(found: Places) -> list[str]:
    where: dict[tuple[str, str, bool], list[str]] = {}
    for place, command in found.items():
        for option in command.options:
            told = (option.names[0], sentence(option.help), option.repeated)
            where.setdefault(told, []).append(place)
    return [
        f"option {shlex.quote('|'.join(at))} {name} {shlex.quote(text)} {'again' if again else ''}".rstrip()
        for (name, text, again), at in where.items()
    ]


def _flag_values(found: Places) -> Iterator[Case]:
    by_flag: dict[str, dict[candidates.Source, list[str]]] = {}
    for place, option in _valued(found):
        source = candidates.of_flag(option) or candidates.NOTHING
        by_flag.setdefault(option.names[0], {}).setdefault(source, []).append(place)
    alike: dict[candidates.Source, list[str]] = {}
    for name, by_source in by_flag.items():
        for source, at in by_source.items():
            everywhere = len(by_source) == 1
            alike.setdefault(source, []).extend(
                [f"*/{name}"] if everywhere else [f"{place}/{name}" for place in at]
            )
    return (Case(tuple(names), call(source)) for source, names in alike.items() if source)


def _valued(found: Places) -> Iterator[tuple[str, Option]]:
    for place, command in found.items():
        yield from ((place, option) for option in command.options if option.metavar)


def _arguments(found: Places) -> Iterator[Case]:
    for place, command in found.items():
        for number, argument in enumerate(command.arguments):
            source = candidates.of_argument(place, argument.metavar)
            if source:
                repeated = argument.metavar.strip("[]{}").endswith("...")
                yield Case((f"{place}/*" if repeated else f"{place}/{number}",), call(source))


def _resource() -> Iterator[Case]:
    for word, kind in {**KINDS, NODE.names[0]: NODE}.items():
        suffixes = ["", f".{kind.group}", f".v1.{kind.group}"] if kind.group else [""]
        yield Case(tuple(name + suffix for name in kind.names for suffix in suffixes), f"kind={word}")


def call(source: candidates.Source) -> str:
    """The script's call for a source; what asks kubectl is given the flags that say where."""
    words = " ".join(shlex.quote(word) for word in source)
    return words if source[0] in ("fixed", "files", "folders") else f'{words} "$@"'


def _function(name: str, lines: Sequence[str]) -> str:
    return "\n".join([f"{name}() {{", *(f"\t{line}" for line in lines), "}", ""])


def _cases(subject: str, cases: Iterator[Case] | Sequence[Case]) -> list[str]:
    branches = [f"{' | '.join(case.patterns)}) {case.action} ;;" for case in cases]
    return [f"case {subject} in", *branches, "esac"]


# What says where, and is handed on to kubectl.
PASSED_ON = (
    "--namespace",
    "--context",
    "--kubeconfig",
    "--cluster",
    "--user",
    "--as",
    "--as-group",
    "--as-uid",
    "--server",
    "--certificate-authority",
    "--client-certificate",
    "--client-key",
    "--tls-server-name",
)


# Scripts are put together from these.
PIECES = ("words", "candidates", "tables", "timeout")


def kubectl_script(root: Subcommand) -> str:
    """The whole text of the script."""
    return made(
        "kubectl_complete",
        {
            "PASSED_ON": " | ".join(PASSED_ON),
            "SELECTOR": f"{MANAGED_BY_LABEL}={MANAGED_BY}",
            "KINDS": " ".join(KINDS),
            "GRAMMAR": grammar_functions(root),
        },
    )


def made(name: str, values: Mapping[str, str]) -> str:
    """The script of this name with pieces and values in their @PLACES@."""
    ours = {
        "VERSION": __version__,
        "CLIENT_GATE": child.CLIENT_GATE,
        "GATE": child.GATE,
        "GATE_VALUES": "|".join(child.GATE_VALUES),
        "ABOUT_CONNECTION": "|".join(sorted(child.ABOUT_CONNECTION)),
        "WITHOUT_KUBERC": " ".join(f"{name}={value}" for name, value in child.WITHOUT_KUBERC.items()),
    }
    text = _filled(_piece(name), {piece.upper(): _piece(piece) for piece in PIECES})
    return _filled(text, {**ours, **values})


def _filled(text: str, values: Mapping[str, str]) -> str:
    """In one go: what stands in a value is no place."""
    return re.sub("@([A-Z_]+)@", lambda place: values.get(place[1], place[0]), text)


def _piece(name: str) -> str:
    return (files(__package__) / f"{name}.sh").read_text(encoding="utf-8")
