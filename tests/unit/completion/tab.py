"""One TAB without a shell around it: the script run as kubectl runs it, and what it answered."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.prerequisites.pytest_plugin import program

# Everything that can be /bin/sh somewhere.
SHELLS = {
    "dash": ("dash",),
    "bash": ("bash", "--posix"),
    "busybox": ("busybox", "sh"),
    "zsh": ("zsh", "--emulate", "sh"),
    "mksh": ("mksh",),
}


def interpreter(shell: str) -> tuple[str, ...]:
    """How to run a script by this shell; the test is not run where it is not installed."""
    name, *flags = SHELLS[shell]
    return (program(name), *flags)


@dataclass(frozen=True)
class Answer:
    """What the script printed: candidates with their descriptions, in its order, and the directive."""

    status: int
    stdout: str
    stderr: str

    @property
    def described(self) -> dict[str, str]:
        *lines, _ = self.stdout.splitlines()
        return {name: description for name, _, description in (line.partition("\t") for line in lines)}

    @property
    def names(self) -> list[str]:
        return list(self.described)

    @property
    def directive(self) -> str:
        return self.stdout.splitlines()[-1]


@dataclass(frozen=True)
class Tab:
    """The script, and an environment that has what it needs and nothing else."""

    script: Path
    env: Mapping[str, str]

    def press(
        self, words: Sequence[str], by: Sequence[str] = (), env: Mapping[str, str] | None = None
    ) -> Answer:
        """Press TAB after these words, the last one being under the cursor."""
        done = subprocess.run(
            [*by, str(self.script), *words],
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return Answer(done.returncode, done.stdout.decode(errors="surrogateescape"), done.stderr.decode())

    def type(self, line: str, by: Sequence[str] = ()) -> Answer:
        """The same for a line without quotes, as it stands after `kubectl netshoot `."""
        return self.press(line.split(" "), by)
