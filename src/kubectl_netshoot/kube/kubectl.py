"""Named questions to kubectl, always pinned to one kubeconfig file, and so to one context and namespace."""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.model import CONTAINER, ENV_MARK
from kubectl_netshoot.process import child
from kubectl_netshoot.process.child import Result, for_kubectl
from kubectl_netshoot.rules.pods import SLEEPER, Copy, Ephemeral

DRY_RUN = ("--dry-run",)
PROGRAM = "KUBECTL_NETSHOOT_KUBECTL"
FIRST_SHELL = "for s in zsh bash sh; do command -v $s >/dev/null 2>&1 && exec $s; done; exit 127"


@dataclass(frozen=True)
class DebugHelp:
    """What `kubectl debug --help` lists: long flags, and the values of --profile."""

    flags: frozenset[str]
    profiles: frozenset[str]


DEBUG_HELP = ("debug", "--help")
VIEW = ("config", "view", "--raw", "--output=json")


def begin_kubeconfig() -> None:
    """Start what `read_kubeconfig` will ask for."""
    child.begin((program(), *VIEW), environment())


def begin_debug_help() -> None:
    """Start what `debug_help` will ask for."""
    child.begin((program(), *DEBUG_HELP), environment())


def read_kubeconfig(kubeconfig: str = "") -> dict[str, object]:
    """`kubectl config view` in JSON, credentials included: kubectl's own merging of KUBECONFIG, or this one file.

    Raises NetshootError with kubectl's own words.
    """
    done = _run((*VIEW, *_file(kubeconfig)))
    if done.status:
        # Of two entries with one name it prints all that they hold.
        words = re.sub(r"(duplicate name .* in list): .*", r"\1", _words(done))
        raise NetshootError(f"the kubeconfig cannot be used: {words}", "try: kubectl config get-contexts")
    try:
        view = json.loads(done.stdout)
    except ValueError:
        view = None
    if not isinstance(view, dict):
        raise NetshootError(
            f"{program()} config view printed no kubeconfig: is that kubectl?",
            f"try: {program()} version --client",
        )
    return view


def current_context(kubeconfig: str = "") -> str:
    """The name of the context that kubectl would use now, empty where it has none."""
    done = _run(("config", "current-context", *_file(kubeconfig)))
    return "" if done.status else done.stdout.strip()


def debug_help() -> DebugHelp:
    """What this kubectl's `debug` has: its help is asked, since version numbers do not tell."""
    done = _run(DEBUG_HELP)
    if done.status:
        raise NetshootError(
            f"kubectl debug --help failed: {_words(done)}",
            "kubectl 1.27 or newer is needed\ntry: kubectl version --client",
        )
    flags = re.findall(r"^\s+(?:-\w, )?(--[a-z-]+)", done.stdout, re.MULTILINE)
    described = re.search(r"--profile=.*\n(.*)", done.stdout)
    return DebugHelp(frozenset(flags), frozenset(re.findall(r'"(\w+)"', described[1]) if described else ()))


def client_version() -> str:
    """kubectl's own version, e.g. v1.31.2, or an empty text where it cannot be had."""
    try:
        done = _run(("version", "--client", "--output=json"))
        version = json.loads(done.stdout)["clientVersion"]["gitVersion"]
    except (NetshootError, ValueError, KeyError, TypeError):
        return ""
    return str(version)


def program() -> str:
    """The kubectl to run: PATH's, or the one that PROGRAM names."""
    return os.environ.get(PROGRAM) or "kubectl"


def environment(kubeconfig: str = "") -> dict[str, str | None]:
    """What is different for a kubectl from our own environment; every one of them gets it."""
    return for_kubectl(os.environ, kubeconfig)


def _file(kubeconfig: str) -> tuple[str, ...]:
    # In KUBECONFIG a colon would part it.
    return (f"--kubeconfig={kubeconfig}",) if kubeconfig else ()


def _run(words: Sequence[str]) -> Result:
    try:
        return child.run((program(), *words), environment())
    except NetshootError as error:
        if os.environ.get(PROGRAM):
            error.hint = f"{error.hint}\ntry: unset {PROGRAM}".lstrip()
        raise


