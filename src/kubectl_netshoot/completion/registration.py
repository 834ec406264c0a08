"""TAB behind the plain command, `kubectl-netshoot <TAB>`: what each shell must be told, and where it looks for it."""

from dataclasses import dataclass
from importlib.resources import files

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
