"""Why a tool gave no answer, in a sentence: that is said, and never counted as healthy."""

from kubectl_netshoot.session.tools import output
from kubectl_netshoot.session.tools.probes import MISSING, TERMINATED, TIMED_OUT, ToolOutput

_TOOLS = {
    "resolver": "cat",
    "hosts": "cat",
    "links": "ip",
    "sockets": "ss",
    "name": "dig",
    "search": "dig",
    "nameovertcp": "dig",
    "latency": "dig",
    "listeners": "ss",
    "halfopen": "ss",
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


def why(kind: str, answer: ToolOutput) -> str:
    """What goes behind `was not checked: `."""
    tool = _TOOLS[kind]
    if answer.status is None:
        return "there was no answer in time"
    if answer.status == MISSING:
        return f"the image has no {tool}"
    if answer.status in (TIMED_OUT, TERMINATED):
        return f"{tool} took too long"
    if output.lacks_right(answer.text, answer.status):
        return f"{tool} needs a right (NET_RAW) that the container does not have"
    return f"{tool} said {answer.last!r}" if answer.last else f"{tool} ended with status {answer.status}"
