"""The environment of every kubectl that we start: the user's connection and credentials, and none of their preferences.

Each variable that kubectl reads was looked up in its source and client-go's (1.27 to 1.37, `os.Getenv`). What changes
what a command does by default is shut out; what says how the API server is reached, or who asks, stays as it is.
"""

from collections.abc import Mapping

# kubectl's word for "no kuberc" (pkg/kuberc); before 1.33 there is none, and the variable is not read.
WITHOUT_KUBERC = {"KUBERC": "off"}
# pkg/cmd/util, FeatureGate: a variable of this name that says true or false, in any case. Not what says something
# else: a kubectl that is a wrapper may have settings of its own there.
GATE, GATE_VALUES = "KUBECTL_", ("true", "false")
# client-go's own gates, whatever they say.
CLIENT_GATE = "KUBE_FEATURE_"
# A proxy on the way that takes no WebSocket is why somebody sets this one: it is about the connection.
ABOUT_CONNECTION = frozenset({"KUBECTL_REMOTE_COMMAND_WEBSOCKETS"})


def for_kubectl(environ: Mapping[str, str], kubeconfig: str = "") -> dict[str, str | None]:
    """What is different for kubectl from this environment; None stands for a variable that is taken away.

    `kubeconfig`, where given, is what KUBECONFIG says: also a plugin or credential helper below kubectl must not see
    another cluster.
    """
    taken = {name: None for name, value in environ.items() if _is_preference(name, value)}
    return {**taken, **WITHOUT_KUBERC, **({"KUBECONFIG": kubeconfig} if kubeconfig else {})}


def _is_preference(name: str, value: str) -> bool:
    if name in ABOUT_CONNECTION:
        return False
    return name.startswith(CLIENT_GATE) or (name.startswith(GATE) and value.lower() in GATE_VALUES)
