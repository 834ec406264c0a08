"""Help pages: what people use fits a screen, all the rest is told by --help-all."""

from collections.abc import Iterable, Iterator, Sequence

from kubectl_netshoot.completion.grammar import Option, Subcommand

# Headings of the root's help, in this order; a command below another heading is told by --help-all only.
GROUPS = ("Diagnose", "Copies", "Setup")
# The heading of flags that few people need, by --help-all only.
RARE = "More options"
# Columns of text: beyond the widest, lines are hard to read; two stay free on the right.
NARROWEST, WIDEST = 50, 98
# From here on what a line is about has room beside it.
ROOMY = 76
FLAGS_COLUMN = 26

# By the words that call a command: lines after the program's name, and what each is for.
EXAMPLES: dict[str, Sequence[tuple[str, str]]] = {
    "": (
        ("nginx -n shop", "a shell in a copy of a pod"),
        ("deploy/web --join-service", "the same, behind its Service"),
        ("why deploy/web db", "why it cannot reach a server"),
        ("capture nginx --explain", "what its packets say, in words"),
        ("cleanup", "delete the copies that you left"),
    ),
    "why": (
        ("why deploy/web db", "from a pod of web to Service db"),
        ("why web-1 https://api.shop/health", "to a page, as the application asks for it"),
        ("why db:5432", "from a throwaway pod"),
        ("why web-1 db --client-only -o json", "no container in the server's pods"),
    ),
    "capture": (
        ("capture nginx", "print packets until Ctrl-C"),
        ("capture nginx -c 100 -w nginx.pcap", "100 packets into a file"),
        ("capture svc/web --explain -- port 8080", "what happened, in words"),
        ("capture web --join-service --wireshark", "a copy's own traffic, in Wireshark"),
    ),
    "check": (
        ("check svc/web", "from a copy of one of its pods"),
        ("check nginx --live", "from the running pod itself"),
        ("check deploy/web --to db.shop:5432", "the way to another host, too"),
    ),
    "debug": (
        ("debug nginx", "a shell in the running pod"),
        ("debug nginx --target app -- ps aux", "the processes of container app"),
        ("debug node/worker-1", "a shell on a node; its files are at /host"),
    ),
    "explain": (
        ("explain look.pcap", "in words, by the terminal's language"),
        ("explain look.pcap --flow 3 --ladder", "one conversation, drawn"),
        ("explain look.pcap -o html > look.html", "a page to send to somebody"),
        ("explain -", "paste what tcpdump printed"),
    ),
    "run": (
        ("run", "a shell in a pod of its own"),
        ("run -- dig web.shop", "one command, then the pod is deleted"),
        ("run --labels app=web", "with labels that a NetworkPolicy selects"),
        ("run --node worker-1 --host-network", "in the network of a node"),
    ),
    "list": (
        ("list", "the copies of this namespace"),
        ("list -A -o wide", "of all namespaces, with node and image"),
        ("list -o name", "their names, for scripts"),
    ),
    "diff": (
        ("diff web-netshoot-x2x4x", "what differs from its source"),
        ("diff web-netshoot-x2x4x -o json", "the same for scripts"),
    ),
    "attach": (
        ("attach web-netshoot-x2x4x", "a shell in that copy"),
        ("attach web-netshoot-x2x4x -- ss -tn", "one command in it"),
    ),
    "leave": (
        ("leave web-netshoot-x2x4x", "out of its Services; it stays"),
        ("leave web-netshoot-x2x4x --timeout 5m", "clients have more time to end"),
    ),
    "cleanup": (
        ("cleanup", "all copies that you made here"),
        ("cleanup web-netshoot-x2x4x", "this one"),
        ("cleanup --expired", "expired ones, whoever made them"),
    ),
    "doctor": (
        ("doctor", "kubectl, cluster, rights, leftovers"),
        ("doctor deploy/web", "and all that a session of it needs"),
    ),
    "rbac": (
        ("rbac --join | kubectl apply -f -", "grant sessions that join Services"),
        ("rbac --capture -o text", "what a capture needs, and why"),
    ),
    "config": (
        ("config view", "the values in effect, and where each is from"),
        ("config set image r.example/netshoot:v1", "another default"),
        ("config set ttl 15m --context prod", "for one context"),
    ),
    "config set": (
        ("config set ttl 30m", "in the settings file"),
        ("config set ttl 15m --context prod", "for one context"),
        ("config set pull-secrets regcred,other", "a list"),
    ),
    "config unset": (
        ("config unset ttl", "back to the program's own default"),
        ("config unset ttl --context prod", "for one context"),
    ),
    "config view": (
        ("config view", "for the context in use"),
        ("config view --context prod -o json", "for another one, as JSON"),
    ),
    "completion": (
        ("completion install", "TAB after `kubectl netshoot`"),
        ("completion script zsh", "TAB after the plain `kubectl-netshoot`"),
    ),
    "completion install": (
        ("completion install", "beside the plugin, or first on PATH"),
        ("completion install --dir ~/.local/bin", "there"),
    ),
    "completion uninstall": (
        ("completion uninstall", "wherever on PATH it is ours"),
        ("completion uninstall --dir ~/.local/bin", "there"),
    ),
    "completion script": (
        ("completion script", "what `completion install` would install"),
        ("completion script zsh", "for the plain `kubectl-netshoot`"),
    ),
    "wireshark": (
        ("wireshark install", "pods among Wireshark's interfaces"),
        ("wireshark status", "what it lists now, and from where"),
    ),
    "wireshark install": (
        ("wireshark install", "where tshark says, or in your home"),
        ("wireshark install --dir ~/extcap", "there"),
    ),
    "wireshark uninstall": (
        ("wireshark uninstall", "wherever Wireshark looks"),
        ("wireshark uninstall --dir ~/extcap", "there"),
    ),
    "wireshark status": (
        ("wireshark status", "what it lists now, and from where"),
        ("wireshark status --dir ~/extcap", "there"),
    ),
    "version": (
        ("version", "for people"),
        ("version -o json", "for scripts"),
    ),
    "help": (
        ("help", "the commands there are"),
        ("help capture", "one of them"),
    ),
}

