"""A person in an interactive shell that knows kubectl's completion: types, presses TAB, looks, and takes it back."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.system.e2e.screen import Screen
from tests.waiting import until
from tools.prerequisites.pytest_plugin import program

PROMPT = "typing> "
AGAIN_SECONDS = 10.0
START = {
    "bash": (["--norc", "--noprofile"], f"PS1='{PROMPT}'; bind 'set bell-style none'; . bash_completion"),
    "zsh": (["-f"], f"PS1='{PROMPT}'; unsetopt beep; autoload -U compinit; compinit -D -u"),
    # Our screen does not speak the protocols that fish 4 asks for.
    "fish": (
        ["--no-config", "--private", "--features=no-keyboard-protocols"],
        f"function fish_prompt; echo -n '{PROMPT}'; end",
    ),
}


class Shell:
    """`folder` gets what the shell reads at its start; `scripts` are sourced after kubectl's completion."""

    def __init__(
        self, name: str, kubectl: Path, env: Mapping[str, str], folder: Path, *scripts: Path
    ) -> None:
        shell = program(name)
        flags, start = START[name]
        if name == "bash":
            # What `kubectl completion bash` builds on.
            (folder / "bash_completion").symlink_to(program("bash-completion"))
            start = start.replace(". bash", f". {folder}/bash")
        known = folder / f"kubectl.{name}"
        known.write_bytes(
            subprocess.run([kubectl, "completion", name], capture_output=True, check=True).stdout
        )
        (folder / "start").write_text(
            "\n".join([start, *(f". {path}" for path in (known, *scripts)), "echo ready"])
        )
        self._name, self._start = name, folder / "start"
        self._screen = Screen([shell, *flags], {**env, "HOME": str(folder)}, folder)

    def begin(self) -> None:
        """Have it read what it needs."""
        # A shell that has just started may throw away what was typed before it asks.
        until(self._asks, f"a prompt of {self._name}")
        self._screen.type(f". {self._start}\r")
        self._screen.shows(f"ready\n{PROMPT.strip()}")
        self.take_back()

    def presses_tab(self, line: str, shows: str, times: int = 1) -> None:
        """Type the line, press TAB so often, and wait until the screen shows this; then take all of it back.

        And again where it does not: TAB gives up a kubectl that takes long, as it may on a busy machine.
        """
        seen = ""

        def shown() -> bool:
            nonlocal seen
            self._screen.type(line)
            for _ in range(times):
                self._screen.type("\t")
            found = self._screen.has_shown(shows, AGAIN_SECONDS)
            seen = self._screen.text
            self.take_back()
            return found

        until(shown, f"{shows!r} for {line!r}", lambda: seen)

    def take_back(self) -> None:
        """An empty line on an empty screen."""
        until(self._is_empty, "an empty screen", lambda: self._screen.text)

    def _is_empty(self) -> bool:
        # Ctrl-U and Ctrl-L, as often as it takes: a list of candidates swallows the first ones.
        self._screen.type("\x15\x0c")
        return self._screen.text.strip() == PROMPT.strip()

    def _asks(self) -> bool:
        return bool(self._screen.text.strip())

    def close(self) -> None:
        self._screen.close()