class Kubectl:
    """kubectl on one private kubeconfig file. `verbosity` is handed on as -v where it is asked for loudly."""

    def __init__(self, kubeconfig: Path, namespace: str, request_timeout: str = "") -> None:
        self.env = environment(str(kubeconfig))
        self._base = (program(), f"--kubeconfig={kubeconfig}", f"--namespace={namespace}")
        self._timeout = (f"--request-timeout={request_timeout}",) if request_timeout else ()

    def copy_argv(self, copy: Copy) -> tuple[str, ...]:
        """The command that makes the copy; shown by --dry-run, run by `make_copy`."""
        flags = [
            f"--copy-to={copy.name}",
            f"--image={copy.image}",
            f"--container={copy.container}",
            f"--profile={copy.profile}",
            f"--share-processes={'true' if copy.share_processes else 'false'}",
            f"--same-node={'true' if copy.same_node else 'false'}",
            f"--env={ENV_MARK}={copy.birth}",
            "--attach=false",
            "--quiet",
        ]
        if copy.pull_policy:
            flags.append(f"--image-pull-policy={copy.pull_policy}")
        if copy.keep_readiness:
            flags.append("--keep-readiness")
        if copy.keep_startup:
            flags.append("--keep-startup")
        if copy.custom:
            flags.append(f"--custom={copy.custom}")
        return (*self._base, *self._timeout, "debug", f"pod/{copy.source}", *flags, "--", *SLEEPER)

    def make_copy(self, copy: Copy) -> None:
        """Create the copy; returns once the API server has it. Raises NetshootError with the server's reason."""
        done = child.run(self.copy_argv(copy), self.env, timeout=60.0)
        if done.status:
            raise NetshootError(f"the copy was not made: {_words(done)}", again=DRY_RUN)

    def ephemeral_argv(self, wanted: Ephemeral) -> tuple[str, ...]:
        """The command that adds a container to a running pod; shown by --dry-run, run by `add_ephemeral`."""
        flags = [
            f"--image={wanted.image}",
            f"--container={wanted.name}",
            f"--profile={wanted.profile}",
            "--attach=false",
            "--quiet",
        ]
        if wanted.pull_policy:
            flags.append(f"--image-pull-policy={wanted.pull_policy}")
        if wanted.custom:
            flags.append(f"--custom={wanted.custom}")
        if wanted.target:
            flags.append(f"--target={wanted.target}")
        return (*self._base, *self._timeout, "debug", f"pod/{wanted.pod}", *flags, "--", *wanted.command)

    def add_ephemeral(self, wanted: Ephemeral) -> None:
        """Add the container; returns once the API server has it. Raises NetshootError with the server's reason."""
        done = child.run(self.ephemeral_argv(wanted), self.env, timeout=60.0)
        if done.status:
            raise NetshootError(
                f"the container was not added to pod {wanted.pod}: {_words(done)}", again=DRY_RUN
            )

    def exec_argv(
        self, pod: str, command: Sequence[str], tty: bool, stdin: bool, container: str = CONTAINER
    ) -> tuple[str, ...]:
        flags = [*(["--stdin"] if stdin else []), *(["--tty"] if tty else []), f"--container={container}"]
        return (*self._base, "exec", f"pod/{pod}", *flags, "--", *command)

    def ask(
        self, pod: str, command: Sequence[str], timeout: float = 15.0, container: str = CONTAINER
    ) -> Result:
        """Run a short command in the debug container and return what it said; `timeout` in seconds."""
        argv = self.exec_argv(pod, command, tty=False, stdin=False, container=container)
        return child.run(argv, self.env, timeout)


KLOG = re.compile(r"[IWEF]\d{4} \d\d:\d\d:\d\d")
ENDED = ("command terminated with exit code 1",)
# What no second try mends: the server or the runtime refused to start the command.
NEVER_STARTED = (
    "Error from server (",
    "executing command in container",
    "failed to exec in container",
    "OCI runtime",
    "container not found",
    "Forbidden",
)


def shell_command(shell: str) -> tuple[str, ...]:
    """What to exec for a shell: the one asked for, else the best that the image has."""
    return (shell,) if shell else ("sh", "-c", FIRST_SHELL)


def remote_command_ended(status: int, stderr_tail: str) -> bool:
    """Whether the remote command itself ended with this status, rather than the connection or kubectl.

    kubectl exec exits 1 for every failure of its own, and says so when the status is the command's
    ("command terminated with exit code N", k8s.io/client-go/util/exec); a signal (negative) ended kubectl.
    """
    if status == 0 or status > 1:
        return True
    return status == 1 and any(words in stderr_tail for words in (*ENDED, *NEVER_STARTED))


def _words(done: Result) -> str:
    said = [line for line in done.stderr.strip().splitlines() if line]
    # Its log says the same as its last line, many times over.
    lines = (
        [line for line in said if not KLOG.match(line)]
        or said
        or [f"kubectl ended with status {done.status}"]
    )
    return re.sub(r"^(error: |Error from server( \(\w+\))?: )", "", " ".join(lines))
