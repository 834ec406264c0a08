"""`kubectl_complete-netshoot`: the script that kubectl asks for candidates, made for one command tree."""

from importlib.resources import files

from kubectl_netshoot import __version__, childenv
from kubectl_netshoot.completion.grammar_functions import grammar_functions
from kubectl_netshoot.grammar import Command
from kubectl_netshoot.model import MANAGED_BY, MANAGED_BY_LABEL
from kubectl_netshoot.targets import KINDS

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


# The script is kubectl_complete.sh with these in their places.
PIECES = ("words", "candidates", "tables", "leash")


def kubectl_script(root: Command) -> str:
    """The whole text of the script."""
    text = _piece("kubectl_complete")
    parts = {
        **{f"@{name.upper()}@": _piece(name) for name in PIECES},
        "@VERSION@": __version__,
        "@PASSED_ON@": " | ".join(PASSED_ON),
        "@SELECTOR@": f"{MANAGED_BY_LABEL}={MANAGED_BY}",
        "@KINDS@": " ".join(KINDS),
        "@CLIENT_GATE@": childenv.CLIENT_GATE,
        "@GATE@": childenv.GATE,
        "@GATE_VALUES@": "|".join(childenv.GATE_VALUES),
        "@ABOUT_CONNECTION@": "|".join(sorted(childenv.ABOUT_CONNECTION)),
        "@WITHOUT_KUBERC@": " ".join(f"{name}={value}" for name, value in childenv.WITHOUT_KUBERC.items()),
        "@GRAMMAR@": grammar_functions(root),
    }
    for name, part in parts.items():
        text = text.replace(name, part)
    return text


def _piece(name: str) -> str:
    return (files(__package__) / f"{name}.sh").read_text(encoding="utf-8")
