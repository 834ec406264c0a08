"""Candidates for TAB, in the form that kubectl asks of `kubectl_complete-netshoot`: a line each, then `:4`.

Never raises, says nothing on stderr, and imports neither typer nor kubernetes: names come from one kubectl call.
"""

import contextlib
import re
from collections.abc import Callable, Sequence

from kubectl_netshoot import process
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kubectl import program
from kubectl_netshoot.profiles import PROFILES

NO_FILES, FILES = ":4", ":0"
# Candidates are typed into a shell for its user: what a cluster calls its objects must be a name and nothing else.
OBJECT = re.compile(r"[a-z0-9][-a-z0-9.]*")
SECONDS = 2.0
SUBCOMMANDS = ("capture", "list", "attach", "leave", "cleanup", "doctor", "explain", "rbac", "version")
SWITCHES = {
    "": [
        "--join-service",
        "--share-processes",
        "--same-node",
        "--keep",
        "--dry-run",
        "--insecure-skip-tls-verify",
        "--yes",
        "--quiet",
        "--verbose",
        "--help",
    ],
    "capture": [
        "--live",
        "--copy",
        "--join-service",
        "--all-pods",
        "--wireshark",
        "--print",
        "--explain",
        "--merge",
        "--same-node",
        "--dry-run",
        "--insecure-skip-tls-verify",
        "--yes",
        "--quiet",
        "--verbose",
        "--help",
    ],
    "list": ["--all-namespaces", "--insecure-skip-tls-verify", "--quiet", "--help"],
    "attach": ["--insecure-skip-tls-verify", "--quiet", "--verbose", "--help"],
    "leave": ["--insecure-skip-tls-verify", "--quiet", "--verbose", "--help"],
    "cleanup": [
        "--mine",
        "--all",
        "--expired",
        "--insecure-skip-tls-verify",
        "--yes",
        "--quiet",
        "--verbose",
        "--help",
    ],
    "doctor": ["--insecure-skip-tls-verify", "--help"],
    "explain": ["--ladder", "--show-secrets", "--help"],
    "rbac": ["--join", "--capture", "--help"],
    "version": ["--help"],
}
CONNECTING = [
    "--namespace",
    "--context",
    "--kubeconfig",
    "--cluster",
    "--user",
    "--as",
    "--as-group",
    "--as-uid",
    "--server",
    "--token",
    "--certificate-authority",
    "--client-certificate",
    "--client-key",
    "--tls-server-name",
    "--request-timeout",
]
VALUED = {
    "": "--service --name --image --image-pull-policy --profile --shell --ttl --settle --drain --timeout --allow "
    "--output",
    "capture": "--service --max-pods --write --rotate --files --duration --count --max-size --snaplen --interface "
    "--name --image --image-pull-policy --profile --ttl --settle --drain --timeout --allow",
    "list": "--output",
    "attach": "--shell",
    "leave": "--timeout --allow --output",
    "cleanup": "--timeout --allow --output",
    "doctor": "--image --output",
    "explain": "--output --lang --flow --names --max-flows",
    "rbac": "--namespace --output",
    "version": "--output",
}
OFFLINE = ("explain", "rbac", "version")
FORMS = {"explain": ("text", "json", "html"), "rbac": ("yaml", "json", "text")}
SHORT = {"-i": "--interface", "-n": "--namespace", "-o": "--output", "-s": "--server", "-w": "--write"}
SELECTED = "app.kubernetes.io/managed-by=kubectl-netshoot"
# Not --token: an argument list is read by every user of the machine.
PASSED_ON = ("--namespace", "--context", "--kubeconfig", "--cluster", "--user", "--server")


def run(words: Sequence[str]) -> int:
    """Print the candidates for these words, the last one being under the cursor; always 0."""
    last = NO_FILES
    with contextlib.suppress(Exception):
        for candidate in candidates(words or [""]):
            print(candidate)
        last = FILES if names_file(words or [""]) else NO_FILES
    with contextlib.suppress(OSError):
        print(last)
    return 0


def names_file(words: Sequence[str]) -> bool:
    """Whether a file's name may stand in the place of the last word: then the shell completes it."""
    *before, current = words
    if "--" in before:
        return False
    command, positionals, _ = _read(before)
    if command == "capture":
        return bool(before) and SHORT.get(before[-1], before[-1]) == "--write"
    if command != "explain" or (before and before[-1] == "--names"):
        return command == "explain"
    return not positionals and not current.startswith("-") and not _takes_value(before[-1], command)


