"""Why a tool gave no answer, and what to do next where a connection does not come about."""

from kubectl_netshoot.commands.check import tools
from kubectl_netshoot.commands.check.probes import MISSING, TERMINATED, TIMED_OUT, Answer
from kubectl_netshoot.commands.check.scene import Scene
from kubectl_netshoot.commands.check.tools import Connected

_TOOLS = {
    "resolver": "cat",
    "links": "ip",
    "sockets": "ss",
    "name": "dig",
    "search": "dig",
    "nameovertcp": "dig",
    "latency": "dig",
    "counters": "cat",
    "tcp": "nc",
    "connect": "nc",
    "knock": "nc",
    "http": "curl",
    "https": "curl",
    "tls": "openssl",
    "ping": "ping",
    "unsplit": "ping",
    "route": "traceroute",
    "routeudp": "tracepath",
}


def why(kind: str, answer: Answer) -> str:
    """What goes behind `was not checked: `."""
    tool = _TOOLS[kind]
    if answer.status is None:
        return "there was no answer in time"
    if answer.status == MISSING:
        return f"the image has no {tool}"
    if answer.status in (TIMED_OUT, TERMINATED):
        return f"{tool} took too long"
    if tools.lacks_right(answer.text, answer.status):
        return f"{tool} needs a right (NET_RAW) that the container does not have"
    return f"{tool} said {answer.last!r}" if answer.last else f"{tool} ended with status {answer.status}"


NO_LABELS = (
    "the copy has not the pod's labels, by which a NetworkPolicy may go: --live asks from the pod itself"
)
_STEPS = {
    Connected.REFUSED: "nothing listens there: compare the Service's targetPort with what `--only ports` says",
    Connected.SILENT: "a NetworkPolicy, a firewall or the route between the nodes swallows it",
    Connected.UNREACHABLE: "there is no route: look at the network plugin on both nodes",
}


def of_connection(state: Connected, scene: Scene) -> str:
    """Behind a connection that ended so."""
    # Some network plugins reject what a policy forbids, others drop it.
    policy = f"; {NO_LABELS}" if scene.in_copy and state is not Connected.REFUSED else ""
    return _STEPS[state] + policy