EXAMPLES["ls"] = EXAMPLES["list"]

# docs/reference.md is written from this, too.
EXIT_STATUS = (
    ("0", "Done."),
    ("1", "An expected failure. Nothing is left, unless the last lines name it."),
    ("2", "Wrong usage, found before anything was changed."),
    ("3", "A bug in kubectl-netshoot. The message names a file with the trace."),
    ("4", "Refused, or something was left on purpose: the message says what."),
    ("124", "The session left its Services by itself before its --ttl was over."),
    ("130", "Ctrl-C."),
    ("other", "That of the shell or COMMAND, which ran."),
)


def columns() -> int:
    """How wide a page may be here."""
    import shutil

    return min(max(shutil.get_terminal_size().columns - 2, NARROWEST), WIDEST)


def page(command: Subcommand, program: str, words: str, width: int, everything: bool = False) -> str:
    """The help of a command, without a last line end. `program` and `words` call it; nothing but a word is wider than
    `width`.
    """
    summary, *more = command.help.split("\n\n")
    called = f"{program} {words}".rstrip()
    parts = [
        "\n".join(_usage(called, command, width)),
        "\n".join(_paragraph(summary, width)),
        _section(
            "Examples", [(f"{program} {line}", text) for line, text in EXAMPLES.get(words, ())], width, 44
        ),
        *("\n".join(_paragraph(text, width)) for text in more if words or everything),
        _section("Arguments", [(a.metavar, a.help) for a in command.arguments if words or everything], width),
        _commands(command, width, everything),
        *_options(command, width, everything),
        _section("Exit status", EXIT_STATUS, width) if everything else "",
    ]
    return "\n\n".join(filter(None, parts))


def _commands(command: Subcommand, width: int, everything: bool) -> str:
    """All in one piece, so that the root's fits a screen; a group's own have no headings of theirs."""
    found = {name: [c for c in command.commands if c.group == name] for name in GROUPS}
    rest = [c for c in command.commands if c.group not in GROUPS]
    if not any(found.values()):
        found = {"Commands": rest}
    elif everything:
        found["More commands"] = rest
    column = max((len(c.name) for c in command.commands), default=0)
    sections = (
        _section(name, [(c.name, c.help.split("\n\n")[0]) for c in listed], width, column, at_least=column)
        for name, listed in found.items()
    )
    return "\n".join(filter(None, sections))


def _options(command: Subcommand, width: int, everything: bool) -> Iterator[str]:
    panels: dict[str, list[Option]] = {}
    for option in command.options:
        panels.setdefault(option.panel, []).append(option)
    for panel, found in panels.items():
        if everything or not panel:
            # Who reads it knows this one.
            rows = [(flags(o), o.help) for o in found if everything or "--help" not in o.names]
            yield _section(panel or "Options", rows, width, FLAGS_COLUMN)


def flags(option: Option) -> str:
    """The names of a flag, the short one first, and its value."""
    return f"{', '.join(reversed(option.names))} {option.metavar}".rstrip()


def _usage(called: str, command: Subcommand, width: int) -> Iterator[str]:
    # What stands in one pair of brackets stays on one line.
    usage = command.usage.replace("[-- ", "[--\0").replace(" [ARG]", "\0[ARG]")
    begin = f"Usage: {called} "
    for line in _wrapped(begin + usage, width, " " * 8):
        yield line.replace("\0", " ")


def _paragraph(text: str, width: int) -> Iterator[str]:
    yield from (f"  {line}" for line in _wrapped(text, width - 2))


def _section(
    title: str, rows: Iterable[tuple[str, str]], width: int, column: int = 30, at_least: int = 0
) -> str:
    """A heading and two columns; where the first has no room beside it, the second is on lines of its own."""
    rows = list(rows)
    if not rows:
        return ""
    first = max((len(name) for name, _ in rows if len(name) <= column), default=0)
    first = max(first, at_least)
    narrow = width < ROOMY and first > width // 2
    lines = [f"{title}:"]
    for name, text in rows:
        told = list(_wrapped(text, width - (6 if narrow else first + 4)))
        if told and len(name) <= first and not narrow:
            lines.append(f"  {name:<{first}}  {told.pop(0)}")
        else:
            lines.append(f"  {name}")
        lines += [" " * (6 if narrow else first + 4) + line for line in told]
    return "\n".join(lines)


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    import textwrap

    return textwrap.wrap(
        " ".join(text.split()),
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