def candidates(words: Sequence[str]) -> list[str]:
    """What may stand in the place of the last word."""
    *before, current = words
    if "--" in before:
        return []
    command, positionals, given = _read(before)
    flag, equals, typed = current.partition("=")
    if current.startswith("-") and equals:
        return [f"{flag}={value}" for value in _values(flag, typed, given, command)]
    if before and _takes_value(before[-1], command):
        return _values(SHORT.get(before[-1], before[-1]), current, given, command)
    if current.startswith("-"):
        flags = [*SWITCHES[command], *_valued(command)]
        return [flag for flag in flags if flag.startswith(current)]
    return [name for name in _names(command, positionals, given) if name.startswith(current)]


def _read(before: Sequence[str]) -> tuple[str, list[str], dict[str, str]]:
    """The subcommand, the other positional words, and the flags with a value that were given."""
    positionals: list[str] = []
    given: dict[str, str] = {}
    waiting = ""
    for word in before:
        if waiting:
            given[waiting], waiting = word, ""
        elif word.startswith("-"):
            name, equals, value = word.partition("=")
            name = SHORT.get(name, name)
            if equals:
                given[name] = value
            elif any(name in _valued(command) for command in VALUED):
                waiting = name
        else:
            positionals.append(word)
    command = positionals.pop(0) if positionals and positionals[0] in SUBCOMMANDS else ""
    return command, positionals, given


def _valued(command: str) -> list[str]:
    return [*VALUED[command].split(), *([] if command in OFFLINE else CONNECTING)]


def _takes_value(word: str, command: str) -> bool:
    return "=" not in word and SHORT.get(word, word) in _valued(command)


def _names(command: str, positionals: Sequence[str], given: dict[str, str]) -> list[str]:
    if command in ("attach", "leave", "cleanup"):
        chosen = [] if command == "attach" and positionals else _get("pods", given, f"--selector={SELECTED}")
        return [name for name in chosen if name not in positionals]
    if command in ("capture", "doctor") and not positionals:
        return _get("pods", given)
    if command or positionals:
        return []
    return [*SUBCOMMANDS, *_get("pods", given)]


def _values(flag: str, current: str, given: dict[str, str], command: str) -> list[str]:
    fixed: dict[str, tuple[str, ...]] = {
        "--profile": PROFILES,
        "--image-pull-policy": ("Always", "IfNotPresent", "Never"),
        "--output": FORMS.get(command, ("text", "json")),
        "--shell": ("zsh", "bash", "sh"),
        "--lang": ("en", "zh"),
        "--ttl": ("30m", "1h", "2h"),
        "--duration": ("1m", "10m", "1h"),
        "--interface": ("any", "eth0", "lo"),
    }
    asked: dict[str, Callable[[], list[str]]] = {
        "--namespace": lambda: _get("namespaces", {k: v for k, v in given.items() if k != "--namespace"}),
        "--service": lambda: _get("services", given),
        "--context": lambda: _kubectl(["config", "get-contexts", "--output=name"], given),
        "--cluster": lambda: _kubectl(["config", "get-clusters"], given)[1:],
        "--user": lambda: _kubectl(["config", "get-users"], given)[1:],
    }
    values = fixed.get(flag) or asked.get(flag, list)()
    return [value for value in values if value.startswith(current)]


def _get(kind: str, given: dict[str, str], *flags: str) -> list[str]:
    # A table's first column: cheaper than -o name, which makes the server send whole objects (startup.md).
    words = ["get", kind, "--no-headers", f"--request-timeout={SECONDS:.0f}s", *flags]
    lines = _kubectl(
        [*words, *[f"{k}={given[k]}" for k in PASSED_ON if k in given and k != "--kubeconfig"]], given
    )
    return [line.split()[0] for line in lines if line.split() and OBJECT.fullmatch(line.split()[0])]


def _kubectl(words: Sequence[str], given: dict[str, str]) -> list[str]:
    env = {"KUBECONFIG": given["--kubeconfig"]} if "--kubeconfig" in given else None
    try:
        done = process.run((program(), *words), env, timeout=SECONDS)
    except NetshootError:
        return []
    lines = done.stdout.splitlines() if done.status == 0 else []
    return [line for line in lines if line and line.isprintable() and not line.startswith("-")]
